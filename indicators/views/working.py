"""How a page for the people of a region answers: to who is signed in, with what they hold, never kept by a browser."""

import functools

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage
from django.http import Http404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from indicators import permissions, selection
from indicators.calculation.vocabulary import Role


def page(*parameters, role=None, any_role=True, posts=False):
    """A page for who is signed in: parameters in `request.selection`, {role: regions} in `request.held`, all in `request.seen`.

    Who does not hold `role` anywhere, or with `any_role` none at all, is refused. A page that does not exist is a 404.
    """
    allowed = frozenset(parameters)

    def decorate(view):
        @require_http_methods(["GET", "HEAD", "POST"] if posts else ["GET", "HEAD"])
        @login_required
        @never_cache
        @functools.wraps(view)
        def answered(request, *arguments, **options):
            request.held = permissions.regions_by_role(request.user)
            request.seen = set().union(*request.held.values())
            if role and not request.held[role]:
                raise PermissionDenied(f"只有{Role(role).label}可以打开这一页")
            if any_role and not request.seen:
                raise PermissionDenied("您还没有分工，请联系管理员")
            try:
                request.selection = selection.parse(request.GET, allowed=allowed)
                return view(request, *arguments, **options)
            except (selection.BadSelection, InvalidPage) as error:
                raise Http404(str(error)) from None

        return answered

    return decorate
