from django.core.management import BaseCommand, CommandError

from indicators import progress
from indicators.models import StaleMark

SHOWN = 50


class Command(BaseCommand):
    help = "Compute all progress in memory and compare it with what is stored; ends with an error if anything differs."

    def handle(self, **options):
        count = 0
        for count, (where, column, stored, computed) in enumerate(progress.differences(), start=1):
            if count <= SHOWN:
                self.stdout.write(f"{where}，{column}：存 {stored}，算 {computed}")
        waiting = StaleMark.objects.count()
        if waiting:
            self.stdout.write(f"另有 {waiting} 处更改尚待重算")
        if count:
            raise CommandError(f"{count} 处不同")
        self.stdout.write("0 处不同")
