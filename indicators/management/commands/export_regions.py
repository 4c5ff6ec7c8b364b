from indicators import exports
from indicators.management.commands._files import ExportCommand


class Command(ExportCommand):
    help = "Export all regions to a .csv or .xlsx file that import_regions reads."
    table = staticmethod(exports.regions)
