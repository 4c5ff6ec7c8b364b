from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand
from django.db import transaction

from indicators import imports
from indicators.calculation.vocabulary import Through
from indicators.management.commands import _files

FIXTURES = Path(settings.BASE_DIR) / "fixtures"

# In this order: each file stands on those before it.
STEPS = [
    ("地区", imports.import_regions, ["regions.csv"]),
    ("指标", imports.import_indicators, ["indicators.csv", "comparison_indicators.csv"]),
    ("规划", imports.import_plans, ["plans.csv"]),
    ("规划指标与目标", imports.import_plan, ["plans/*.csv"]),
    ("公布的数值", imports.import_actuals, ["actuals/stated_in_plans.csv", "actuals/published.csv", "actuals/interim.csv"]),
    ("另一说法", imports.import_statements, ["statements.csv", "published_statements.csv"]),
]


class Command(BaseCommand):
    help = "Load the bundled regions, plans and published figures; running it again changes nothing."

    @transaction.atomic
    def handle(self, *, verbosity, **options):
        by = _files.bundled_user()
        for label, load, patterns in STEPS:
            for pattern in patterns:
                for path in sorted(FIXTURES.glob(pattern)):
                    with _files.told():
                        outcome = load(path, by=by, through=Through.BUNDLED)
                    told = "；目标 ".join(map(str, outcome)) if isinstance(outcome, tuple) else str(outcome)
                    if verbosity:
                        self.stdout.write(f"{label} {path.relative_to(FIXTURES)}：{told}")
