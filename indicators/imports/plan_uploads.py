"""An uploaded file of indicators, plans, or plan indicators with their targets: what it would change, then, confirmed, that.

What it would change is found by doing it and taking it back: the same code, so the two cannot differ.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from indicators import audit, frames
from indicators.calculation import numbers
from indicators.calculation.vocabulary import GROWTHS, Dimension, Direction, Measure, Nature, Role, TargetKind, Through
from indicators.imports import kept, plan, reading, sheets, tables
from indicators.imports.problems import Problem, Refused, refused
from indicators.models import Indicator, Job, Plan, PlanIndicator, Target
from indicators.outcome import Inconsistent
from indicators.permissions import regions_of
from regions.models import Region

CHECK, APPLY = "check", "apply"
MOVED = "预览之后又有改动，与您确认时看到的不同；请重新上传核对"


@dataclass(frozen=True)
class Kind:
    """A sort of file: its columns, what puts it, and what it may change, as words."""

    label: str
    columns: list[frames.Column]
    put: Callable
    snapshot: Callable


def work(job: Job, told):
    return check(job, told) if job.payload["stage"] == CHECK else apply(job, told)


def check(job: Job, told) -> dict:
    """What the file would change; nothing is changed. The changes are kept beside the file, the counts are the result."""
    kind = KINDS[job.payload["file"]]
    read = kept.read(job.payload, kind.columns, hurried=told.hurried)
    told(0, read["lines"])
    changes: list[dict] = []
    marked = False
    try:
        with transaction.atomic():
            changes = _changes(job.payload, read, kind, by=job.created_by)
            transaction.set_rollback(True)
    except Refused as error:
        problems = error.problems
        heading, places = _heading(job.payload, read, kind)
        labels = {column.name: column.label for column in kind.columns}
        changes = [_problem(problem, places, labels) for problem in problems]
        marked = kept.mark(job.payload, read, heading, places, problems, labels)
    kept.put_rows(job.payload, changes)
    told(read["lines"], read["lines"])
    kinds = [change["kind"] for change in changes]
    return {**{word: kinds.count(word) for word in ("new", "changed", "removed", "refused")}, "read": read, "marked": marked}


def apply(job: Job, told):
    """What was confirmed; nothing where it would change something else by now."""
    before = Job.objects.get(pk=job.payload["check"])
    kind = KINDS[before.payload["file"]]
    previewed = kept.rows(before.payload)

    def put():
        told(0, before.result["read"]["lines"])
        changes = _changes(before.payload, before.result["read"], kind, by=job.created_by)
        # Where all of it stands already, by another person or another copy of the file, there is nothing left to do.
        if changes and changes != previewed:
            raise refused(MOVED)
        kinds = [change["kind"] for change in changes]
        counts = {word: kinds.count(word) for word in ("new", "changed", "removed")}
        audit.record("plans.import", by=job.created_by, subject=before.payload["name"], reason=job.payload["note"], **counts)
        return counts

    return put


def refuse_unfit(job: Job, *, note: str) -> None:
    """Refuse to confirm what was not checked to the end, has rows that are refused, or changes what stands without a reason."""
    if job.payload.get("stage") != CHECK or "read" not in job.result:
        raise refused("这个文件还没有检查完，请稍候")
    if job.result["refused"]:
        raise refused(f"有 {job.result['refused']} 处不能通过，请改正后重新上传")
    if (job.result["changed"] or job.result["removed"]) and not note.strip():
        raise refused("这个文件会更改或移除已有的内容，请写明理由（规划调整的，写明调整文号）")


def _changes(payload, read, kind, *, by):
    """Put the file, in the caller's transaction; what that changed."""
    problems: list[Problem] = []
    ragged = read["kind"] == "xlsx"
    file = list(sheets.of(kept.lines(payload), kind.columns, is_ragged=ragged, told=problems))
    if problems:
        raise Refused(problems)
    before = kind.snapshot()
    allowed = regions_of(by, Role.MANAGER)
    try:
        kind.put(file, by=by, through=Through.FILE)
    except Inconsistent as error:
        raise Refused([Problem(line, column, reason) for line, column, reason in error.places]) from None
    changes, reasons = [], []
    after = kind.snapshot()
    for key in sorted({*before, *after}, key=str):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        foreign = (old.regions if old else frozenset()) | (new.regions if new else frozenset())
        foreign -= allowed
        if foreign:
            names = "、".join(sorted(Region.objects.filter(pk__in=foreign).values_list("name", flat=True))[:5])
            reasons.append(f"{(new or old).what}：“{by}”不是{names}的管理员，不能更改")
        changes.append(_change(old, new))
    if reasons:
        raise Refused([Problem(0, "", reason) for reason in reasons])
    return changes


@dataclass(frozen=True)
class Fact:
    """Something a file can change: what it is, what it says, and whose regions it belongs to."""

    what: str
    says: tuple[tuple[str, str], ...]
    regions: frozenset


