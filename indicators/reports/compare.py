"""/compare/: any indicators, regions and years side by side, as they are, from the baseline on, or by completion."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator

from indicators import charts, prepared, progress
from indicators.calculation import wording
from indicators.calculation.vocabulary import Measure
from indicators.frames import Table
from indicators.reports import cells, moved, names, tracked
from indicators.reports.catalogue import Place, Thing, catalogue
from indicators.reports.cells import Cell
from indicators.reports.drawn import Chart, picture_path
from indicators.reports.planned import planned
from indicators.reports.standing import plan_indicator_path
from indicators.reports.tracked import Figure, Tracked
from indicators.selection import BadSelection, Selection

INCOMPLETE = "不完整"
RATIO = "1 即 100%"  # of a completion in files
VIEWS = {"absolute": "数值", "index": "指数（基期 = 100）", "completion": "完成进度"}
PER_PAGE = 100
MAX_ROWS = 500
MAX_YEARS = 20


@dataclass(frozen=True)
class Problem:
    """What was typed and not understood, and what may have been meant: (name, address)."""

    sentence: str
    suggestions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Chosen:
    """One that is compared, and the address without it."""

    code: str
    name: str


@dataclass(frozen=True)
class Row:
    one: Tracked
    label: str
    cells: tuple[Cell, ...]
    has_twin: bool  # another plan names the same series: the row says which it is of

    @property
    def address(self) -> str:
        """Of the plan indicator's own page."""
        if self.one.plan is None:
            return ""
        return f"{plan_indicator_path(self.one.region, self.one.indicator)}?plan={self.one.plan}"

    @property
    def plan(self) -> str:
        return "没有规划列入，只作对照" if self.one.plan is None else str(self.one.plan_title) if self.has_twin else ""


@dataclass(frozen=True)
class Group:
    """The rows of one indicator, all in one unit."""

    name: str
    code: str
    unit: str
    rows: tuple[Row, ...]


class View(NamedTuple):
    """A way to show the same, by its name in addresses."""

    name: str
    word: str
    address: str
    is_shown: bool


@dataclass(frozen=True)
class Example:
    text: str
    address: str


@dataclass(frozen=True)
class Comparison:
    view: str
    views: tuple[View, ...]
    regions: tuple[Chosen, ...]
    indicators: tuple[Chosen, ...]
    region_options: tuple[str, ...]
    indicator_options: tuple[str, ...]
    problems: tuple[Problem, ...]
    examples: tuple[Example, ...]
    years: tuple[int, ...]
    groups: tuple[Group, ...]
    absent: tuple[str, ...]  # pairs without any series
    page: Page | None
    drawings: tuple[tuple[str, Chart], ...]
    drawn: int
    whole: int
    with_figure: int

    @property
    def is_empty(self) -> bool:
        return not (self.regions and self.indicators)

    @property
    def last_year(self) -> int:
        return self.years[-1]

    @property
    def columns(self) -> int:
        return len(self.years) + 1

    @property
    def view_label(self) -> str:
        return VIEWS[self.view]

    def table(self) -> Table:
        columns = ["指标代码", "指标", "地区代码", "地区", "规划", "显示", "单位", "年份", "数值", "为空的原因", "正在重算"]
        rows = [
            (
                group.code, group.name, row.one.region, row.one.region_name, row.one.plan, self.view_label, group.unit or RATIO,
                year, cell.number, cell.why, "是" if row.one.is_stale else "否",
            )
            for group in self.groups for row in group.rows for year, cell in zip(self.years, row.cells, strict=True)
        ]  # fmt: skip
        return Table(columns, rows, f"对比 {self.view_label}")


def figures(selection: Selection, state: Mapping[str, Any]) -> list[moved.Key] | None:
    """The figures that a comparison by codes shows; None where that is not said so plainly."""
    known = catalogue(state)
    codes = {thing.code for thing in known.indicators}
    if not codes.issuperset(selection.indicators) or not known.by_code.keys() >= set(selection.regions):
        return None
    return [moved.figure(region, one) for region in selection.regions for one in selection.indicators] or None


