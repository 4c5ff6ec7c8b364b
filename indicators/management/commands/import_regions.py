from indicators import imports
from indicators.management.commands._files import ImportCommand


class Command(ImportCommand):
    help = "Import a file of regions (.csv or .xlsx), all or nothing."
    load = staticmethod(imports.import_regions)
