"""What there is to choose from: links, options of a list, suggestions. Everything from elsewhere is escaped here."""

from html import escape

from django import template
from django.utils.safestring import mark_safe

register = template.Library()


@register.simple_tag
def picks(choices, label, current="true"):
    """Links that filter or sort a list, or lead to its years; nothing where there is nothing to choose."""
    if not choices:
        return ""
    links = "".join(
        f'<li><a href="{escape(one.address)}"{_is(one.is_chosen, current)}>{_mark(one)}{escape(one.word)}{_count(one)}</a></li>'
        for one in choices
    )
    # On paper a year stands as words, and so does a filter; that nothing is left out needs no saying.
    rest = " unfiltered" if choices[0].is_chosen and current != "page" else ""
    return mark_safe(
        f'<nav class="picks{rest}" aria-label="{label}"><span class="of" aria-hidden="true">{label}</span>'
        f"\n  <ul>{links}</ul>\n</nav>"
    )


def _is(chosen, current):
    return f' aria-current="{current}"' if chosen else ""


def _mark(one):
    return f'<span class="status {one.sign.style}" aria-hidden="true">{one.sign.symbol}</span> ' if one.sign else ""


def _count(one):
    return f' <span class="figure">{one.count}</span>' if one.count is not None else ""


@register.simple_tag
def suggestions(names):
    """What a field suggests while one types."""
    return mark_safe("".join(f'<option value="{escape(name)}">' for name in names))


@register.simple_tag
def options(choices, chosen):
    """The options of a list to choose from: (value, word) of each, and the value that is chosen."""
    return mark_safe(
        "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(word)}</option>'
            for value, word in choices
        )
    )
