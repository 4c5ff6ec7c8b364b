"""What a page says of itself in the margins of the paper."""

from django import template
from django.template.loader_tags import BLOCK_CONTEXT_KEY

register = template.Library()


@register.simple_tag(takes_context=True)
def page_title(context):
    """What the block `title` says, for a second place on the page: a block stands in a template only once."""
    return context.render_context[BLOCK_CONTEXT_KEY].get_block("title").render(context)
