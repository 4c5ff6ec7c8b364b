"""Figures of a year and how they came to be: actuals, entries, interim figures, statements, revisions, locks."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from indicators.calculation.vocabulary import About, Act, EntryState, Through
from indicators.models.fields import figure, finite, known, year_in_range
from indicators.models.plans import Plan, Series


def _value_or_not_applicable(table):
    """A row says a number or 不适用, never both and never neither: no row is 未填报."""
    return models.CheckConstraint(
        condition=Q(value__isnull=False, not_applicable=False) | Q(value__isnull=True, not_applicable=True),
        name=f"{table}_value_or_not_applicable",
    )


class ActualQuerySet(models.QuerySet):
    def within(self, region):
        """Of a region and all below it."""
        return self.filter(series__region__in=type(region).objects.within(region))


class Actual(models.Model):
    """The approved value of a series for a whole year, in the base unit, or 不适用."""

    series = models.ForeignKey(Series, models.PROTECT, db_index=False, related_name="actuals", verbose_name="序列")
    year = models.PositiveSmallIntegerField("年份")
    value = figure("数值", null=True)
    not_applicable = models.BooleanField("不适用", default=False)
    source = models.CharField("来源", max_length=300, blank=True)
    source_url = models.URLField("来源网址", max_length=500, blank=True)
    note = models.TextField("备注", blank=True)
    version = models.PositiveIntegerField("版本", default=1)
    approved_at = models.DateTimeField("生效时间")

    objects = ActualQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "实际值"
        constraints = [
            models.UniqueConstraint(fields=["series", "year"], name="actual_once"),
            year_in_range("actual"),
            _value_or_not_applicable("actual"),
            *finite("value", table="actual"),
        ]

    def __str__(self):
        return f"{self.series} {self.year}"


class Entry(models.Model):
    """What a clerk proposes for a series and year; approving moves it into the actual and removes it here."""

    series = models.ForeignKey(Series, models.PROTECT, db_index=False, related_name="entries", verbose_name="序列")
    year = models.PositiveSmallIntegerField("年份")
    value = figure("数值", null=True)
    not_applicable = models.BooleanField("不适用", default=False)
    as_typed = models.CharField("原样输入", max_length=60, blank=True)
    source = models.CharField("来源", max_length=300, blank=True)
    source_url = models.URLField("来源网址", max_length=500, blank=True)
    note = models.TextField("备注", blank=True)
    state = models.CharField("状态", max_length=10, choices=EntryState.choices())
    version = models.PositiveIntegerField("版本", default=1)
    seen_version = models.PositiveIntegerField("填报时所见实际值版本", default=0)
    clears = models.BooleanField("清除已有数值", default=False)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="entries", verbose_name="填报人")
    entered_at = models.DateTimeField("填报时间")
    returned_because = models.CharField("退回理由", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "填报"
        constraints = [
            models.UniqueConstraint(fields=["series", "year"], name="entry_once"),
            year_in_range("entry"),
            known("entry", "state", EntryState),
            models.CheckConstraint(
                condition=Q(state=EntryState.DRAFT.value)
                | Q(value__isnull=False, not_applicable=False, clears=False)
                | Q(value__isnull=True, not_applicable=True, clears=False)
                | Q(value__isnull=True, not_applicable=False, clears=True),
                name="entry_value_or_not_applicable",
            ),
            *finite("value", table="entry"),
        ]

    def __str__(self):
        return f"{self.series} {self.year}"


class Interim(models.Model):
    """A published value for a period that is not the whole year; never used as the year's value."""

    series = models.ForeignKey(Series, models.PROTECT, db_index=False, related_name="interims", verbose_name="序列")
    year = models.PositiveSmallIntegerField("年份")
    period_start = models.DateField("期初")
    period_end = models.DateField("期末")
    is_latest_possible_day = models.BooleanField("日期为“不晚于”", default=False)
    value = figure("数值")
    source = models.CharField("来源", max_length=300)
    source_url = models.URLField("来源网址", max_length=500, blank=True)
    note = models.TextField("备注", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "期中数"
        constraints = [
            models.UniqueConstraint(fields=["series", "period_start", "period_end"], name="interim_once"),
            models.CheckConstraint(condition=Q(period_start__lte=F("period_end")), name="interim_period_ordered"),
            year_in_range("interim"),
            *finite("value", table="interim"),
        ]

    def __str__(self):
        return f"{self.series} {self.period_start}–{self.period_end}"


class Statement(models.Model):
    """What another passage or source says of a series and year: shown beside the figure, never computed with.

    Value and upper are in `unit`, as the passage gives them, which need not be the indicator's.
    """

    series = models.ForeignKey(Series, models.PROTECT, related_name="statements", verbose_name="序列")
    year = models.PositiveSmallIntegerField("年份")
    about = models.CharField("所述", max_length=20, choices=About.choices())
    since_year = models.PositiveSmallIntegerField("起算年", null=True, blank=True)
    value = figure("数值", null=True, blank=True)
    upper = figure("上限", null=True, blank=True)
    unit = models.CharField("单位", max_length=20)
    printed = models.CharField("原文写法", max_length=60)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="statements", verbose_name="规划")
    source = models.CharField("来源", max_length=300)
    source_url = models.URLField("来源网址", max_length=500, blank=True)
    locator = models.CharField("出处", max_length=200, blank=True)
    note = models.TextField("说明", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "另一说法"
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "about", "printed", "source", "locator"], name="statement_once"),
            known("statement", "about", About),
            models.CheckConstraint(
                condition=Q(since_year__isnull=True) | Q(since_year__lt=F("year")), name="statement_since_before_year"
            ),
            year_in_range("statement"),
            *finite("value", "upper", table="statement"),
        ]

    def __str__(self):
        return f"{self.series} {self.year}：{self.printed}"


