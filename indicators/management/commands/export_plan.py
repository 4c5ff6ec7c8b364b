from django.core.management import BaseCommand, CommandError

from indicators import exports
from indicators.models import Plan


class Command(BaseCommand):
    help = "Export a plan's indicators and targets to a .csv or .xlsx file that import_plan reads; without --plan those of all."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--plan", help="the plan's slug")

    def handle(self, *, file, plan, **options):
        if plan and not Plan.objects.filter(slug=plan).exists():
            raise CommandError(f"没有标识为“{plan}”的规划")
        self.stdout.write(f"{exports.write(exports.plan(plan), file)} 行")
