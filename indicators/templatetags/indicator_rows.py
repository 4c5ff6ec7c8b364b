"""Regions in the table of an indicator."""

from html import escape

from django import template
from django.utils.safestring import mark_safe

from indicators.templatetags.cells import cell_text, small, verdict
from indicators.templatetags.figures import sign

register = template.Library()


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
    why = small(row.why, "small why") if one.status != "no_data" else ""
    return (
        f'<tr><th scope="row"><a href="{escape(one.address)}">{escape(one.region_name)}</a>'
        f'<span class="small">{escape(row.level)} · <span class="figure">{escape(one.region)}</span></span></th>{rank}'
        f'<td class="number">{cell_text(row.value)}</td><td class="number">{_across_required(row)}</td>'
        f'<td class="number">{_across_gap(row)}</td>'
        f'<td class="number">{escape(row.final_text) or cell_text(row.final)}'
        f'<span class="small year">{one.last_year} 年</span></td>'
        f'<td class="number">{cell_text(row.completion)}</td><td class="standing">{sign(row)}{why}</td></tr>'
    )


def _across_required(row):
    if row.condition and row.asked_text:
        return escape(row.asked_text) + small(row.condition.to_beat)
    return escape(row.asked_text) or cell_text(row.required)


def _across_gap(row):
    if row.condition:
        return verdict(row.condition, row.standing.why("met"))
    if not row.gap_text:
        return cell_text(row.gap)
    return f'<span title="{escape(row.gap.raw)}">{escape(row.gap_text)}</span>'
