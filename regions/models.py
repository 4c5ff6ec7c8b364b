"""Places, the people of the system, and who may act where."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from indicators.calculation.vocabulary import Level, Role
from regions import tree


class RegionQuerySet(models.QuerySet):
    def within(self, *regions):
        """The given regions and all below them."""
        parents = dict(Region.objects.values_list("pk", "parent_id"))
        return self.filter(pk__in=tree.descendants([region.pk for region in regions], parents))


class Region(models.Model):
    """A place in the administrative tree, keyed by its GB/T 2260 code."""

    code = models.CharField("行政区划代码", max_length=6, unique=True)
    name = models.CharField("名称", max_length=100)
    level = models.CharField("级别", max_length=10, choices=Level.choices())
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级")

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "地区"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__gte="100000", code__lte="999999"), name="region_code_is_six_digits"),
            models.CheckConstraint(condition=Q(level__in=Level.values()), name="region_level_known"),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="region_not_its_own_parent"),
        ]

    def __str__(self):
        return self.name


class User(AbstractUser):
    """A person, or the built-in user `bundled` that nobody can log in as."""

    full_name = models.CharField("姓名", max_length=50, blank=True)
    must_change_password = models.BooleanField("下次登录须修改密码", default=False)

    class Meta(AbstractUser.Meta):
        verbose_name = verbose_name_plural = "用户"

    def __str__(self):
        return self.full_name or self.username


class Assignment(models.Model):
    """A role of a person in a region, perhaps with the regions below."""

    user = models.ForeignKey(User, models.CASCADE, related_name="assignments", verbose_name="用户")
    region = models.ForeignKey(Region, models.PROTECT, related_name="assignments", verbose_name="地区")
    role = models.CharField("角色", max_length=10, choices=Role.choices())
    includes_descendants = models.BooleanField("含下级地区", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "分工"
        constraints = [
            models.UniqueConstraint(fields=["user", "region", "role"], name="assignment_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values()), name="assignment_role_known"),
        ]

    def __str__(self):
        return f"{self.user} · {self.region} · {Role(self.role).label}"
