from django.core.management import BaseCommand

from indicators import imports
from indicators.management.commands import _files


class Command(BaseCommand):
    help = "Import a plans file (.csv or .xlsx), all or nothing."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--user", help="who imports; without it the built-in user")

    def handle(self, *, file, user, **options):
        by = _files.person(user) if user else _files.bundled_user()
        with _files.told():
            outcome = imports.import_plans(file, by=by)
        self.stdout.write(str(outcome))