def _change(old, new):
    kind = "new" if old is None else "removed" if new is None else "changed"
    old_says, new_says = (dict(fact.says) if fact else {} for fact in (old, new))
    names = [name for name in {**old_says, **new_says} if old_says.get(name) != new_says.get(name)]
    facts = [{"name": name, "old": old_says.get(name, ""), "new": new_says.get(name, "")} for name in names]
    return {"kind": kind, "what": (new or old).what, "facts": [fact for fact in facts if fact["old"] or fact["new"]]}


def _problem(problem, places, labels):
    place = places.get(problem.column)
    cell = f"{reading.letters(place)}{problem.line}" if place is not None and problem.line else ""
    return {
        "kind": "refused",
        "what": cell or (f"第 {problem.line} 行" if problem.line else "整个文件"),
        "facts": [{"name": labels.get(problem.column, problem.column), "old": "", "new": problem.reason}],
    }


def _heading(payload, read, kind):
    """Where the headings of a refused file stand, as far as they can be made out."""
    try:
        told: list[Problem] = []
        first = next(sheets.of(kept.lines(payload), kind.columns, is_ragged=read["kind"] == "xlsx", told=told))
    except (Refused, StopIteration):
        return 1, {}
    return first.heading, first.places


# What stands, as words


def _says(**facts):
    return tuple((name, "" if value is None else str(value)) for name, value in facts.items())


def _indicators():
    users: dict[int, set[int]] = {}
    for indicator, region in PlanIndicator.objects.values_list("series__indicator_id", "series__region_id").distinct():
        users.setdefault(indicator, set()).add(region)
    found = {}
    for row in Indicator.objects.select_related("same_subject"):
        found["indicator", row.code] = Fact(
            f"指标 {row.name}（{row.code}）",
            _says(
                名称=row.name, 单位=row.unit, 维度=Dimension(row.dimension).label, 口径=Measure(row.measure).label,
                方向=Direction(row.direction).label, 小数位=row.decimals,
                同一事项指标=row.same_subject.code if row.same_subject else "", 定义=row.definition,
            ),
            frozenset(users.get(row.pk, ())),
        )  # fmt: skip
    return found


def _plans():
    return {
        ("plan", row.slug): Fact(
            f"规划 {row.title}（{row.slug}）",
            _says(
                标题=row.title,
                文号=row.document_number,
                发文机关=row.issued_by,
                成文日期=row.issued_on,
                地区=row.region.name,
                起始年=row.first_year,
                终止年=row.last_year,
                规划期推定理由=row.period_assumed,
            ),
            frozenset([row.region_id]),
        )
        for row in Plan.objects.select_related("region")
    }


def _plan_indicators():
    """Indicators too: a plan file makes those that are not yet known."""
    rows = PlanIndicator.objects.select_related("plan", "series__region", "series__indicator")
    found = {key: Fact(fact.what, fact.says, frozenset()) for key, fact in _indicators().items()}
    places = {}
    for row in rows:
        unit, base = row.unit, row.series.indicator.unit
        places[row.pk] = (row, unit, base)
        found["plan-indicator", row.plan.slug, row.series.region.code, row.series.indicator.code, 0] = Fact(
            _named(row),
            _says(
                序号=row.number, 名称=row.name, 单位=unit, 类别=row.category,
                属性=Nature(row.nature).label if row.nature else "",
                基期年=row.baseline_year, 基期值=_printed(row.baseline_value, unit, base), 基期出处=row.baseline_locator,
                所印增幅=_number(row.printed_growth), 责任单位=row.responsible, 说明=row.note, 出处=row.locator,
            ),
            frozenset([row.series.region_id, row.plan.region_id]),
        )  # fmt: skip
    for target in Target.objects.select_related("reference_region"):
        row, unit, base = places[target.plan_indicator_id]
        shown = _number if target.kind in GROWTHS else lambda value, unit=unit, base=base: _printed(value, unit, base)
        key = ("plan-indicator", row.plan.slug, row.series.region.code, row.series.indicator.code, target.year)
        found[key] = Fact(
            f"{_named(row)} {target.year} 年目标",
            _says(
                目标类型=TargetKind(target.kind).label, 下限=shown(target.lower), 上限=shown(target.upper),
                对照地区=target.reference_region.name if target.reference_region else "", 出处=target.locator,
            ),
            frozenset([row.series.region_id, row.plan.region_id]),
        )  # fmt: skip
    return found


def _named(row):
    return f"{row.plan.title} · {row.series.region.name} · {row.name}"


def _printed(value, unit, base):
    return "" if value is None else numbers.plain(numbers.to_printed(value, unit, base))


def _number(value):
    return "" if value is None else numbers.plain(value)


KINDS = {
    "plan": Kind("规划指标与目标", frames.PLAN, plan.put, _plan_indicators),
    "plans": Kind("规划（标题、文号、起止年）", frames.PLANS, tables.put_plans, _plans),
    "indicators": Kind("指标", frames.INDICATORS, tables.put_indicators, _indicators),
}
