"""Rows of long tables, each written in one go: hundreds of template variables on a page are most of what the page costs.

Everything that is not written here by hand is escaped here.
"""

from functools import lru_cache
from html import escape

from django import template
from django.utils import timezone
from django.utils.dateformat import format as dated
from django.utils.safestring import mark_safe

from indicators.calculation.wording import NOTHING
from indicators.reports.rows import COLUMNS_OF_LISTS
from indicators.reports.standing import history_path, plan_indicator_path, plan_path
from indicators.templatetags.figures import STALE, bullet, sign, sparkline, status_parts

register = template.Library()

NO_ATTAINMENT = "条件类目标只看是否满足，没有达成率"
NOT_IN_TEXT = '<span class="missing">原文未载</span>'


@lru_cache(maxsize=1000)  # the same few reasons stand all over a page
def _missing(why):
    return f'<span class="missing" title="{escape(why)}">—<span class="unseen">（{escape(why)}）</span></span>'


def _figure(one, name):
    text = one.shown(name)  # of digits and signs alone
    return text if text != NOTHING else _missing(one.why(name) or "没有数值")


def _small(text, style="small"):
    return f'<span class="{style}">{escape(text)}</span>' if text else ""


def _with_roles(rows):
    """The rows with their roles said once more: on a phone they are laid out as a grid, which to some browsers is no table."""
    rows = rows.replace("<tr", '<tr role="row"').replace("<td", '<td role="cell"')
    for scope, role in (("col", "columnheader"), ("row", "rowheader"), ("rowgroup", "rowheader")):
        rows = rows.replace(f'scope="{scope}"', f'scope="{scope}" role="{role}"')
    return rows


@register.simple_tag
def cell(one):
    """A figure of a column, its exact value in the title; an empty one says why."""
    return mark_safe(_cell(one))


def _cell(one):
    if one.number is not None:
        word = f' <span class="missing" title="{escape(one.why)}">{escape(one.word)}</span>' if one.word else ""
        return f'<span title="{escape(one.raw)}">{escape(one.text)}</span>{word}'
    if one.word:
        return f'<span class="missing" title="{escape(one.why)}">○ {escape(one.word)}</span>'
    return _missing(one.why)


@register.simple_tag
def across_rows(rows, is_ranked):
    """Regions in the table of an indicator."""
    return mark_safe("".join([_across_row(row, is_ranked) for row in rows]))


def _across_row(row, is_ranked):
    one = row.standing
    rank = ""
    if is_ranked:
        no_rank = '<span class="missing"><span aria-hidden="true">—</span><span class="unseen">不排名</span></span>'
        rank = f'<td class="number">{row.rank or no_rank}</td>'
    why = _small(row.why, "small why") if one.status != "no_data" else ""
    return (
        f'<tr><th scope="row"><a href="{escape(one.address)}">{escape(one.region_name)}</a>'
        f'<span class="small">{escape(row.level)} · <span class="figure">{escape(one.region)}</span></span></th>{rank}'
        f'<td class="number">{_cell(row.value)}</td><td class="number">{_across_required(row)}</td>'
        f'<td class="number">{_across_gap(row)}</td>'
        f'<td class="number">{escape(row.final_text) or _cell(row.final)}'
        f'<span class="small year">{one.last_year} 年</span></td>'
        f'<td class="number">{_cell(row.completion)}</td><td class="standing">{sign(row)}{why}</td></tr>'
    )


def _across_required(row):
    if row.condition and row.asked_text:
        return escape(row.asked_text) + _small(row.condition.to_beat)
    return escape(row.asked_text) or _cell(row.required)


def _across_gap(row):
    if row.condition:
        return _verdict(row.condition, row.standing.why("met"))
    if not row.gap_text:
        return _cell(row.gap)
    return f'<span title="{escape(row.gap.raw)}">{escape(row.gap_text)}</span>'


@register.simple_tag
def list_heads(columns, year):
    """The headings of a list's columns of figures."""
    heads = (COLUMNS_OF_LISTS[name].format(year=year) for name in columns)
    return mark_safe(_with_roles("".join(f'<th scope="col" class="number">{head}</th>' for head in heads)))


