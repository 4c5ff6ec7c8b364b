"""What every page knows."""

from django.conf import settings

from indicators import progress


def site(request):
    """The version of the data, whether it is demo data, since when figures wait to be computed again, and whose site it is."""
    state = getattr(request, "state_of_data", None) or progress.state_of_data()
    return {**state, "unit_name": settings.UNIT_NAME}