def build(selection: Selection, state: Mapping[str, Any], *, path: str) -> Comparison:
    """What is asked for; without regions or indicators the form, with examples from the data. At most eight queries.

    A view that makes no sense raises BadSelection; a name that is not understood and years that do not fit become problems,
    and nothing is compared until they are put right.
    """
    view = selection.view or "absolute"
    if view not in VIEWS:
        raise BadSelection(f"参数“view”应是 {'、'.join(VIEWS)} 之一")
    known = catalogue(state)
    places, things = known.regions, known.indicators
    regions, wrong_regions = _understood(selection.regions, places, known.by_code)
    indicators, wrong_indicators = _understood(selection.indicators, things, {one.code: one for one in things})
    selection = replace(selection, regions=tuple(regions), indicators=tuple(indicators))
    problems = [
        *_problems(wrong_regions, places, "地区", lambda code: selection.address(path, regions=(*regions, code))),
        *_problems(wrong_indicators, things, "指标", lambda code: selection.address(path, indicators=(*indicators, code))),
    ]
    if sentence := _wrong_years(selection):
        problems.append(Problem(sentence))
    found: list[Tracked] = []
    if regions and indicators and not problems:
        found = _read([*regions.values()], [*indicators.values()], state)
    years = _years(found, selection) if found else ()
    page = None
    if found:
        is_file = selection.format != "html"
        page = Paginator(found, MAX_ROWS if is_file else PER_PAGE).page(1 if is_file else selection.page)
    shown = list(page.object_list) if page else []
    groups = tuple(_groups(shown, found, years, view))
    drawings, drawn = _drawings(groups, years, view, selection.address(picture_path("compare"), page=selection.page))
    return Comparison(
        view=view,
        views=tuple(
            View(name, label, selection.address(path, view="" if name == "absolute" else name), name == view)
            for name, label in VIEWS.items()
        ),
        regions=tuple(Chosen(one.code, one.name) for one in regions.values()),
        indicators=tuple(Chosen(one.code, one.name) for one in indicators.values()),
        region_options=known.region_options,
        indicator_options=known.indicator_options,
        problems=tuple(problems),
        examples=tuple(_examples(path)) if not (regions and indicators) else (),
        years=years,
        groups=groups,
        absent=_absent(found, regions, indicators) if not problems else (),
        page=page,
        drawings=drawings,
        drawn=drawn,
        whole=len(found),
        with_figure=sum(any(not cell.is_empty for cell in row.cells) for group in groups for row in group.rows),
    )