@register.simple_tag
def standing_rows(rows, columns, below_name=""):
    """Plan indicators in a list, with these columns of figures.

    `below_name` is what it says of each below its name: its region, its dimension.
    """
    return mark_safe(_with_roles("".join([_standing_row(row, columns, below_name) for row in rows])))


def _standing_row(row, columns, below_name):
    """A plan indicator: its bar, its figures, its line over the years, its status."""
    one = row.standing
    start = f"{one.baseline_year}：{_figure(one, 'baseline_value')}" if one.baseline_value is not None else ""
    end = escape(row.end_text)
    figures = "".join(
        [f'<td data-label="{_SHORT_HEADS[name]}" class="number">{_LISTED[name](row, one)}</td>' for name in columns]
    )
    return (
        f'<tr><th scope="row"><a href="{escape(one.address)}">{escape(one.name)}</a>'
        f' <span class="unit">{escape(one.unit)}</span>'
        f"{_small(getattr(one, below_name) if below_name else '')}</th>"
        f'<td class="bar-of">{bullet(one, row.final, row.far)}'
        f'<span class="ends small"><span>{start}</span><span>{end}</span></span></td>{figures}<td>{sign(one)}</td></tr>'
    )


# What stands before each figure where the headings are out of sight.
_SHORT_HEADS = {name: head.removeprefix("{year} 年") for name, head in COLUMNS_OF_LISTS.items()}


def _listed_actual(row, one):
    return _figure(one, "actual") + (sparkline(one, row.points) if row.has_points else "")


def _listed_required(row, one):
    if row.is_computed:
        return _figure(one, "required") + _small(row.asked_text)
    if row.ruling:
        return escape(row.asked_text) + _small(one.condition.to_beat if one.condition else "")
    is_expected = one.required is None and one.expected is not None
    return _figure(one, "required") + (f'<span class="small">应达 {_figure(one, "expected")}</span>' if is_expected else "")


def _listed_gap(row, one):
    if one.condition:
        return _verdict(one.condition, one.why("met"))
    to_final = _small(row.gap_final_text)  # says that the year has no target of its own
    return row.gap_text or to_final or _figure(one, "gap")


def _verdict(condition, why):
    """Whether a condition is met and why not, in place of a gap."""
    return (condition.verdict or _missing(why)) + _small(condition.why_not)


def _listed_attainment(row, one):
    return _missing(NO_ATTAINMENT) if one.condition else _figure(one, "attainment")


def _listed_completion(row, one):
    elapsed = f'<span class="small">序时 {_figure(one, "elapsed")}</span>' if one.elapsed is not None else ""
    return _figure(one, "completion") + elapsed


_LISTED = {
    "actual": _listed_actual,
    "required": _listed_required,
    "gap": _listed_gap,
    "attainment": _listed_attainment,
    "completion": _listed_completion,
    "planned_growth": lambda row, one: row.planned_growth_text or _figure(one, "planned_growth"),
    "planned_cagr": lambda row, one: _figure(one, "planned_cagr"),
}


@register.simple_tag
def year_rows(rows, shown_year, columns, final):
    """Years in the table of a plan indicator, each on a line of its own; `final` is the row that the plan aims at."""
    names = [column.name for column in columns]
    return mark_safe("".join([f"{_year_row(row, shown_year, names, final)}\n        " for row in rows]))


def _year_row(row, shown_year, names, final):
    mark, told = (' class="shown"', '<span class="unseen">（所看年份）</span>') if row.year == shown_year else ("", "")
    cells = _computed_cells(row, names, final) if row.is_computed else _beside_cells(row, names)
    return f'<tr{mark}><th scope="row">{row.year}{told}</th>{cells}<td>{sign(row)}{_small(row.note)}</td></tr>'


