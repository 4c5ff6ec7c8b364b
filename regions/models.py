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
    password_changed_at = models.DateTimeField("密码修改时间", null=True, blank=True, editable=False)
    sessions_ended_at = models.DateTimeField("会话结束时间", null=True, blank=True, editable=False)

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


class Token(models.Model):
    """What a program writes with in a person's name; only its hash is kept, so it can be shown once and never again.

    It may do what the person may, narrowed to a region (and those below) and a role where these are stated.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens", verbose_name="用户")
    name = models.CharField("用途", max_length=100)
    prefix = models.CharField("前几位", max_length=8)
    key_hash = models.CharField("摘要", max_length=64, unique=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="限于地区")
    role = models.CharField("限于角色", max_length=10, blank=True, choices=Role.choices())
    may_write = models.BooleanField("可写", default=False)
    created_at = models.DateTimeField("建立时间")
    expires_at = models.DateTimeField("到期时间")
    last_used_at = models.DateTimeField("最近使用", null=True)
    revoked_at = models.DateTimeField("撤销时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "令牌"
        constraints = [
            models.CheckConstraint(condition=Q(role__in=[*Role.values(), ""]), name="token_role_known"),
            models.CheckConstraint(condition=~Q(name=""), name="token_named"),
        ]

    def __str__(self):
        return f"{self.user} · {self.name}"


class LoginFailure(models.Model):
    """Wrong passwords (or tokens) in a row, by what was tried and from where; enough of them lock the door for a while."""

    username = models.CharField("用户名", max_length=150)
    address = models.GenericIPAddressField("地址")
    failures = models.PositiveSmallIntegerField("次数", default=0)
    failed_at = models.DateTimeField("最近一次")
    locked_until = models.DateTimeField("锁定至", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "登录失败"
        constraints = [models.UniqueConstraint(fields=["username", "address"], name="login_failure_once")]

    def __str__(self):
        return f"{self.username} {self.address}"
