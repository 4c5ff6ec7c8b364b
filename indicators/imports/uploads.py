"""An uploaded file of figures: checked and shown as it would change what stands, then, confirmed, handed to the workflow."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd
from django.db import transaction
from django.utils import timezone

from indicators import audit, frames, workflow
from indicators.calculation import numbers, quality
from indicators.calculation.vocabulary import EntryState, Through
from indicators.imports import kept, reading, sheets
from indicators.imports.actuals import Reader
from indicators.imports.problems import Problem, Refused, refused
from indicators.models import Indicator, Interim, Job
from indicators.outcome import Inconsistent
from regions.models import Region

COLUMNS = frames.ACTUALS + frames.WORKBOOK
LABELS = {column.name: column.label for column in COLUMNS}
CHUNK = 1000
ROUNDS = 200  # of refusals, each of which names one sort of them, at most a thousand places
CHECK, APPLY = "check", "apply"
MOVED = "预览之后又有改动，与您确认时看到的不同；请重新上传核对"


def work(job: Job, told):
    """What a job of an upload does: check it, or apply what was confirmed."""
    return check(job, told) if job.payload["stage"] == CHECK else apply(job, told)


# Checking


@dataclass
class Checked:
    """What a file would do: its rows as a preview shows them, and what would be handed on of it."""

    rows: list[dict] = field(default_factory=list)
    proposed: pd.DataFrame | None = None
    interims: list[dict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    heading: int = 1
    places: dict[str, int] = field(default_factory=dict)
    blank: int = 0


def check(job: Job, told) -> dict:
    """Compare a file with what stands; nothing is changed. The counts are the result, the rows are kept beside the file."""
    read = kept.read(job.payload, COLUMNS, hurried=told.hurried)
    told(0, _count(read))
    with transaction.atomic():
        checked = _checked(job.payload, read, by=job.created_by, told=told)
        transaction.set_rollback(True)  # series were made on the way, so that the same statements serve both stages
    kept.put_rows(job.payload, checked.rows)
    result = _counts(checked) | {"read": read}
    if checked.problems:
        problems = sorted(checked.problems)
        result["marked"] = kept.mark(job.payload, read, checked.heading, checked.places, problems, LABELS)
    told(_count(read), _count(read))
    return result


def _count(read):
    """Rows to look at: all lines but the headings."""
    return max(read["lines"] - 1, 1)


def _counts(checked):
    kinds = [row["kind"] for row in checked.rows]
    return {
        **{kind: kinds.count(kind) for kind in ("new", "changed", "same", "refused")},
        "blank": checked.blank,
        "interims": sum(1 for row in checked.rows if row["interim"] and row["kind"] != "refused"),
        "warned": sum(1 for row in checked.rows if row["warnings"]),
        "unexplained": sum(1 for row in checked.rows if row["needs_note"]),
        "regions": sorted({row["region"] for row in checked.rows if row["region"]}),
        "years": sorted({row["year"] for row in checked.rows if row["year"]}),
    }


def _checked(payload, read, *, by, told) -> Checked:
    checked = Checked()
    reader = Reader(by=by, through=Through.FILE, today=timezone.localdate())
    texts, typed = _typed(payload, read, reader, checked, told)
    _refuse_repeated(typed, reader)
    _refuse_earlier_interims(reader)
    problems = reader.findings.problems
    bad = {problem.line for problem in problems}
    typed = typed[~typed.index.isin(bad)]
    stands = _standing(typed, by)
    words = _by_line(texts)
    seen = {line: _seen(words[line]) for line in typed.index}
    open_lines = [line for line in typed.index if not stands[line].is_same]
    problems += [
        Problem(line, "value", f"下载之后您又填报了 {_entry_words(stands[line], words[line], reader)}；请核对后重新填写")
        for line in open_lines
        if seen[line][1] is not None and seen[line][1] != stands[line].entry_version and stands[line].is_own
    ]
    proposed = typed.loc[open_lines].copy()
    versions = [stands[line].version if seen[line][0] is None else seen[line][0] for line in open_lines]
    proposed["seen_version"] = pd.array(versions, dtype="Int64")
    problems += _refusals(proposed[~proposed.index.isin({problem.line for problem in problems})], by)
    checked.problems = problems
    bad = {problem.line for problem in problems}
    checked.proposed = proposed[~proposed.index.isin(bad)]
    checked.interims = [row for row in reader.interims if row["line"] not in bad]
    _describe(checked, words, typed, stands, reader)
    return checked


def _by_line(frame):
    """{line: {column: value}}, as plain Python values."""
    columns = [frame[name].tolist() for name in frame]
    return {
        int(line): dict(zip(frame.columns, values, strict=True))
        for line, *values in zip(frame.index.tolist(), *columns, strict=True)
    }


def _typed(payload, read, reader, checked, told):
    """The rows of the file as text and as figures, a piece at a time."""
    parts, texts = [], []
    done = 0
    file = sheets.of(kept.lines(payload), COLUMNS, is_ragged=read["kind"] == "xlsx", told=reader.findings.problems)
    for sheet in _pieces(file):
        checked.heading, checked.places = sheet.heading, sheet.places
        texts.append(sheet.rows)
        parts.append(reader.typed(sheet.rows.copy()))
        done += len(sheet.rows)
        told(done, _count(read))
    if not texts:
        raise Refused(reader.findings.problems)
    rows = pd.concat(texts)
    typed = pd.concat(parts)
    checked.blank = int(rows["value"].isin(numbers.BLANKS).sum())
    return rows, typed.set_index(typed["line"].astype(int), drop=False)


def _pieces(file: Iterator[sheets.Sheet]) -> Iterator[sheets.Sheet]:
    for sheet in file:
        for start in range(0, len(sheet.rows), CHUNK):
            yield sheets.Sheet(sheet.rows.iloc[start : start + CHUNK], sheet.places, sheet.heading)


def _refuse_repeated(typed, reader):
    key = ["region_id", "indicator_id", "year"]
    first = typed.groupby(key, dropna=True)["line"].transform("min")
    for line in typed.index[(first.notna() & (first != typed["line"])).to_numpy(dtype=bool)]:
        reason = f"与第 {int(first[line])} 行重复：同一地区、指标的 {typed.at[line, 'year']} 年"
        reader.findings.problems.append(Problem(int(line), "year", reason))


def _refuse_earlier_interims(reader):
    """An interim figure goes into force without review, so a page takes only new ones: what stands is corrected by command."""
    keys = ("series_id", "period_start", "period_end")
    standing = {tuple(getattr(row, key) for key in keys): row for row in Interim.objects.all()} if reader.interims else {}
    for fields in reader.interims:
        row = standing.get(tuple(fields[key] for key in keys))
        if row is None:
            fields["kind"] = "new"
        elif all(getattr(row, name) == value for name, value in fields.items() if name != "line"):
            fields["kind"] = "same"
        else:
            reason = f"这一时段已有公布的期中数 {numbers.plain(row.value)}，网页不能更改；请由管理员用 import_actuals 命令更正"
            reader.findings.problems.append(Problem(fields["line"], "value", reason))
            fields["kind"] = "refused"


def _seen(cells):
    """The versions of the actual and of the entry that a workbook says it was made from; None where it says nothing."""
    return tuple(int(cells[name]) if cells[name].isdigit() else None for name in ("seen_version", "entry_version"))


@dataclass(frozen=True)
class Standing:
    """What is there already at a row's place."""

    has_actual: bool = False
    value: Decimal | None = None
    not_applicable: bool = False
    version: int = 0
    is_same: bool = False  # as the row says, in force or waiting for review
    differs: bool = False  # another figure is in force
    entry_version: int = 0
    entry_figure: Decimal | str | None = None  # of the open entry: a number in the base unit, else what it says
    entry_state: str = ""
    is_own: bool = True


