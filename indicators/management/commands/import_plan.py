from django.core.management import BaseCommand

from indicators import frames, imports
from indicators.management.commands import _files

HEADER = [column.name for column in frames.PLANS if column.name not in ("plan", "period_assumed")]


class Command(BaseCommand):
    help = "Import a plan file (.csv or .xlsx), all or nothing. The options describe a plan that is not yet known."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--user", help="who imports; without it the built-in user")
        for name in HEADER:
            parser.add_argument(f"--{name.replace('_', '-')}", dest=name, default="")

    def handle(self, *, file, user, **options):
        by = _files.person(user) if user else _files.bundled_user()
        with _files.told():
            indicators, targets = imports.import_plan(file, by=by, header={name: options[name] for name in HEADER})
        self.stdout.write(f"规划指标：{indicators}\n目标：{targets}")
