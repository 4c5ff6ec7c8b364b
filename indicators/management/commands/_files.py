"""What the import and export commands share: their arguments, who acts, and how a refusal is told."""

from contextlib import contextmanager

from django.core.management import BaseCommand, CommandError

from indicators import exports
from indicators.imports import Refused
from indicators.outcome import Forbidden, Inconsistent
from indicators.permissions import BUNDLED
from regions.models import User


def person(name):
    user = User.objects.filter(username=name, is_active=True).exclude(username=BUNDLED).first()
    if user is None:
        raise CommandError(f"没有名为“{name}”的可用用户；请先在 /admin/ 建立用户")
    return user


def bundled_user():
    """The built-in user that stands for what comes with the system; nobody can log in as it."""
    user, is_new = User.objects.get_or_create(username=BUNDLED, defaults={"full_name": "随系统提供", "is_active": False})
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


@contextmanager
def told():
    """A refusal becomes the command's error, every place on a line of its own."""
    try:
        yield
    except Refused as error:
        raise CommandError(f"没有导入任何数据，请改正后重试：\n{error}") from None
    except Inconsistent as error:
        raise CommandError(f"没有导入任何数据：{error}") from None
    except Forbidden as error:
        raise CommandError(str(error)) from None


class ImportCommand(BaseCommand):
    """Import a small table: `load(file, by=…)`."""

    load = None

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--user", help="who imports; without it the built-in user")

    def handle(self, *, file, user, **options):
        with told():
            self.stdout.write(str(self.load(file, by=person(user) if user else bundled_user())))


class ExportCommand(BaseCommand):
    """Export a small table: `table()`."""

    table = None

    def add_arguments(self, parser):
        parser.add_argument("file")

    def handle(self, *, file, **options):
        self.stdout.write(f"{exports.write(self.table(), file)} 行")