class Revision(models.Model):
    """One change of a series' figure: who, when, from, to, why, through what. Never changed, never removed."""

    series = models.ForeignKey(Series, models.PROTECT, db_index=False, related_name="revisions", verbose_name="序列")
    year = models.PositiveSmallIntegerField("年份")
    act = models.CharField("动作", max_length=10, choices=Act.choices())
    through = models.CharField("途径", max_length=10, choices=Through.choices())
    old_value = figure("原值", null=True)
    old_not_applicable = models.BooleanField("原为不适用", default=False)
    new_value = figure("新值", null=True)
    new_not_applicable = models.BooleanField("改为不适用", default=False)
    source = models.CharField("来源", max_length=300, blank=True)
    source_url = models.URLField("来源网址", max_length=500, blank=True)
    note = models.TextField("备注", blank=True)
    version = models.PositiveIntegerField("版本")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="revisions", verbose_name="操作人"
    )
    at = models.DateTimeField("时间")
    reason = models.CharField("理由", max_length=300, blank=True)
    job = models.ForeignKey("Job", models.PROTECT, null=True, db_index=False, related_name="revisions", verbose_name="批次")

    class Meta:
        verbose_name = verbose_name_plural = "修订记录"
        indexes = [
            models.Index(fields=["series", "year", "id"], name="revision_by_series"),
            models.Index(fields=["by", "id"], name="revision_by_person"),
            models.Index(fields=["job"], name="revision_by_job", condition=Q(job__isnull=False)),
            # Where a figure was taken away its next version goes on from there; few enough to be read whole.
            models.Index(
                fields=["series", "year", "version"],
                name="revision_emptied",
                condition=Q(act__in=[Act.CLEAR.value, Act.WITHDRAW.value], new_value__isnull=True, new_not_applicable=False),
            ),
        ]
        constraints = [
            known("revision", "act", Act),
            known("revision", "through", Through),
            year_in_range("revision"),
            *finite("old_value", "new_value", table="revision"),
        ]

    def __str__(self):
        return f"{self.series} {self.year} v{self.version}"


class YearLock(models.Model):
    """A year of a region that takes no change, and who closed it, why, and until when."""

    region = models.ForeignKey("regions.Region", models.PROTECT, db_index=False, related_name="locks", verbose_name="地区")
    year = models.PositiveSmallIntegerField("年份")
    reason = models.CharField("理由", max_length=300)
    until = models.DateField("锁定至", null=True, blank=True)
    locked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="锁定人")
    locked_at = models.DateTimeField("锁定时间")

    class Meta:
        verbose_name = verbose_name_plural = "年度锁定"
        constraints = [
            models.UniqueConstraint(fields=["region", "year"], name="year_lock_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="year_lock_reason_stated"),
            year_in_range("year_lock"),
        ]

    def __str__(self):
        return f"{self.region} {self.year}"


class LockException(models.Model):
    """Somebody who may go on in a locked year, and who allowed it, why and until when."""

    lock = models.ForeignKey(YearLock, models.CASCADE, related_name="exceptions", verbose_name="锁定")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="用户")
    reason = models.CharField("理由", max_length=300)
    until = models.DateField("至")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="准许人")
    granted_at = models.DateTimeField("准许时间")

    class Meta:
        verbose_name = verbose_name_plural = "锁定的例外"
        constraints = [
            models.UniqueConstraint(fields=["lock", "user"], name="lock_exception_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="lock_exception_reason_stated"),
        ]

    def __str__(self):
        return f"{self.lock} · {self.user}"


class Evidence(models.Model):
    """A file that shows where a figure comes from, such as the stamped scan; seen by its region's people only."""

    series = models.ForeignKey(Series, models.PROTECT, related_name="evidence", verbose_name="序列")
    year = models.PositiveSmallIntegerField("年份")
    name = models.CharField("文件名", max_length=200)
    stored_as = models.CharField("存放名", max_length=100, unique=True)
    content_type = models.CharField("类型", max_length=100)
    size = models.PositiveIntegerField("字节")
    sha256 = models.CharField("摘要", max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间")
    removed_at = models.DateTimeField("移除时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "凭证"
        constraints = [year_in_range("evidence")]

    def __str__(self):
        return self.name
