"""Cells of tables: a figure, or why there is none; what the modules of rows share.

Rows of long tables are written in one go: hundreds of template variables on a page are most of what the page costs.
Everything that is not written here by hand is escaped here.
"""

import re
from collections import Counter
from functools import lru_cache
from html import escape

from django import template
from django.utils.safestring import mark_safe

from indicators.calculation.wording import NOTHING

register = template.Library()

NO_ATTAINMENT = "条件类目标只看是否满足，没有达成率"
NOT_IN_TEXT = '<span class="missing">原文未载</span>'


@lru_cache(maxsize=1000)  # the same few reasons stand all over a page
def missing(why):
    return f'<span class="missing" title="{escape(why)}">—<span class="unseen">（{escape(why)}）</span></span>'


_EMPTY = re.compile(r'<span class="missing" title="([^"]*)">—<span class="unseen">[^<]*</span>')
_MARKS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


@register.simple_block_tag
def explained(content):
    """A table, and below it why cells are empty: what a pointer is told at the cell, for paper, for fingers and for keys.

    The commonest reason has no mark, so that a table in which little is known yet is not full of them.
    """
    counts = Counter(_EMPTY.findall(content))
    if not counts:
        return mark_safe(content)
    commonest = max(counts, key=counts.get)
    marks = dict(zip((why for why in counts if why != commonest), _MARKS, strict=False))

    def marked(match):
        mark = marks.get(match[1])
        return f'{match[0]}<sup aria-hidden="true">{mark}</sup>' if mark else match[0]

    told = [f"—：{commonest}", *(f"—{mark}：{why}" for why, mark in marks.items())]
    note = "".join(f"<li>{one}</li>" for one in told)
    return mark_safe(f'{_EMPTY.sub(marked, content)}<ul class="whys small" aria-label="空着的原因">{note}</ul>')


@register.simple_tag
def figure(row, name):
    """A row's figure in its printed unit or in %; where it is empty, a — that says why."""
    return mark_safe(figure_or_why(row, name))


def figure_or_why(one, name):
    text = one.shown(name)  # of digits and signs alone
    return text if text != NOTHING else missing(one.why_empty(name) or "没有数值")


def small(text, style="small"):
    return f'<span class="{style}">{escape(text)}</span>' if text else ""


def with_roles(rows):
    """The rows with their roles said once more: on a phone they are laid out as a grid, which to some browsers is no table."""
    rows = rows.replace("<tr", '<tr role="row"').replace("<td", '<td role="cell"')
    for scope, role in (("col", "columnheader"), ("row", "rowheader"), ("rowgroup", "rowheader")):
        rows = rows.replace(f'scope="{scope}"', f'scope="{scope}" role="{role}"')
    return rows


@register.simple_tag
def cell(one):
    """A figure of a column, its exact value in the title; an empty one says why."""
    return mark_safe(cell_text(one))


def cell_text(one):
    if not one.is_empty:
        word = f' <span class="missing" title="{escape(one.why)}">{escape(one.word)}</span>' if one.word else ""
        return f'<span title="{escape(one.raw)}">{escape(one.text)}</span>{word}'
    if one.word:
        return f'<span class="missing" title="{escape(one.why)}">○ {escape(one.word)}</span>'
    return missing(one.why)


def verdict(condition, why):
    """Whether a condition is met and why not, in place of a gap."""
    return (condition.verdict or missing(why)) + small(condition.why_not)