def _understood(typed: Sequence[str], known: Sequence[Any], by_code: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """{code: what was meant} by what was typed as code, name or initials of exactly one, and what was not understood."""
    found: dict[str, Any] = {}
    wrong = []
    for text in (part for one in typed for part in one.replace("，", "、").split("、") if part.strip()):
        text = text.strip()
        # A suggestion of the list is written "name（code）" where names alone would not do.
        one = by_code.get(text) or by_code.get(text.removesuffix("）").rpartition("（")[2]) or _only(text, known)
        if one is None:
            wrong.append(text)
        else:
            found[one.code] = one
    return found, wrong


def _only(text, known):
    """The one with that name; else the only one that it fits in part."""
    same = [one for one in known if one.name == text]
    if len(same) == 1:
        return same[0]
    wanted = names.terms(text)
    fitting = [one for one in known if names.match(wanted, one.name) is not None] if not same else []
    return fitting[0] if len(fitting) == 1 else None


def _problems(wrong: Iterable[str], known, word, address):
    for text in wrong:
        wanted = names.terms(text)
        fits = sorted((fit, one) for one in known if (fit := names.match(wanted, one.name, one.code)) is not None)
        suggestions = tuple((f"{one.name}（{one.code}）", address(one.code)) for _, one in fits[:8])
        said = "可能是指下面之一" if suggestions else "请写全称、代码或拼音首字母"
        yield Problem(f"没有唯一叫“{text[:30]}”的{word}；{said}。", suggestions)


def _read(regions: Sequence[Place], indicators: Sequence[Thing], state: Mapping[str, Any]) -> list[Tracked]:
    """In the order in which they were chosen."""
    places = {one.code: number for number, one in enumerate(regions)}
    things = {one.code: number for number, one in enumerate(indicators)}
    keys = [one.key for one in regions], [one.key for one in indicators]
    found = tracked.read(planned(state), *keys, limit=MAX_ROWS + 1)
    if len(found) > MAX_ROWS:
        raise BadSelection(f"一次最多对比 {MAX_ROWS} 行；请减少地区或指标")
    tracked.add_figures(found)
    return sorted(
        found,
        key=lambda one: (things[one.indicator], places[one.region], -(one.last_year or 0), one.plan or ""),
    )


def _wrong_years(selection: Selection) -> str:
    """What is wrong with the years asked for; blank where nothing is."""
    first, last = selection.year_min, selection.year_max
    if first is None or last is None:
        return ""
    if first > last:
        return f"起始年 {first} 晚于终止年 {last}，请调换或改正"
    return f"一次最多对比 {MAX_YEARS} 年，{first}—{last} 年太长，请缩短" if last - first >= MAX_YEARS else ""


def _years(found: Sequence[Tracked], selection: Selection) -> tuple[int, ...]:
    """Those asked for; else from the earliest baseline to the latest year begun, and those with recorded figures."""
    this_year = progress.today().year
    planned = {
        year
        for one in found
        if one.plan_indicator
        for year in range(one.baseline_year or one.first_year or this_year, min(one.last_year or this_year, this_year) + 1)
    }
    known = planned | {year for one in found for year in one.years if year <= this_year}
    if selection.year_min or selection.year_max:
        first = selection.year_min or min(known, default=selection.year_max)
        last = selection.year_max or max(known, default=selection.year_min)
        if last - first >= MAX_YEARS:
            raise BadSelection(f"一次最多对比 {MAX_YEARS} 年；请缩短年份")
        return tuple(range(first, last + 1))
    return tuple(sorted(known)[-MAX_YEARS:])


def _groups(shown: Sequence[Tracked], found: Sequence[Tracked], years, view):
    plans = Counter(one.series for one in found)
    for code, rows in groupby(shown, key=lambda one: one.indicator):
        rows = list(rows)
        # By all rows of the indicator, so that the pages of a long table agree.
        values = [one.in_year(year).value for one in found if one.indicator == code for year in years]
        unit = cells.unit_for([value for value in values if value is not None], rows[0].base)
        yield Group(
            rows[0].indicator_name,
            code,
            {"absolute": unit, "index": "基期 = 100", "completion": ""}[view],
            tuple(
                Row(
                    one,
                    one.region_name,
                    tuple(_cell(one, year, unit, view) for year in years),
                    plans[one.series] > 1,
                )
                for one in rows
            ),
        )


def _cell(one: Tracked, year: int, unit: str, view: str) -> Cell:
    figure = one.in_year(year)
    if view == "completion":
        word = "基期" if year == one.baseline_year else figure.word
        return cells.share(figure.completion, why=figure.why_completion, word=word)
    if view == "index":
        return _index(one, figure)
    cell = cells.value(figure.value, unit=unit, base=one.base, decimals=one.decimals, why=figure.why, word=figure.word)
    if figure.value is not None and figure.why:
        return cell._replace(word=INCOMPLETE, why=figure.why)
    return cell._replace(word="基期") if figure.is_baseline else cell


def _index(one: Tracked, figure: Figure) -> Cell:
    """The value where the baseline is 100; what cannot be divided says why."""
    base = float(one.baseline_value) if one.baseline_value is not None else None
    if figure.value is None or figure.why:
        return Cell(wording.NOTHING, why=figure.why, word=figure.word)
    if one.plan_indicator is None:
        return Cell(wording.NOTHING, why="没有规划列入这一项，没有基期")
    if one.measure == Measure.INCREMENT or base is None:
        return Cell(wording.NOTHING, why="规划未给出基期值" if base is None else "新增数从 0 起算，没有指数")
    if base <= 0:
        return Cell(wording.NOTHING, why="基期值不大于 0，没有指数")
    return Cell(wording.number(float(figure.value) / base * 100, 1), f"{figure.value} ÷ {base:g}")


def _absent(found: Sequence[Tracked], regions, indicators) -> tuple[str, ...]:
    there = {(one.region, one.indicator) for one in found}
    return tuple(
        f"{region.name} · {indicator.name}"
        for code, indicator in indicators.items()
        for place, region in regions.items()
        if (place, code) not in there
    )


def _drawings(groups: Sequence[Group], years, view, picture: str) -> tuple[tuple[tuple[str, Chart], ...], int]:
    """Charts of the first six rows that have a line to draw: one, or one per unit where values stand as they are."""
    factor = 100 if view == "completion" else 1
    drawn: list[tuple[Group, Row, list[charts.Point]]] = []
    for group in groups:
        for row in group.rows:
            points = [
                charts.Point(year, cell.number * factor, cell.text)
                for year, cell in zip(years, row.cells, strict=True)
                if not cell.is_empty and cell.word != INCOMPLETE
            ]
            if len(points) > 1:
                drawn.append((group, row, points))
    drawn = drawn[: charts.MAX_SERIES]
    if not drawn:
        return (), 0
    lines = [
        charts.Line(_line_name(row, group, drawn, view), points, _axis(group, view), key=key)
        for (group, row, points), key in zip(drawn, _keys(drawn, view), strict=True)
    ]
    figures = charts.compare(lines, how=view)
    axes = dict.fromkeys(line.unit for line in lines)
    told = []
    for number, (axis, figure) in enumerate(zip(axes, figures, strict=True), start=1):
        inside = "、".join(f"{row.label}{group.name}" for group, row, _ in drawn if _axis(group, view) == axis)
        unit = f"（{axis}）" if view == "absolute" else ""
        label = f"{inside}逐年{VIEWS[view]}{unit}的折线图。同样的数字在下面的表中。"
        names_here = dict.fromkeys(group.name for group, _, _ in drawn if _axis(group, view) == axis)
        title = f"{'、'.join(names_here)}{unit}" if len(names_here) < 3 else axis
        told.append((title, Chart(f"figure-{number}", f"对比 {title}", label, figure, picture)))
    return tuple(told), len(lines)


def _axis(group: Group, view: str) -> str:
    return group.unit if view == "absolute" else VIEWS[view]


def _keys(drawn, view: str) -> list[str]:
    """By what each line has its look: its region, so that this looks alike in every chart, else all that tells them apart."""
    keys = [(_axis(group, view), row.one.region) for group, row, _ in drawn]
    if len(set(keys)) == len(keys):
        return [region for _, region in keys]
    return [f"{row.one.region} {group.code} {row.one.plan}" for group, row, _ in drawn]


def _line_name(row: Row, group: Group, drawn, view: str) -> str:
    """As short as tells the lines of one chart apart."""
    beside = [(other.code, one.one.region) for other, one, _ in drawn if _axis(other, view) == _axis(group, view)]
    parts = [row.label] if len({region for _, region in beside}) > 1 else []
    parts += [group.name] if len({code for code, _ in beside}) > 1 else []
    return " ".join(parts) or row.label  # the title above a line of its own says the indicator


def _examples(path: str):
    """Comparisons worth a look, made of what the data holds: an indicator many regions plan, one that was published long."""
    sql = """
        SELECT i.code, i.name, r.code, r.name, p.baseline_value
        FROM indicators_planindicator p
        JOIN indicators_series s ON s.id = p.series_id
        JOIN indicators_indicator i ON i.id = s.indicator_id
        JOIN regions_region r ON r.id = s.region_id
        WHERE p.id IN (SELECT id FROM indicators_planindicator ORDER BY id LIMIT 2000)
        ORDER BY p.id
    """
    planned: dict[tuple[str, str], dict[str, None]] = {}
    based: dict[tuple[str, str], dict[str, None]] = {}
    inside: dict[tuple[str, str], list[str]] = {}
    for code, name, region, region_name, baseline in prepared.rows(sql):
        planned.setdefault((code, name), {})[region] = None
        inside.setdefault((region, region_name), []).append(code)
        if baseline:
            based.setdefault((code, name), {})[region] = None

    def example(text, indicators, regions, view="absolute"):
        chosen = Selection(indicators=tuple(indicators), regions=tuple(regions), view="" if view == "absolute" else view)
        return Example(f"{text}：{VIEWS[view]}", chosen.address(path))

    for many, view in ((planned, "absolute"), (based, "index")):
        for (code, name), regions in sorted(many.items(), key=lambda item: -len(item[1]))[:2]:
            yield example(f"{name}在 {min(len(regions), 6)} 个地区", [code], list(regions)[:6], view)
    for (region, region_name), codes in sorted(inside.items(), key=lambda item: -len(item[1]))[:2]:
        yield example(f"{region_name}规划的前 {min(len(codes), 6)} 项指标", codes[:6], [region], "completion")
    recorded = prepared.rows(
        """
        SELECT i.code, i.name, r.code, r.name, count(*)
        FROM (SELECT series_id FROM indicators_actual ORDER BY id LIMIT 2000) a
        JOIN indicators_series s ON s.id = a.series_id
        JOIN indicators_indicator i ON i.id = s.indicator_id
        JOIN regions_region r ON r.id = s.region_id
        GROUP BY i.code, i.name, r.code, r.name ORDER BY count(*) DESC, i.code LIMIT 2
        """
    )
    for code, name, region, region_name, _ in recorded:
        yield example(f"{region_name}的{name}", [code], [region])
