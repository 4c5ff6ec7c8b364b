"""Who may act where. Roles are per region; one may cover the regions below."""

from indicators.calculation.vocabulary import Role
from regions import tree
from regions.models import Assignment, Region

BUNDLED = "bundled"


def regions_of(user, role):
    """The ids of the regions in which a person holds a role."""
    parents = dict(Region.objects.values_list("pk", "parent_id"))
    assignments = Assignment.objects.filter(user=user, role=role, user__is_active=True)
    own = set(assignments.values_list("region_id", flat=True))
    covering = assignments.filter(includes_descendants=True).values_list("region_id", flat=True)
    return own | tree.descendants(covering, parents)


def may_enter(user, region):
    """A clerk of the region, or of one above with the regions below."""
    return region.pk in regions_of(user, Role.CLERK)


def may_review(user, entry):
    """A reviewer of the region, and never of the own entry."""
    return entry.entered_by_id != user.pk and entry.series.region_id in regions_of(user, Role.REVIEWER)