def _standing(typed, by) -> dict[int, Standing]:
    facts = ("value", "not_applicable", "source", "source_url", "note")

    def equal(table):
        return f"NOT ({' OR '.join(frames.distinct(f'{table}.{name}', f'n.{name}') for name in facts)})"

    differs = " OR ".join(frames.distinct(f"a.{name}", f"n.{name}") for name in facts[:2])
    with frames.staging("looked_at", workflow.INCOMING):
        frames.stage(typed, "looked_at", workflow.INCOMING)
        found = frames.query(f"""
            SELECT n.line, a.id, a.value, a.not_applicable, COALESCE(a.version, 0), a.id IS NOT NULL AND {equal("a")},
                a.id IS NOT NULL AND ({differs}), e.version, e.state, e.value, e.not_applicable, e.clears, e.as_typed,
                e.entered_by_id, e.id IS NOT NULL AND NOT e.clears AND {equal("e")}
            FROM looked_at n
            LEFT JOIN indicators_series s ON s.region_id = n.region_id AND s.indicator_id = n.indicator_id
            LEFT JOIN indicators_actual a ON a.series_id = s.id AND a.year = n.year
            LEFT JOIN indicators_entry e ON e.series_id = s.id AND e.year = n.year
        """)
    return {line: _stands(by, *facts) for line, *facts in found}


