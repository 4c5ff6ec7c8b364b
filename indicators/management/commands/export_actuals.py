from django.core.management import BaseCommand, CommandError

from indicators import exports
from regions.models import Region


class Command(BaseCommand):
    help = "Export approved and interim figures to a .csv or .xlsx file that import_actuals reads."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--region", help="code of a region: it and those below it")

    def handle(self, *, file, region, **options):
        place = Region.objects.filter(code=region).first() if region else None
        if region and place is None:
            raise CommandError(f"没有代码为“{region}”的地区")
        self.stdout.write(f"{exports.write(exports.actuals(place), file)} 行")
