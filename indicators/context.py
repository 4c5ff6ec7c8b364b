"""What every page knows."""

from indicators.models import DataVersion


def site(request):
    """The number of changes of the data so far, and whether the figures shown are demo data."""
    version = DataVersion.objects.first()
    return {"data_version": version and version.number, "is_demo": bool(version and version.is_demo)}
