from indicators import exports
from indicators.management.commands._files import ExportCommand


class Command(ExportCommand):
    help = "Export all plans to a .csv or .xlsx file that import_plans reads."
    table = staticmethod(exports.plans)
