"""Plan indicators in a list (a region's, and those of the overview that need attention), and what else a region has."""

from html import escape

from django import template
from django.utils.safestring import mark_safe

from indicators.reports.rows import COLUMNS_OF_LISTS
from indicators.templatetags.cells import NO_ATTAINMENT, cell_text, figure_or_why, missing, small, verdict, with_roles
from indicators.templatetags.figures import bullet, sign, sparkline

register = template.Library()


@register.simple_tag
def list_heads(columns, year):
    """The headings of a list's columns of figures."""
    heads = (COLUMNS_OF_LISTS[name].format(year=year) for name in columns)
    return mark_safe(with_roles("".join(f'<th scope="col" class="number">{head}</th>' for head in heads)))


@register.simple_tag
def standing_rows(rows, columns, below_name=""):
    """Plan indicators in a list, with these columns of figures.

    `below_name` is what it says of each below its name: its region, its dimension.
    """
    return mark_safe(with_roles("".join([_standing_row(row, columns, below_name) for row in rows])))


def _standing_row(row, columns, below_name):
    """A plan indicator: its bar, its figures, its line over the years, its status."""
    one = row.standing
    start = f"{one.baseline_year}：{figure_or_why(one, 'baseline_value')}" if one.baseline_value is not None else ""
    end = escape(row.end_text)
    figures = "".join(
        [f'<td data-label="{_SHORT_HEADS[name]}" class="number">{_LISTED[name](row, one)}</td>' for name in columns]
    )
    return (
        f'<tr><th scope="row"><a href="{escape(one.address)}">{escape(one.name)}</a>'
        f' <span class="unit">{escape(one.unit)}</span>'
        f"{small(getattr(one, below_name) if below_name else '')}</th>"
        f'<td class="bar-of">{bullet(one, row.final, row.far)}'
        f'<span class="ends small"><span>{start}</span><span>{end}</span></span></td>{figures}<td>{sign(one)}</td></tr>'
    )


# What stands before each figure where the headings are out of sight.
_SHORT_HEADS = {name: head.removeprefix("{year} 年") for name, head in COLUMNS_OF_LISTS.items()}


def _listed_actual(row, one):
    return figure_or_why(one, "actual") + (sparkline(one, row.points) if row.has_points else "")


def _listed_required(row, one):
    if row.is_computed:
        return figure_or_why(one, "required") + small(row.asked_text)
    if row.ruling:
        return escape(row.asked_text) + small(one.condition.to_beat if one.condition else "")
    is_expected = one.required is None and one.expected is not None
    return figure_or_why(one, "required") + (
        f'<span class="small">应达 {figure_or_why(one, "expected")}</span>' if is_expected else ""
    )


def _listed_gap(row, one):
    if one.condition:
        return verdict(one.condition, one.why("met"))
    to_final = small(row.gap_final_text)  # says that the year has no target of its own
    return row.gap_text or to_final or figure_or_why(one, "gap")


def _listed_attainment(row, one):
    return missing(NO_ATTAINMENT) if one.condition else figure_or_why(one, "attainment")


def _listed_completion(row, one):
    elapsed = f'<span class="small">序时 {figure_or_why(one, "elapsed")}</span>' if one.elapsed is not None else ""
    return figure_or_why(one, "completion") + elapsed


_LISTED = {
    "actual": _listed_actual,
    "required": _listed_required,
    "gap": _listed_gap,
    "attainment": _listed_attainment,
    "completion": _listed_completion,
    "planned_growth": lambda row, one: row.planned_growth_text or figure_or_why(one, "planned_growth"),
    "planned_cagr": lambda row, one: figure_or_why(one, "planned_cagr"),
}


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
        others = f'<td class="note">{years or missing("没有其他年份的数值")}</td>'
    if beside.has_history:
        link = f'<a href="{escape(row.history)}">修订记录<span class="unseen">：{name}</span></a>' if row.history else ""
        history = f'<td class="nowrap door">{link or missing("期中数没有修订记录")}</td>'
    return (
        f'<tr><th scope="row"><a href="{escape(row.address)}">{name}</a>{small(row.dimension)}</th>'
        f'<td class="number">{cell_text(row.value)} <span class="unit">{escape(row.unit)}</span></td><td>{when}</td>'
        f'<td class="source">{source}</td>{others}{history}</tr>'
    )
