from django.core.management import BaseCommand

from indicators import exports


class Command(BaseCommand):
    help = "Export all regions to a .csv or .xlsx file that import_regions reads."

    def add_arguments(self, parser):
        parser.add_argument("file")

    def handle(self, *, file, **options):
        self.stdout.write(f"{exports.write(exports.regions(), file)} 行")
