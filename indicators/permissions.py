"""Who may act where. Roles are per region; one may cover the regions below."""

from django.utils import timezone

from indicators.calculation.vocabulary import Level, Role
from indicators.models import YearLock
from regions import tree
from regions.models import Assignment, Region

BUNDLED = "bundled"


def regions_by_role(user):
    """{role: the ids of the regions in which a person holds it}; who comes with a token is narrowed to what it is for."""
    held = {role: set() for role in Role}
    assignments = list(Assignment.objects.filter(user=user, user__is_active=True)) if user.is_authenticated else []
    if not assignments:
        return held
    parents = dict(Region.objects.values_list("pk", "parent_id"))
    for role, regions in held.items():
        mine = [one for one in assignments if one.role == role]
        covered = tree.descendants([one.region_id for one in mine if one.includes_descendants], parents)
        regions |= {one.region_id for one in mine} | covered
    token = getattr(user, "token", None)
    if token is None:
        return held
    within = tree.descendants([token.region_id], parents) if token.region_id else set(parents)
    return {role: regions & within if token.role in ("", role) else set() for role, regions in held.items()}


def regions_of(user, role):
    """The ids of the regions in which a person holds a role."""
    return regions_by_role(user)[role]


def regions_seen(user):
    """The ids of the regions whose proposals a person may see: any role there."""
    return set().union(*regions_by_role(user).values())


def roles_of(user):
    """The roles that a person holds anywhere."""
    return set(Assignment.objects.filter(user=user, user__is_active=True).values_list("role", flat=True))


def may_enter(user, region):
    """A clerk of the region, or of one above with the regions below."""
    return region.pk in regions_of(user, Role.CLERK)


def may_review(user, entry):
    """A reviewer of the region, and never of the own entry."""
    return entry.entered_by_id != user.pk and entry.series.region_id in regions_of(user, Role.REVIEWER)


def may_manage(user, region):
    """Who keeps the region's plans and targets, locks its years and assigns its people."""
    return region.pk in regions_of(user, Role.MANAGER)


def may_define(user):
    """Who keeps the indicators, which are the same for every region: a manager of a whole province or country."""
    top = {"region__level__in": [Level.COUNTRY, Level.PROVINCE], "includes_descendants": True}
    narrowed = getattr(user, "token", None) is not None
    return user.is_authenticated and not narrowed and user.assignments.filter(role=Role.MANAGER, **top).exists()


# Locked years


def lock_of(region, year):
    """The lock that holds today, None where the year is open."""
    lock = YearLock.objects.filter(region=region, year=year).select_related("locked_by").first()
    return lock if lock and (lock.until is None or lock.until >= timezone.localdate()) else None


def lock_refusal(region, year, user):
    """The sentence that refuses a person's change in a locked year; None where there is none, or an exception for them."""
    lock = lock_of(region, year)
    if lock is None or lock.exceptions.filter(user=user, until__gte=timezone.localdate()).exists():
        return None
    return lock_sentence(year, lock.reason, lock.locked_by)


def lock_sentence(year, reason, name):
    return f"{year} 年已由“{name}”锁定（{reason}），需由其解锁后再改"
