from django.core.management import BaseCommand

from indicators import imports
from indicators.management.commands import _files


class Command(BaseCommand):
    help = "Import an actuals file (.csv or .xlsx), all or nothing; without --approve-by the figures wait for review."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--user", required=True, help="the clerk who enters")
        parser.add_argument("--approve-by", help="the reviewer who approves, another person")

    def handle(self, *, file, user, approve_by, **options):
        with _files.told():
            outcome = imports.import_actuals(
                file, by=_files.person(user), approved_by=_files.person(approve_by) if approve_by else None
            )
        self.stdout.write(f"{'已生效' if approve_by else '已提交，待审核'}：{outcome}")