def _computed_cells(row, names, final):
    one = row.standing
    if row.asked:
        target = escape(row.asked) + _small(one.condition.to_beat if one.condition else "")
        target += f'<span class="small">即 {_figure(one, "required")}</span>' if row.is_by_growth else ""
    else:
        target = _figure(one, "required") + _small(row.asked_otherwise)
    if one.condition:
        gap, attainment = _verdict(one.condition, one.why("met")), _missing(NO_ATTAINMENT)
    else:
        gap = (row.gap_text or _figure(one, "gap")) + _small(row.gap_final_text(final))
        attainment = _figure(one, "attainment")
    if one.attainment is None and one.attainment_final is not None:
        attainment += f'<span class="small">终期的 {_figure(one, "attainment_final")}</span>'
    own = row.own_of_year
    cells = {
        "required": target + _said_marks(row.said_of_target),
        "expected": _figure(one, "expected"),
        "actual": _figure(one, "actual") + _small(own and f"当年新增 {own}") + _said_marks(row.said_of_figure),
        "gap": gap,
        "attainment": attainment,
        "yoy": _figure(one, "yoy") if row.change == NOTHING else escape(row.change),
        "cagr": _figure(one, "cagr") + _said_marks(row.said_of_growth),
        "completion": _figure(one, "completion"),
        "elapsed": _figure(one, "elapsed"),
    }
    return "".join([f'<td class="number">{cells[name]}</td>' for name in names])


def _beside_cells(row, names):
    """Of the baseline's year, and of years outside the plan: what was recorded, and nothing that is computed."""
    if row.recorded:
        value = escape(row.recorded_value)
    else:
        value = _figure(row.standing, "baseline_value") if row.is_baseline else _missing("没有登记数值")
    printed = row.printed_baseline
    what = f'<span class="missing">{"规划的起点" if row.is_baseline else "只作对照"}</span>'
    shown = f"{value}{_small(printed and f'规划所印基期值 {printed}')}{_said_marks(row.said_of_figure)}"
    before = names.index("actual")
    after = len(names) - before - 1
    rest = f'<td colspan="{after}" class="number">{_said_marks(row.said_of_growth)}</td>' if after else ""
    return f'<td class="number" colspan="{before}">{what}</td><td class="number">{shown}</td>{rest}'


def _said_marks(said):
    """Marks beside a figure that lead to what another source says of it."""
    return "".join(f'<a class="said" href="#statement-{one.place}">另说 {one.place}</a>' for one in said)


@register.simple_tag
def plan_rows(rows, has_growth, years):
    """Rows of a plan with these years, each on a line of its own."""
    return mark_safe(_with_roles("".join([f"{_plan_row(row, has_growth, years)}\n        " for row in rows])))


def _plan_row(row, has_growth, years):
    """A row of a plan: what it starts from, what is asked for and was recorded in its years, its growth, where it stands."""
    one = row.standing
    ordinal = f'<span class="ordinal">{escape(one.number)}</span>' if one.number else ""
    stale = ' <span class="small">↻ 正在重算</span>' if one.is_stale else ""
    if one.baseline_value is None:
        baseline = _missing("规划未给出基期值")
    else:
        where = f' title="{escape(one.baseline_locator)}"' if one.baseline_locator else ""
        baseline = f'<span{where}>{escape(row.baseline_text)}</span><span class="small when">{one.baseline_year} 年</span>'
    shown = "".join([_year_of_plan(cell) for cell in row.cells if cell.year in years])
    return (
        f'<tr><th scope="row"><div class="entry">{ordinal}<span><a href="{escape(row.address)}">{escape(one.name)}</a>{stale}'
        f'</span></div></th><td class="unit">{escape(one.unit)}</td><td data-label="基期" class="number">{baseline}</td>{shown}'
        f'{_growth(row) if has_growth else ""}<td class="where">{_plan_where(row)}</td></tr>'
    )


def _year_of_plan(one):
    """What a plan asks of a year, and what was recorded; marked where there is neither, so that a phone may pass over it."""
    asked = _asked(one).replace("<td", f'<td data-label="{one.year} 年目标"', 1)
    recorded = _recorded(one).replace("<td", '<td data-label="实际"', 1)
    cells = asked + recorded
    return cells if one.target or one.actual is not None else cells.replace('class="number', 'class="blank number')


