"""What every page knows."""

from django.conf import settings

from indicators import permissions
from indicators.views import blanks


def site(request):
    """The version of the data, whether it is demo data, since when figures wait to be computed again, and whose site it is."""
    state = blanks.state_of_data(request)
    return {**state, **blanks.of_page(request), "unit_name": settings.UNIT_NAME, "own_roles": _own_roles(request)}


def _own_roles(request):
    """{role: True} of who is signed in, for the navigation; a visitor without a session costs no query."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return dict.fromkeys(permissions.roles_of(user), True)
