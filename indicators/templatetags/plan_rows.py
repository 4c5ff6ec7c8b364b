"""A plan: what its document says of itself, and its own table with what was recorded beside it."""

from html import escape

from django import template
from django.utils.dateformat import format as dated
from django.utils.safestring import mark_safe

from indicators.reports.standing import plan_path
from indicators.templatetags.cells import NOT_IN_TEXT, figure_or_why, missing, with_roles
from indicators.templatetags.figures import sign

register = template.Library()


@register.simple_tag
def plan_rows(rows, has_growth, years):
    """Rows of a plan with these years, each on a line of its own."""
    return mark_safe(with_roles("".join([f"{_plan_row(row, has_growth, years)}\n        " for row in rows])))


def _plan_row(row, has_growth, years):
    """A row of a plan: what it starts from, what is asked for and was recorded in its years, its growth, where it stands."""
    one = row.standing
    ordinal = f'<span class="ordinal">{escape(one.number)}</span>' if one.number else ""
    stale = ' <span class="small">↻ 正在重算</span>' if one.is_stale else ""
    if one.baseline_value is None:
        baseline = missing("规划未给出基期值")
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
    printed = missing("规划没有印出增幅") if row.standing.printed_growth is None else escape(row.printed_growth)
    if row.growth_agrees is None:
        verdict = '<span class="missing" title="缺所印或重算的增幅，无从比较">—<span class="unseen">（无从比较）</span></span>'
    elif row.growth_agrees:
        verdict = "✓ 一致"
    else:
        verdict = f'<strong>≠ 不一致</strong><span class="small when">按所印位数 {escape(row.rounded_growth)}</span>'
    return (
        f'<td data-label="所印增幅" class="number asked">{printed}</td>'
        f'<td data-label="重算" class="number">{figure_or_why(row.standing, "planned_growth")}</td>'
        f'<td class="verdict">{verdict}</td>'
    )


def _asked(one):
    if not one.target:
        return f'<td class="number asked">{missing(one.why_no_target)}</td>'
    where = f"；{one.target.locator}" if one.target.locator else ""
    return f'<td class="number asked"><span title="{escape(one.kind_label + where)}">{escape(one.target_text)}</span></td>'


def _recorded(one):
    if one.actual is not None:
        below = "基期" if one.is_baseline else sign(one.point.sign) if one.point else ""
        when = f'<span class="small when">{below}</span>' if below else ""
        return f'<td class="number">{escape(one.actual_text)}{when}</td>'
    if not one.point:
        return f'<td class="number">{missing(one.why)}</td>'
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


def plan_line(plan, code):
    """A plan's title, number and period, under the region with this code; the rest is on its page and on the region's."""
    number = escape(plan.document_number or "") or f"文号{NOT_IN_TEXT}"
    where = f" · {escape(plan.region.name)}发文" if plan.region.code != code else ""
    return (
        f'<p class="title"><a href="{plan_path(plan.slug)}">{escape(plan.title)}</a></p>'
        f'<p class="small">{number} · {_period(plan)}{where}</p>'
    )


def _period(plan):
    return f"{plan.first_year}—{plan.last_year} 年{'（推定）' if plan.period_assumed else ''}"


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
