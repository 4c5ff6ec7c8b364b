"""Parts of the pages of an indicator, of a plan indicator and of a comparison, each written in one go, as rows of tables are.

Everything that is not written here by hand is escaped here.
"""

from html import escape

import orjson
from django import template
from django.utils.dateformat import format as dated
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime

from indicators.calculation.wording import NOTHING
from indicators.templatetags.cells import cell

register = template.Library()


@register.simple_tag
def chart(drawn, has_picture=True):
    """A chart of indicators.reports.drawn; without JavaScript its picture stands in, where it is one of its own."""
    figure = drawn.figure
    instead = stand_in(drawn) if has_picture else ""
    note = f'<p class="small">{escape(drawn.note)}</p>\n' if drawn.note else ""
    return mark_safe(
        f'\n<div class="chart high-{figure["layout"]["height"]}" data-figure="{drawn.id}" data-picture="{escape(drawn.png)}"'
        f' role="group" aria-label="{escape(drawn.label)}"></div>{instead}\n{_data(figure, drawn.id)}\n{note}'
    )


def _data(figure, name):
    """A figure for the script that draws it. No text in it can end the element."""
    text = orjson.dumps(figure).decode().replace("&", "\\u0026").replace("<", "\\u003C").replace(">", "\\u003E")
    return f'<script id="{name}" type="application/json">{text}</script>'


@register.simple_tag
def stand_in(drawn):
    """The picture of a chart for readers without JavaScript, for whom the box that it would be drawn in is not there."""
    label = escape(drawn.label)
    return mark_safe(f'<noscript><img class="chart-picture" src="{escape(drawn.png)}" alt="{label}"></noscript>')


@register.simple_tag
def links(choices, current="true"):
    """Links as items of a list; `current` says what the one is that is shown."""
    return mark_safe(
        "".join(
            f'<li><a href="{escape(one.address)}"{_is(one.is_shown, current)}>{escape(one.word)}</a></li>' for one in choices
        )
    )


@register.simple_tag
def counted_years(years):
    """Links to the years of an indicator, each with the number of regions that have a figure in it."""
    return mark_safe("".join(map(_counted_year, years)))


def _counted_year(one):
    """The small figure is read out with what it counts, which to the eye is in its title."""
    interims = f"，{one.interims} 个有期中数" if one.interims else ""
    if one.has_interims_alone:
        count, meaning = "期中", f"：{one.interims} 个地区有期中数"
    else:
        count, meaning = one.count, f" 个地区有全年数{interims}"
    return (
        f'<li><a href="{escape(one.address)}"{_is(one.is_shown, "true")}>{one.year}<span class="unseen">，</span>'
        f'<span class="count" title="{one.count} 个地区有全年数{interims}">{count}<span class="unseen">{meaning}</span></span>'
        "</a></li>"
    )


def _is(shown, current):
    return f' aria-current="{current}"' if shown else ""


@register.simple_tag
def worked(figures):
    """How each figure came about."""
    return mark_safe("".join(f"<div><dt>{escape(one.label)}</dt><dd>{escape(one.text)}</dd></div>" for one in figures))


@register.simple_tag
def recorded(rows, unit):
    """What was recorded for each year, and where it comes from."""
    return mark_safe("".join(_recorded(row, escape(unit)) for row in rows))


def _recorded(row, unit):
    value = escape(row.recorded_value) + ("" if row.recorded.not_applicable else unit)
    note = f'<span class="small">{escape(row.source_note)}</span>' if row.source_note else ""
    return f'<span class="item">{row.year} 年 {value}：{_source(row)}{note}</span>'


def _source(row):
    source, address = row.recorded.source, row.source_address
    if not address:
        return escape(source or "未注来源")
    return f'<a href="{escape(address)}" rel="noopener noreferrer external">{escape(source or address)}</a>'


@register.simple_tag
def revisions(changes, unit):
    """What changed a figure in force, the latest first."""
    return mark_safe("".join(f"\n    <li>{_revision(change, escape(unit))}</li>\n    " for change in changes))


def _revision(change, unit):
    revision, at = change.revision, localtime(change.revision.at)
    told = f" · 理由：{escape(revision.reason)}" if revision.reason else ""
    after = "" if change.new in ("不适用", NOTHING) else unit
    return (
        f'<time datetime="{dated(at, "c")}">{dated(at, "Y年n月j日 H:i")}</time> · {revision.year} 年'
        f" {escape(change.old)} → {escape(change.new)}{after} · {escape(change.act)} · {escape(change.by)}{told}"
    )


@register.simple_tag
def compared_row(row):
    """A series in the table of a comparison."""
    name = f'<a href="{escape(row.address)}">{escape(row.label)}</a>' if row.address else escape(row.label)
    plan = f'<span class="small">{escape(row.plan)}</span>' if row.plan else ""
    stale = '<span class="status stale-row"><span aria-hidden="true">↻</span> 正在重算</span>' if row.one.is_stale else ""
    cells = "".join(f'<td class="number">{cell(one)}</td>' for one in row.cells)
    return mark_safe(
        f'\n        <tr>\n          <th scope="row">{name}{plan}{stale}</th>\n          {cells}\n        </tr>\n        '
    )
