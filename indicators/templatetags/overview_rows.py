"""The overview: plans of regions, the latest changes, and the matrix of indicators and regions."""

from html import escape

from django import template
from django.utils import timezone
from django.utils.safestring import mark_safe

from indicators.calculation.wording import NOTHING
from indicators.reports.standing import history_path, plan_indicator_path
from indicators.templatetags.cells import with_roles
from indicators.templatetags.figures import STALE, status_parts
from indicators.templatetags.plan_rows import plan_line

register = template.Library()


@register.simple_tag
def region_plans(region, year, longest):
    """The plans of a region in the table of the overview."""
    head = (
        f'<th scope="rowgroup" rowspan="{len(region.plans)}"><a href="{escape(region.address)}">'
        f'{escape(region.name)}</a><span class="small">{region.level_label} · <span class="figure">{escape(region.code)}</span>'
        "</span></th>"
    )
    rows = []
    for place, row in enumerate(region.plans):
        counts = row.counts
        rows.append(
            f'<tr>{head if not place else ""}<td class="plan">{plan_line(row.plan, region.code)}</td>'
            f'<td class="bars">{status_parts(counts, longest)}</td>'
            f'<td data-label="指标" class="number">{counts.plan_indicators}'
            f'<span class="small">表内 {counts.in_table} · 正文 {counts.in_text}</span></td>'
            f'<td data-label="本年目标" class="number">{counts.targets}</td>'
            f'<td data-label="基期" class="number">{counts.baselines}</td>'
            f'<td data-label="本年已填" class="number">{_reported(counts)}</td></tr>'
        )
    return mark_safe(with_roles("\n".join(rows)))


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
