"""What every page knows."""

from indicators.models import DataVersion


def site(request):
    """Whether the figures shown are demo data."""
    return {"is_demo": DataVersion.objects.filter(is_demo=True).exists()}
