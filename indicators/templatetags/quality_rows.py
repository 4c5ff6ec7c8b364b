"""Findings in the tables of their checks."""

from html import escape

from django import template
from django.utils.safestring import mark_safe

from indicators.calculation.wording import NOTHING
from indicators.templatetags.cells import with_roles

register = template.Library()


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
    return mark_safe(with_roles(row))
