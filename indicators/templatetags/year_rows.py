"""Years in the table of a plan indicator."""

from html import escape

from django import template
from django.utils.safestring import mark_safe

from indicators.calculation.wording import NOTHING
from indicators.templatetags.cells import NO_ATTAINMENT, figure_or_why, missing, small, verdict
from indicators.templatetags.figures import sign

register = template.Library()


@register.simple_tag
def year_rows(rows, shown_year, columns, final):
    """Years in the table of a plan indicator, each on a line of its own; `final` is the row that the plan aims at."""
    names = [column.name for column in columns]
    return mark_safe("".join([f"{_year_row(row, shown_year, names, final)}\n        " for row in rows]))


def _year_row(row, shown_year, names, final):
    mark, told = (' class="shown"', '<span class="unseen">（所看年份）</span>') if row.year == shown_year else ("", "")
    cells = _computed_cells(row, names, final) if row.is_computed else _beside_cells(row, names)
    return f'<tr{mark}><th scope="row">{row.year}{told}</th>{cells}<td>{sign(row)}{small(row.note)}</td></tr>'


def _computed_cells(row, names, final):
    one = row.standing
    if row.asked:
        target = escape(row.asked) + small(one.condition.to_beat if one.condition else "")
        target += f'<span class="small">即 {figure_or_why(one, "required")}</span>' if row.is_by_growth else ""
    else:
        target = figure_or_why(one, "required") + small(row.asked_otherwise)
    if one.condition:
        gap, attainment = verdict(one.condition, one.why("met")), missing(NO_ATTAINMENT)
    else:
        gap = (row.gap_text or figure_or_why(one, "gap")) + small(row.gap_final_text(final))
        attainment = figure_or_why(one, "attainment")
    if one.attainment is None and one.attainment_final is not None:
        attainment += f'<span class="small">终期的 {figure_or_why(one, "attainment_final")}</span>'
    own = row.own_of_year
    cells = {
        "required": target + _said_marks(row.said_of_target),
        "expected": figure_or_why(one, "expected"),
        "actual": figure_or_why(one, "actual") + small(own and f"当年新增 {own}") + _said_marks(row.said_of_figure),
        "gap": gap,
        "attainment": attainment,
        "yoy": figure_or_why(one, "yoy") if row.change == NOTHING else escape(row.change),
        "cagr": figure_or_why(one, "cagr") + _said_marks(row.said_of_growth),
        "completion": figure_or_why(one, "completion"),
        "elapsed": figure_or_why(one, "elapsed"),
    }
    return "".join([f'<td class="number">{cells[name]}</td>' for name in names])


def _beside_cells(row, names):
    """Of the baseline's year, and of years outside the plan: what was recorded, and nothing that is computed."""
    if row.recorded:
        value = escape(row.recorded_value)
    else:
        value = figure_or_why(row.standing, "baseline_value") if row.is_baseline else missing("没有登记数值")
    printed = row.printed_baseline
    what = f'<span class="missing">{"规划的起点" if row.is_baseline else "只作对照"}</span>'
    shown = f"{value}{small(printed and f'规划所印基期值 {printed}')}{_said_marks(row.said_of_figure)}"
    before = names.index("actual")
    after = names[before + 1 :]
    of_growth = "cagr" if "cagr" in after else next(iter(after), None)
    rest = "".join(f'<td class="number">{_said_marks(row.said_of_growth) if name == of_growth else ""}</td>' for name in after)
    return f'<td class="number" colspan="{before}">{what}</td><td class="number">{shown}</td>{rest}'


def _said_marks(said):
    """Marks beside a figure that lead to what another source says of it."""
    return "".join(f'<a class="said" href="#statement-{one.place}">另说 {one.place}</a>' for one in said)
