"""People, their roles and tokens, and the door they come in by. Nothing else writes any of them."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from indicators import audit, permissions
from indicators.calculation.vocabulary import Role
from indicators.outcome import Forbidden
from ipdash import origin
from regions import tree
from regions.models import Assignment, LoginFailure, Region, Token, User

FAILURES = 5  # wrong passwords in a row, for one name from one address
FAILURES_EVERYWHERE = 20  # for one name from all addresses together
LOCK = timedelta(minutes=15)
NOWHERE = "0.0.0.0"  # stands for an address that is not known
MOST_TOKEN_DAYS = 365
TOKEN_DAYS = 90
MOST_TOKENS = 50
USE_NOTED_AFTER = timedelta(minutes=1)


class Refused(Exception):
    """Who comes is not let in; the sentence says why and what to do, and nothing about who exists."""


class Locked(Refused):
    """Too many wrong attempts: nobody is let in by this name from this address for a while."""

    def __init__(self):
        minutes = int(LOCK.total_seconds() // 60)
        super().__init__(f"连续多次不对，已暂停从这里登录；请 {minutes} 分钟后再试，或请本地区的管理员解锁。")


# The door


class LockingBackend(ModelBackend):
    """Name and password, counted: whatever asks Django who somebody is, page, admin or API, meets the same lock."""

    def authenticate(self, request, username=None, password=None, **credentials):
        if username is None or password is None:
            return None
        address = origin.current().address
        if is_locked(username, address):
            raise PermissionDenied  # no password is looked at
        user = super().authenticate(request, username=username, password=password)
        if user is None:
            note_failure(username, address)
        else:
            LoginFailure.objects.filter(username=username[:150], address=address or NOWHERE).delete()
        return user


def is_locked(username, address):
    """Whether the door is locked for this name (blank for tokens) from this address."""
    now = timezone.now()
    recent = LoginFailure.objects.filter(username=username[:150], failed_at__gt=now - LOCK)
    if recent.filter(address=address or NOWHERE, locked_until__gt=now).exists():
        return True
    return bool(username) and (recent.aggregate(all=Sum("failures"))["all"] or 0) >= FAILURES_EVERYWHERE


def locked_names(usernames):
    """Which of these names are locked somewhere."""
    now = timezone.now()
    recent = LoginFailure.objects.filter(username__in=usernames, failed_at__gt=now - LOCK)
    counts = recent.values("username").annotate(all=Sum("failures")).filter(all__gte=FAILURES_EVERYWHERE)
    return set(recent.filter(locked_until__gt=now).values_list("username", flat=True)) | {row["username"] for row in counts}


@transaction.atomic
def note_failure(username, address):
    """Count a wrong password, or a wrong token (no username) from an address; the fifth in a row locks."""
    now = timezone.now()
    row, _ = LoginFailure.objects.select_for_update().get_or_create(
        username=username[:150], address=address or NOWHERE, defaults={"failed_at": now}
    )
    row.failures = row.failures + 1 if row.failed_at > now - LOCK else 1
    row.failed_at = now
    row.locked_until = now + LOCK if row.failures >= FAILURES else None
    row.save()
    # What nobody is called is not written down: people type their password into the wrong field.
    known = User.objects.filter(username=username).first() if username else None
    name = known.username if known else ""
    audit.record("token.failure" if not username else "session.failure", by=None, username=name, succeeded=False)
    if row.locked_until:
        audit.record("session.lock", by=None, username=name, succeeded=False, until=row.locked_until.isoformat())


def forget_old_failures():
    """Wrong attempts that lock nobody any more; the audit keeps what happened."""
    return LoginFailure.objects.filter(failed_at__lt=timezone.now() - timedelta(days=1)).delete()[0]


def came_in(user):
    audit.record("session.login", by=user)


def went_out(user):
    audit.record("session.logout", by=user)


def timed_out(user):
    audit.record("session.end", by=user)


def was_denied(user, path):
    """Somebody known asked for what they may not."""
    audit.record("access.denied", by=user, subject=path, succeeded=False)


def must_change_password(user):
    """Whether nothing but a new password comes next: the present one is another's, or too old."""
    if user.must_change_password:
        return True
    days = settings.PASSWORD_DAYS
    return bool(days) and (user.password_changed_at or user.date_joined) < timezone.now() - timedelta(days=days)