def _stands(by, actual, value, na, version, same, differs, e_version, state, e_value, e_na, clears, as_typed, owner, e_same):
    figure = "清除" if clears else "不适用" if e_na else as_typed if e_value is None else workflow.decimal(e_value)
    return Standing(
        has_actual=actual is not None,
        value=workflow.decimal(value),
        not_applicable=bool(na),
        version=version,
        is_same=bool(same or (e_same and owner == by.pk and state == EntryState.SUBMITTED)),
        differs=bool(differs),
        entry_version=e_version or 0,
        entry_figure=figure,
        entry_state=EntryState(state).label if state else "",
        is_own=owner in (None, by.pk),
    )


def _entry_words(stands, cells, reader):
    """The open entry, in the unit of the file's row."""
    if not stands.entry_state:
        return ""
    figure = stands.entry_figure
    if isinstance(figure, Decimal):
        figure = _printed(figure, cells["unit"], reader.units[cells["indicator"]])
    return f"{figure}（{stands.entry_state}）"


def _refusals(proposed, by) -> list[Problem]:
    """What the workflow would refuse of these rows: rights, locks, other people's entries, versions that were overtaken."""
    problems: list[Problem] = []
    for _ in range(ROUNDS):
        if proposed.empty:
            break
        try:
            with transaction.atomic():
                workflow.apply_many([proposed], by=by, only_checked=True)
            break
        except Inconsistent as error:
            found = [Problem(int(line), column, reason) for line, column, reason in error.places]
            if error.places and error.places[0][1] == "region":
                found = _everywhere(found, proposed)
            problems += found
            proposed = proposed[~proposed.index.isin({problem.line for problem in found})]
    return problems


def _everywhere(found, proposed):
    """A region that is refused is named once; here every row of it."""
    reasons = {proposed.at[problem.line, "region_id"]: problem.reason for problem in found}
    return [
        Problem(int(line), "region", reasons[region]) for line, region in proposed["region_id"].items() if region in reasons
    ]


# Telling


def _describe(checked, words, typed, stands, reader):
    """The preview's rows, in the order of the file and in its units."""
    regions = dict(Region.objects.values_list("code", "name"))
    indicators = {indicator.code: indicator for indicator in Indicator.objects.all()}
    wrong: dict[int, list[Problem]] = {}
    for problem in sorted(checked.problems):
        wrong.setdefault(problem.line, []).append(problem)
    interims = {row["line"]: row for row in reader.interims}
    known = _known(typed)
    figures = _by_line(typed)
    for line in sorted({*figures, *wrong, *interims}):
        cells = words.get(line)
        indicator = indicators.get(cells["indicator"]) if cells is not None else None
        row = {
            "line": int(line),
            "kind": "refused" if line in wrong else interims[line]["kind"] if line in interims else "same",
            "region": _word(cells, "region"),
            "region_name": regions.get(_word(cells, "region"), ""),
            "indicator": _word(cells, "indicator"),
            "name": _word(cells, "name") or (indicator.name if indicator else ""),
            "year": _word(cells, "year"),
            "unit": _word(cells, "unit"),
            "typed": _word(cells, "value"),
            "old": "",
            "new": "",
            "entry": "",
            "note": _word(cells, "note"),
            "interim": line in interims,
            "warnings": [],
            "needs_note": False,
            "problems": [_shown(problem, checked.places) for problem in wrong.get(line, [])],
            "versions": [0, 0],
        }
        if line in interims:
            value = _printed(interims[line]["value"], row["unit"], indicator.unit)
            row["new"] = f"{value}（{cells['period_start']} 至 {cells['period_end']}）"
        elif line in figures:
            _compare(row, figures[line], stands[line], indicator, known)
            row["entry"] = _entry_words(stands[line], cells, reader) if stands[line].is_own else ""
        checked.rows.append(row)


def _compare(row, typed, stands, indicator, known):
    value, unit, base = workflow.decimal(typed["value"]), row["unit"], indicator.unit
    row["new"] = "不适用" if typed["not_applicable"] else _printed(value, unit, base)
    if stands.has_actual:
        row["old"] = "不适用" if stands.not_applicable else _printed(stands.value, unit, base)
    row["versions"] = [stands.version, stands.entry_version]
    if row["kind"] != "refused":
        row["kind"] = "same" if stands.is_same else "changed" if stands.has_actual else "new"
    if row["kind"] in ("new", "changed"):
        figures = known[typed["region_id"], typed["indicator_id"]]
        year = int(typed["year"])
        if value is not None:
            row["warnings"] = quality.unusual(value, figures.get(year - 1), figures.get(year + 1), base, indicator.measure)
        row["needs_note"] = not row["note"] and (stands.differs or bool(row["warnings"]))


