from indicators import exports
from indicators.management.commands._files import ExportCommand


class Command(ExportCommand):
    help = "Export all indicators to a .csv or .xlsx file that import_indicators reads."
    table = staticmethod(exports.indicators)
