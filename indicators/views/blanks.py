"""What differs between two visitors who get the same page: blank in a page that is kept, filled in when it is handed out."""

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from indicators import progress

_BLANKS = {name: mark_safe(f"<!-- {name} -->") for name in ("page_id", "version", "waiting")}


def of_page(request):
    """For templates: the request's id, and the state of the data as a whole, which pages tell whatever else they show."""
    return _BLANKS if getattr(request, "is_for_keeping", False) else _own(request)


def filled(request, content: bytes) -> bytes:
    """A page that was made for keeping, with what this request's answer says."""
    for name, text in _own(request).items():
        content = content.replace(_BLANKS[name].encode(), str(text).encode())
    return content


def state_of_data(request):
    """The version of the data that this request sees, asked for once."""
    if not hasattr(request, "state_of_data"):
        request.state_of_data = progress.state_of_data()
    return request.state_of_data


def _own(request):
    state = state_of_data(request)
    waiting = render_to_string("_waiting.html", state) if state["stale_since"] else ""
    return {"page_id": getattr(request, "id", ""), "version": state["data_version"], "waiting": waiting}