def _growth(row):
    """The growth that the plan prints beside the recomputed one, and whether they agree."""
    printed = _missing("规划没有印出增幅") if row.standing.printed_growth is None else escape(row.printed_growth)
    if row.growth_agrees is None:
        verdict = '<span class="missing" title="缺所印或重算的增幅，无从比较">—<span class="unseen">（无从比较）</span></span>'
    elif row.growth_agrees:
        verdict = "✓ 一致"
    else:
        verdict = f'<strong>≠ 不一致</strong><span class="small when">按所印位数 {escape(row.rounded_growth)}</span>'
    return (
        f'<td data-label="所印增幅" class="number asked">{printed}</td>'
        f'<td data-label="重算" class="number">{_figure(row.standing, "planned_growth")}</td><td class="verdict">{verdict}</td>'
    )


def _asked(one):
    if not one.target:
        return f'<td class="number asked">{_missing(one.why_no_target)}</td>'
    where = f"；{one.target.locator}" if one.target.locator else ""
    return f'<td class="number asked"><span title="{escape(one.kind_label + where)}">{escape(one.target_text)}</span></td>'


def _recorded(one):
    if one.actual is not None:
        below = "基期" if one.is_baseline else sign(one.point.sign) if one.point else ""
        when = f'<span class="small when">{below}</span>' if below else ""
        return f'<td class="number">{escape(one.actual_text)}{when}</td>'
    if not one.point:
        return f'<td class="number">{_missing(one.why)}</td>'
    word = f'<span class="small when">○ {escape(one.point.sign.word)}</span>'
    return f'<td class="number"><span class="missing" title="{escape(one.why)}">—{word}</span></td>'


def _plan_where(row):
    """Where a row of a plan stands in the document, and what else is said of it."""
    one = row.standing
    summary = "出处、另一说法" if row.statements else "出处、说明" if one.note else "出处"
    told = [(escape(what), escape(where)) for what, where in row.locators]
    if one.nature_label:
        told.append(("属性", one.nature_label))
    told.append(("责任单位", escape(one.responsible or "") or NOT_IN_TEXT))
    if one.note:
        told.append(("说明", escape(one.note)))
    told += [("另一说法", _said(said)) for said in row.statements]
    nowhere = "" if row.locators else '<dt>出处</dt><dd class="missing">没有登记</dd>'
    items = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in told)
    return f"<details>\n<summary>{summary}</summary>\n<dl>{nowhere}{items}</dl>\n</details>"


def _said(said):
    since = f"{said.since_year}—" if said.since_year else ""
    where = escape(said.locator or said.source or "")
    return f"{since}{said.year} 年{said.about_label} {escape(said.printed)}（{where}）"


@register.simple_tag
def unplanned_rows(beside):
    """Figures of a region that no plan names, each on a line of its own."""
    return mark_safe("".join([f"{_unplanned_row(row, beside)}\n        " for row in beside.rows]))


def _unplanned_row(row, beside):
    one = row.figure
    name = escape(row.name)
    when = f'{escape(one.period)}<span class="small when">期中数</span>' if one.period else f"{one.year} 年"
    source = escape(one.source) or '<span class="missing">未注来源</span>'
    if one.source_url:
        source = f'<a href="{escape(one.source_url)}" rel="noreferrer">{escape(one.source or one.source_url)}</a>'
    others = history = ""
    years = "、".join(
        f'<a href="{escape(other.address)}">{other.year}</a>{"（期中）" if other.is_interim else ""}' for other in row.others
    )
    if beside.has_others:
        others = f'<td class="note">{years or _missing("没有其他年份的数值")}</td>'
    if beside.has_history:
        link = f'<a href="{escape(row.history)}">修订记录<span class="unseen">：{name}</span></a>' if row.history else ""
        history = f'<td class="nowrap door">{link or _missing("期中数没有修订记录")}</td>'
    return (
        f'<tr><th scope="row"><a href="{escape(row.address)}">{name}</a>{_small(row.dimension)}</th>'
        f'<td class="number">{_cell(row.value)} <span class="unit">{escape(row.unit)}</span></td><td>{when}</td>'
        f'<td class="source">{source}</td>{others}{history}</tr>'
    )


