"""The only writer of year locks and of the exceptions from them: who closed a year, why, until when, and for whom not."""

from django.db import transaction
from django.utils import timezone

from indicators import audit
from indicators.models import LockException, YearLock
from indicators.outcome import Conflict, Forbidden, Inconsistent
from indicators.permissions import lock_of, may_manage
from indicators.permissions import lock_refusal as refusal

__all__ = ["end_exception", "except_from", "lock_of", "lock_year", "lock_years", "refusal", "unlock_year"]


@transaction.atomic
def lock_year(region, year, *, by, reason, until=None):
    """Close a year of a region; a lock that has run out is put again. Returns the lock."""
    _refuse_stranger(by, region)
    _refuse_unexplained(reason, "锁定")
    if until and until < timezone.localdate():
        raise Inconsistent([(0, "until", "锁定至的日期已经过去")])
    if standing := lock_of(region, year):
        raise Conflict(f"{region} {year} 年已由“{standing.locked_by}”锁定（{standing.reason}）")
    facts = {"reason": reason, "until": until, "locked_by": by, "locked_at": timezone.now()}
    lock, _ = YearLock.objects.update_or_create(region=region, year=year, defaults=facts)
    lock.exceptions.all().delete()
    audit.record("year.lock", by=by, subject=str(lock), reason=reason, until=str(until or ""))
    return lock


@transaction.atomic
def lock_years(regions, years, *, by, reason, until=None):
    """Close several at once, all or none; what is locked already stays as it is. Returns how many were closed."""
    pairs = [(region, year) for region in regions for year in years if not lock_of(region, year)]
    for region, year in pairs:
        lock_year(region, year, by=by, reason=reason, until=until)
    return len(pairs)


@transaction.atomic
def unlock_year(lock, *, by, reason):
    """Open a year again."""
    _refuse_stranger(by, lock.region)
    _refuse_unexplained(reason, "解锁")
    lock = YearLock.objects.select_for_update().filter(pk=lock.pk).first()
    if lock is None:
        raise Conflict("这一年已经解锁")
    audit.record("year.unlock", by=by, subject=str(lock), reason=reason, locked_because=lock.reason)
    lock.delete()


@transaction.atomic
def except_from(lock, user, *, by, reason, until):
    """Let a person go on in a locked year until a day. Returns the exception."""
    _refuse_stranger(by, lock.region)
    _refuse_unexplained(reason, "准许例外")
    if user.pk == by.pk:
        raise Forbidden("不能给自己例外，请由另一位管理员准许")
    if until < timezone.localdate():
        raise Inconsistent([(0, "until", "例外截止的日期已经过去")])
    facts = {"reason": reason, "until": until, "granted_by": by, "granted_at": timezone.now()}
    exception, _ = LockException.objects.update_or_create(lock=lock, user=user, defaults=facts)
    audit.record("year.except", by=by, subject=str(exception), reason=reason, until=str(until))
    return exception


@transaction.atomic
def end_exception(exception, *, by):
    """Take an exception back."""
    _refuse_stranger(by, exception.lock.region)
    audit.record("year.end-exception", by=by, subject=str(exception))
    exception.delete()


def _refuse_stranger(by, region):
    if not may_manage(by, region):
        raise Forbidden(f"“{by}”没有管理{region}的权限")


def _refuse_unexplained(reason, act):
    if not reason.strip():
        raise Inconsistent([(0, "reason", f"请写明{act}的理由")])