@transaction.atomic
def change_password(user, password):
    """The person's own new password; every other session of theirs ends with the old one."""
    user.set_password(password)
    user.must_change_password = False
    user.password_changed_at = timezone.now()
    user.save(update_fields=["password", "must_change_password", "password_changed_at"])
    audit.record("person.password", by=user, subject=user.username)


# Whom somebody keeps


@dataclass(frozen=True)
class Reach:
    """The ids of the regions whose people somebody keeps, and of those where that includes the regions below."""

    own: frozenset[int]
    whole: frozenset[int]

    def covers(self, assignment):
        return assignment.region_id in (self.whole if assignment.includes_descendants else self.own)


def reach(by):
    """A manager's own regions; a superuser, who keeps the system, reaches all."""
    if by.is_superuser and by.is_active and getattr(by, "token", None) is None:
        everywhere = frozenset(Region.objects.values_list("pk", flat=True))
        return Reach(everywhere, everywhere)
    own = permissions.regions_of(by, Role.MANAGER)
    parents = dict(Region.objects.values_list("pk", "parent_id"))
    covering = Assignment.objects.filter(user=by, role=Role.MANAGER, includes_descendants=True)
    return Reach(frozenset(own), frozenset(own & tree.descendants(covering.values_list("region_id", flat=True), parents)))


def may_keep_people(by):
    return bool(by.is_authenticated and reach(by).own)


def people_of(by):
    """The people with a role in somebody's regions; a superuser sees all but the built-in one."""
    everyone = User.objects.exclude(username=permissions.BUNDLED)
    if by.is_superuser:
        return everyone
    return everyone.filter(pk__in=Assignment.objects.filter(region_id__in=reach(by).own).values("user_id"))


def kept_by(by):
    """Those with whom somebody may do everything: `may_keep` for many at once."""
    others = User.objects.exclude(pk=by.pk).exclude(username=permissions.BUNDLED).filter(is_superuser=False)
    if by.is_superuser:
        return others
    within = reach(by)
    elsewhere = Assignment.objects.exclude(region_id__in=within.own) | Assignment.objects.filter(
        includes_descendants=True
    ).exclude(region_id__in=within.whole)
    ordinary = others.filter(is_staff=False, user_permissions=None, groups=None)
    held = Assignment.objects.filter(region_id__in=within.own)
    return ordinary.filter(pk__in=held.values("user_id")).exclude(pk__in=elsewhere.values("user_id"))


def may_keep(user, *, by, within=None):
    """Whether somebody may do more with a person than take away roles of the own regions.

    Never oneself, and nobody who also acts elsewhere. Never whoever keeps the system: a new password for them would be a way
    to their rights.
    """
    if user.pk == by.pk or user.username == permissions.BUNDLED or user.is_superuser:
        return False
    if by.is_superuser:
        return True
    if user.is_staff or user.user_permissions.exists() or user.groups.exists():
        return False
    within = within or reach(by)
    held = list(user.assignments.all())
    return bool(held) and all(within.covers(assignment) for assignment in held)


def _insist(holds, sentence):
    if not holds:
        raise Forbidden(sentence)


def _insist_on_keeping(user, by):
    _insist(may_keep(user, by=by), "您不能更改这个账号：它是您自己的、属于系统管理人员，或者在您管理的地区之外也有角色。")


def _insist_on_giving(user, region, includes_descendants, by):
    _insist(user is None or user.pk != by.pk, "不能给自己分配或取消角色，请由另一位管理员办理。")
    within = reach(by)
    allowed = region.pk in (within.whole if includes_descendants else within.own)
    _insist(allowed, f"您不能在“{region}”{'及其下级' if includes_descendants else ''}分配角色：不在您管理的地区之内。")


@transaction.atomic
def create(username, *, full_name, region, role, includes_descendants=False, email="", by):
    """A person with a first role, and the password to hand over: it is shown once and must be changed at the first login."""
    _insist_on_giving(None, region, includes_descendants, by)
    password = first_password()
    user = User.objects.create_user(username, email=email, password=password, full_name=full_name, must_change_password=True)
    Assignment.objects.create(user=user, region=region, role=role, includes_descendants=includes_descendants)
    audit.record("person.create", by=by, subject=user.username, full_name=full_name)
    _record_role("role.give", user, region, role, includes_descendants, by)
    return user, password


