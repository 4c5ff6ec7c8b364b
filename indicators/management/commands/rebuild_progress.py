from django.core.management import BaseCommand, CommandError

from indicators import progress
from regions.models import Region


class Command(BaseCommand):
    help = "Compute progress again, of everything or of a region and those below it; only rows that differ are written."

    def add_arguments(self, parser):
        parser.add_argument("--region", help="code of a region")

    def handle(self, *, region, verbosity, **options):
        place = Region.objects.filter(code=region).first() if region else None
        if region and place is None:
            raise CommandError(f"没有代码为“{region}”的地区")

        def told(done, total):
            if verbosity > 1 or total > 1:
                self.stdout.write(f"{done}/{total}")

        self.stdout.write(f"进展：{progress.rebuild(place, told=told)}")
