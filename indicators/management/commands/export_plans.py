from django.core.management import BaseCommand

from indicators import exports


class Command(BaseCommand):
    help = "Export all plans to a .csv or .xlsx file that import_plans reads."

    def add_arguments(self, parser):
        parser.add_argument("file")

    def handle(self, *, file, **options):
        self.stdout.write(f"{exports.write(exports.plans(), file)} 行")
