"""What every page knows."""

from indicators import progress


def site(request):
    """The version of the data, whether it is demo data, and since when figures wait to be computed again."""
    return getattr(request, "state_of_data", None) or progress.state_of_data()
