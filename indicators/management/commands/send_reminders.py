from django.conf import settings
from django.core.management import BaseCommand, CommandError

from indicators import progress, reminders


class Command(BaseCommand):
    help = "Mail everyone with work to do a digest, at most one a day; --show prints the mails instead of sending them."

    def add_arguments(self, parser):
        parser.add_argument("--show", action="store_true", help="print what would be sent, and send nothing")
        parser.add_argument("--user", help="only this person")

    def handle(self, *, show, user, **options):
        people = reminders.recipients()
        if user:
            people = people.filter(username=user)
            if not people:
                raise CommandError(f"“{user}”没有分工或没有登记邮箱")
        today = progress.today()
        if show:
            for person in people:
                if told := reminders.digest(person, today):
                    self.stdout.write(f"收件人：{person.email}\n主题：{told.subject}\n\n{told.body}\n{'—' * 20}")
            return
        if not settings.REMINDERS:
            raise CommandError("没有开启提醒：请设置 REMINDERS=true；只看内容用 --show")
        self.stdout.write(f"已发出 {sum(reminders.send(person, today) for person in people)} 封")