def first_password():
    """Random, easy to read out, and within every policy: K7mx-4fTp-… without characters that look like others."""
    letters, digits = "abcdefghjkmnpqrstuvwxyz", "23456789"
    while True:
        groups = ["".join(secrets.choice(letters + letters.upper() + digits) for _ in range(4)) for _ in range(4)]
        text = "-".join(groups)
        if any(c.islower() for c in text) and any(c.isupper() for c in text) and any(c.isdigit() for c in text):
            return text


@transaction.atomic
def reset_password(user, *, by):
    """A new first password for somebody who lost theirs; their sessions end, their tokens wait until they chose their own."""
    _insist_on_keeping(user, by)
    password = first_password()
    user.set_password(password)
    user.must_change_password = True
    user.password_changed_at = user.sessions_ended_at = timezone.now()
    user.save(update_fields=["password", "must_change_password", "password_changed_at", "sessions_ended_at"])
    LoginFailure.objects.filter(username=user.username).delete()
    audit.record("person.reset", by=by, subject=user.username)
    return password


@transaction.atomic
def switch_off(user, *, by):
    """Nobody comes in by this account any more; what it did keeps its name."""
    _insist_on_keeping(user, by)
    user.is_active, user.sessions_ended_at = False, timezone.now()
    user.save(update_fields=["is_active", "sessions_ended_at"])
    audit.record("person.switch-off", by=by, subject=user.username)


@transaction.atomic
def switch_on(user, *, by):
    _insist_on_keeping(user, by)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record("person.switch-on", by=by, subject=user.username)


@transaction.atomic
def end_sessions(user, *, by):
    """Sign a person out everywhere; what they have typed comes along to their next login."""
    _insist_on_keeping(user, by)
    user.sessions_ended_at = timezone.now()
    user.save(update_fields=["sessions_ended_at"])
    audit.record("person.end-sessions", by=by, subject=user.username)


@transaction.atomic
def unlock(user, *, by):
    """Let a person try again at once."""
    _insist_on_keeping(user, by)
    LoginFailure.objects.filter(username=user.username).delete()
    audit.record("person.unlock", by=by, subject=user.username)


# Roles


@transaction.atomic
def give_role(user, region, role, *, includes_descendants=False, by):
    """A role in a region, perhaps with the regions below; given again, that part may change."""
    _insist_on_giving(user, region, includes_descendants, by)
    # Whoever has no role at all acts nowhere, so anybody may take them in.
    _insist(may_keep(user, by=by) or _has_no_rights(user), "这个人还在您管理的地区之外有角色，只能由上级管理员分配新的角色。")
    standing = Assignment.objects.select_for_update().filter(user=user, region=region, role=role).first()
    _insist(standing is None or reach(by).covers(standing), "这个角色含下级地区，由上级管理员分配，您不能更改。")
    assignment, made = Assignment.objects.update_or_create(
        user=user, region=region, role=role, defaults={"includes_descendants": includes_descendants}
    )
    if made or standing.includes_descendants != includes_descendants:
        _record_role("role.give", user, region, role, includes_descendants, by)
    return assignment


def _has_no_rights(user):
    ordinary = user.username != permissions.BUNDLED and not (user.is_superuser or user.is_staff)
    return ordinary and not (user.assignments.exists() or user.user_permissions.exists() or user.groups.exists())


@transaction.atomic
def take_role(assignment, *, by):
    """End a role in one of somebody's own regions."""
    _insist(assignment.user_id != by.pk, "不能给自己分配或取消角色，请由另一位管理员办理。")
    _insist(assignment.region_id in reach(by).own, f"您不能取消“{assignment.region}”的角色：不在您管理的地区之内。")
    assignment.delete()
    _record_role("role.take", assignment.user, assignment.region, assignment.role, assignment.includes_descendants, by)


def _record_role(act, user, region, role, includes_descendants, by):
    audit.record(
        act, by=by, subject=user.username, region=region.code, role=str(role), includes_descendants=includes_descendants
    )


# What the admin has written: its own rights were checked there


