"""What gunicorn does between two requests."""

import gc
import runpy
import weakref

from django.conf import settings


class Node:
    pass


def test_circles_that_a_request_leaves_are_dropped_once_it_is_answered():
    after = runpy.run_path(str(settings.BASE_DIR / "ipdash" / "gunicorn.py"))["post_request"]
    gc.disable()
    try:
        one = Node()
        one.itself = one
        left = weakref.ref(one)
        del one
        assert left() is not None
        after(None, None, {}, None)
        assert left() is None
    finally:
        gc.enable()