def _known(typed):
    """Recorded figures, baselines of plans and the file's own, by series and year."""
    if typed.empty:
        return {}
    with frames.staging("looked_at", workflow.INCOMING):
        frames.stage(typed, "looked_at", workflow.INCOMING)
        series = (
            "FROM (SELECT DISTINCT region_id, indicator_id FROM looked_at) n JOIN indicators_series s"
            " ON s.region_id = n.region_id AND s.indicator_id = n.indicator_id"
        )
        found = frames.query(
            f"SELECT s.region_id, s.indicator_id, p.baseline_year, p.baseline_value {series}"
            " JOIN indicators_planindicator p ON p.series_id = s.id WHERE p.baseline_year IS NOT NULL"
        ) + frames.query(
            f"SELECT s.region_id, s.indicator_id, a.year, a.value {series}"
            " JOIN indicators_actual a ON a.series_id = s.id WHERE a.value IS NOT NULL"
        )
    own = zip(typed["region_id"], typed["indicator_id"], typed["year"], typed["value"], strict=True)
    known: dict[tuple[int, int], dict[int, Decimal]] = {}
    for region, indicator, year, value in itertools.chain(found, own):
        figures = known.setdefault((region, indicator), {})
        if not pd.isna(value):
            figures[int(year)] = workflow.decimal(value)
    return known


def _shown(problem, places):
    place = places.get(problem.column)
    cell = f"{reading.letters(place)}{problem.line}" if place is not None and problem.line else ""
    return {"cell": cell, "column": LABELS.get(problem.column, problem.column), "reason": problem.reason}


def _word(cells, name):
    return "" if cells is None else str(cells[name])[:200]


def _printed(value, unit, base):
    return "" if value is None else _plain(numbers.to_printed(value, unit, base))


def _plain(value):
    return numbers.plain(workflow.decimal(value))


# Applying


def apply(job: Job, told):
    """What was confirmed, as drafts or for review; all of it, or nothing where something else stands by now."""
    before = Job.objects.get(pk=job.payload["check"])
    previewed = {row["line"]: row for row in kept.rows(before.payload)}
    told(0, _count(before.result["read"]))

    def put():
        checked = _checked(before.payload, before.result["read"], by=job.created_by, told=told)
        _refuse_moved(checked, previewed)
        proposed = checked.proposed
        common = job.payload["note"]
        unexplained = {row["line"] for row in checked.rows if row["needs_note"]}
        if unexplained and not common:
            raise Refused([Problem(line, "note", "更正或异常的数值须写明理由") for line in unexplained])
        proposed["note"] = [common if line in unexplained else note for line, note in proposed["note"].items()]
        outcome = workflow.apply_many(
            [proposed], by=job.created_by, job=job, through=Through.FILE, state=EntryState(job.payload["state"])
        )
        new_interims = [_fields(row) for row in checked.interims if row["kind"] == "new"]
        if new_interims:
            workflow.put_interims(new_interims, by=job.created_by, through=Through.FILE)
        same = sum(1 for row in checked.rows if row["kind"] == "same")
        told_of = {"batch": job.pk, "rows": str(outcome), "interims": len(new_interims)}
        audit.record("actuals.import", by=job.created_by, subject=before.payload["name"], **told_of)
        return {
            "new": outcome.new,
            "changed": outcome.changed,
            "same": outcome.same + same,
            "interims": len(new_interims),
        }

    return put


def _fields(row):
    return {name: value for name, value in row.items() if name not in ("line", "kind")}


def _refuse_moved(checked, previewed):
    """What the person confirmed is what the preview showed; a row that has come true meanwhile needs nothing more."""
    if checked.problems:
        raise Refused(checked.problems)
    facts = ("kind", "old", "new", "entry", "versions")
    moved = [
        row["line"]
        for row in checked.rows
        if row["kind"] != "same" and any(row[name] != previewed.get(row["line"], {}).get(name) for name in facts)
    ]
    if moved:
        raise Refused([Problem(line, "value", MOVED) for line in moved])


def start(payload: dict, *, stage: str) -> dict:
    """The payload of a check."""
    return payload | {"stage": stage}


def refuse_unfit(job: Job, *, note: str) -> None:
    """Refuse to confirm what was not checked to the end, has rows that are refused, or lacks a note that it needs."""
    if job.payload.get("stage") != CHECK or "read" not in job.result:
        raise refused("这个文件还没有检查完，请稍候")
    if job.result["refused"]:
        raise refused(f"有 {job.result['refused']} 行不能通过，请改正后重新上传")
    if job.result["unexplained"] and not note.strip():
        raise refused(f"有 {job.result['unexplained']} 行更正了已生效的数值或与往年相差很大，又没有写备注，请在下面写明理由")