@register.simple_tag
def finding_row(one):
    """A finding in the table of its check."""
    name = escape(one.indicator_name)
    named = f'<a href="{escape(one.address)}">{name}</a>' if one.address else name
    mark = '<span aria-hidden="true">▲</span> ' if one.is_warning else ""
    row = (
        f'<tr><th scope="row">{escape(one.region_name)}</th><td class="indicator">{named}</td><td>{one.year or NOTHING}</td>'
        f'<td class="sentence">{escape(one.sentence)}</td><td class="nowrap">{mark}{one.severity_label}</td></tr>'
    )
    return mark_safe(_with_roles(row))


@register.simple_tag
def picks(choices, label, current="true"):
    """Links that filter or sort a list, or lead to its years; nothing where there is nothing to choose."""
    if not choices:
        return ""
    links = "".join(
        f'<li><a href="{escape(one.address)}"{_is(one.is_chosen, current)}>{_mark(one)}{escape(one.word)}{_count(one)}</a></li>'
        for one in choices
    )
    # On paper a year stands as words, and so does a filter; that nothing is left out needs no saying.
    rest = " unfiltered" if choices[0].is_chosen and current != "page" else ""
    return mark_safe(
        f'<nav class="picks{rest}" aria-label="{label}"><span class="of" aria-hidden="true">{label}</span>'
        f"\n  <ul>{links}</ul>\n</nav>"
    )


def _is(chosen, current):
    return f' aria-current="{current}"' if chosen else ""


def _mark(one):
    return f'<span class="status {one.sign.style}" aria-hidden="true">{one.sign.symbol}</span> ' if one.sign else ""


def _count(one):
    return f' <span class="figure">{one.count}</span>' if one.count is not None else ""


@register.simple_tag
def region_plans(region, year, longest):
    """The plans of a region in the table of the overview."""
    head = (
        f'<th scope="rowgroup" rowspan="{len(region.plans)}"><a href="{escape(region.address)}?year={year}">'
        f'{escape(region.name)}</a><span class="small">{region.level_label} · <span class="figure">{escape(region.code)}</span>'
        "</span></th>"
    )
    rows = []
    for place, row in enumerate(region.plans):
        counts = row.counts
        rows.append(
            f'<tr>{head if not place else ""}<td class="plan">{_plan_line(row.plan, region.code)}</td>'
            f'<td class="bars">{status_parts(counts, longest)}</td>'
            f'<td data-label="指标" class="number">{counts.plan_indicators}'
            f'<span class="small">表内 {counts.in_table} · 正文 {counts.in_text}</span></td>'
            f'<td data-label="本年目标" class="number">{counts.targets}</td>'
            f'<td data-label="基期" class="number">{counts.baselines}</td>'
            f'<td data-label="本年已填" class="number">{_reported(counts)}</td></tr>'
        )
    return mark_safe(_with_roles("\n".join(rows)))


def _plan_line(plan, code):
    """A plan's title, number and period, under the region with this code; the rest is on its page and on the region's."""
    number = escape(plan.document_number or "") or f"文号{NOT_IN_TEXT}"
    where = f" · {escape(plan.region.name)}发文" if plan.region.code != code else ""
    return (
        f'<p class="title"><a href="{plan_path(plan.slug)}">{escape(plan.title)}</a></p>'
        f'<p class="small">{number} · {_period(plan)}{where}</p>'
    )


def _period(plan):
    return f"{plan.first_year}—{plan.last_year} 年{'（推定）' if plan.period_assumed else ''}"


def _reported(counts):
    if counts.reported:
        return counts.reported
    if counts.due or counts.not_due:
        word = "未填报" if counts.due else "未到期"
        return f'<span class="status none"><span aria-hidden="true">○</span> {word}</span>'
    return f'<span class="missing" title="{counts.outside_word}">—</span>'