@transaction.atomic
def changed_by_hand(user, fields, *, by):
    """What follows from an account made (no fields named) or changed in the admin."""
    if fields is None:
        audit.record("person.create", by=by, subject=user.username, full_name=user.full_name)
        return
    if "is_active" in fields and not user.is_active:
        User.objects.filter(pk=user.pk).update(sessions_ended_at=timezone.now())
    if fields:
        rights = {name: getattr(user, name) for name in ("is_active", "is_staff", "is_superuser") if name in fields}
        audit.record("person.change", by=by, subject=user.username, fields=", ".join(fields), **rights)


@transaction.atomic
def roles_changed_by_hand(*, given, taken, by):
    for act, assignments in (("role.give", given), ("role.take", taken)):
        for one in assignments:
            _record_role(act, one.user, one.region, one.role, one.includes_descendants, by)


@transaction.atomic
def password_given_by_hand(user, *, by):
    """A password set in the admin: somebody else's must be changed at the next login."""
    now = timezone.now()
    user.password_changed_at = now
    if user.pk != by.pk:
        user.must_change_password, user.sessions_ended_at = True, now
    user.save(update_fields=["password_changed_at", "must_change_password", "sessions_ended_at"])
    audit.record("person.reset" if user.pk != by.pk else "person.password", by=by, subject=user.username)


@transaction.atomic
def unlocked_by_hand(user, *, by):
    LoginFailure.objects.filter(username=user.username).delete()
    audit.record("person.unlock", by=by, subject=user.username)


# Tokens


@transaction.atomic
def make_token(user, *, name, region=None, role="", may_write=False, days=TOKEN_DAYS, by):
    """A token of one's own and its key, which is kept nowhere: it can be shown once."""
    _insist(user.pk == by.pk, "令牌只能由本人建立。")
    _insist(1 <= days <= MOST_TOKEN_DAYS, f"令牌的期限为 1 至 {MOST_TOKEN_DAYS} 天。")
    held = permissions.regions_by_role(user)
    _insist(not role or held[Role(role)], "您没有这个角色，不能建立限于它的令牌。")
    _insist(region is None or region.pk in set().union(*held.values()), f"您在“{region}”没有角色，不能建立限于它的令牌。")
    now = timezone.now()
    _insist(valid_tokens(user).count() < MOST_TOKENS, f"有效的令牌已有 {MOST_TOKENS} 个，请先撤销不用的。")
    key = f"ip_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        user=user, name=name, prefix=key[:8], key_hash=key_hash(key), region=region, role=role, may_write=may_write,
        created_at=now, expires_at=now + timedelta(days=days),
    )  # fmt: skip
    audit.record(
        "token.make", by=by, subject=name, prefix=token.prefix, region=region.code if region else "", role=str(role),
        may_write=may_write, expires_at=token.expires_at.isoformat(),
    )  # fmt: skip
    return token, key


def key_hash(key):
    """What is kept of a key. It is random and long, so one round of SHA-256 is enough, and a lookup stays one."""
    return hashlib.sha256(key.encode()).hexdigest()


def valid_tokens(user):
    return Token.objects.filter(user=user, revoked_at=None, expires_at__gt=timezone.now())


@transaction.atomic
def revoke_token(token, *, by):
    """End a token at once: one's own, or that of somebody whom one keeps."""
    _insist(token.user_id == by.pk or may_keep(token.user, by=by), "您不能撤销这个令牌。")
    if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record("token.revoke", by=by, subject=token.name, prefix=token.prefix, whose=token.user.username)


def person_of_token(key, address):
    """The person who comes with a key, with `.token` set, which narrows what they may; Refused or Locked says why not."""
    if is_locked("", address):
        raise Locked
    token = Token.objects.select_related("user", "region").filter(key_hash=key_hash(key)).first()
    if token is None:
        note_failure("", address)
        raise Refused("这个令牌不存在，请检查是否抄写完整。")
    now = timezone.now()
    if token.revoked_at:
        raise Refused("这个令牌已经撤销，请在“我的令牌”里另建一个。")
    if token.expires_at <= now:
        raise Refused("这个令牌已经到期，请在“我的令牌”里另建一个。")
    user = token.user
    if not user.is_active:
        raise Refused("这个令牌所属的账号已停用。")
    if user.must_change_password:
        raise Refused("这个令牌所属的账号须先登录网页修改密码。")
    if is_locked(user.username, address):
        raise Locked
    if token.last_used_at is None or token.last_used_at < now - USE_NOTED_AFTER:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    user.token = token
    return user