@register.simple_tag
def update(one):
    """A change of a figure that everyone sees, in the overview's list."""
    name = escape(one.indicator_name)
    if one.has_plan:
        name = f'<a href="{escape(plan_indicator_path(one.region, one.indicator))}">{name}</a>'
    at = timezone.localtime(one.at)
    before = "" if one.before == NOTHING else f"{one.before} → "
    history = history_path(one.region, one.indicator)
    moment = f'<time datetime="{at.isoformat()}">{at.year}年{at.month}月{at.day}日 {at:%H:%M}</time>'
    return mark_safe(
        f'<li>{name} · {escape(one.region_name)} <span class="small">{one.year} 年</span>：'
        f'<span class="figure">{before}{one.after}</span> <span class="unit">{escape(one.unit)}</span>\n'
        f'      <span class="small">{one.act}（{one.through}），{moment}<span class="door"> · '
        f'<a href="{escape(history)}">修订记录'
        f'<span class="unseen">：{escape(one.region_name)} {escape(one.indicator_name)}</span></a></span></span></li>'
    )


@register.simple_tag
def matrix_rows(rows):
    """Indicators in the overview's matrix, a cell for each region."""
    return mark_safe("\n".join([_matrix_row(row) for row in rows]))


def _matrix_row(row):
    return (
        f'<tr><th scope="row"><a href="{escape(row.address)}">{escape(row.name)}</a>'
        f' <span class="unit">{escape(row.unit)}</span></th>{"".join([_matrix_cell(cell) for cell in row.cells])}</tr>'
    )


def _matrix_cell(cell):
    """Symbol, value and attainment; without a value what is to be reached, in ink, and the status. Empty without a plan."""
    if cell is None:
        return "<td></td>"
    sign = cell.sign
    if cell.value:
        text, below = f'<span class="unseen">{sign.word}</span> {cell.value}', cell.attainment
    elif cell.asked:
        text, below = escape(cell.asked), sign.word
    else:
        text, below = sign.word, ""
    style = "asked" if cell.asked and not cell.value else f"status {sign.style}"
    told = f' title="另有 {cell.others} 份规划列有这一项"' if cell.others else ""
    small = f' <span class="small">{below}</span>' if below else ""
    return (
        f'<td><a class="{style}" href="{escape(cell.address)}"{told}><span aria-hidden="true">{sign.symbol}</span>'
        f" {text}</a>{STALE if cell.is_stale else ''}{small}</td>"
    )


@register.simple_tag
def suggestions(names):
    """What a field suggests while one types."""
    return mark_safe("".join(f'<option value="{escape(name)}">' for name in names))


@register.simple_tag
def options(choices, chosen):
    """The options of a list to choose from: (value, word) of each, and the value that is chosen."""
    return mark_safe(
        "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(word)}</option>'
            for value, word in choices
        )
    )


@register.simple_tag
def plan_facts(plan, code):
    """What a plan's document says of itself, under the region with this code."""
    issued = NOT_IN_TEXT
    if plan.issued_on:
        issued = f'<time datetime="{plan.issued_on:%Y-%m-%d}">{dated(plan.issued_on, "Y年n月j日")}</time>'
    facts = [
        ("规划期", _period(plan)),
        ("文号", escape(plan.document_number or "") or NOT_IN_TEXT),
        ("发文机关", escape(plan.issued_by or "") or NOT_IN_TEXT),
        *([("发文地区", escape(plan.region.name))] if plan.region.code != code else []),
        ("成文日期", issued),
    ]
    assumed = f'\n<p class="assumed">规划期为何推定：{escape(plan.period_assumed)}</p>' if plan.period_assumed else ""
    return mark_safe(
        f'<p class="title"><a href="{plan_path(plan.slug)}">{escape(plan.title)}</a></p>\n<dl class="facts">'
        f"{''.join(f'<div><dt>{name}</dt><dd>{fact}</dd></div>' for name, fact in facts)}</dl>{assumed}"
    )
