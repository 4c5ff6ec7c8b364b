"""What plans ask for: indicators, the series they are measured by, targets, and where each stands in its document."""

from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from indicators.calculation.vocabulary import BOUNDS, Dimension, Direction, Measure, Nature, TargetKind
from indicators.models.fields import figure, finite, known, year_in_range


class Plan(models.Model):
    """A published document that sets targets; what it does not state is null."""

    slug = models.SlugField("标识", max_length=60, unique=True)
    title = models.CharField("标题", max_length=200)
    document_number = models.CharField("文号", max_length=100, null=True, blank=True)
    issued_by = models.CharField("发文机关", max_length=200, null=True, blank=True)
    issued_on = models.DateField("成文日期", null=True, blank=True)
    region = models.ForeignKey("regions.Region", models.PROTECT, related_name="plans", verbose_name="发文地区")
    first_year = models.PositiveSmallIntegerField("起始年")
    last_year = models.PositiveSmallIntegerField("终止年")
    period_assumed = models.CharField("规划期系推定，理由", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "规划"
        ordering = ["region__code", "slug"]
        constraints = [
            year_in_range("plan", "first_year"),
            year_in_range("plan", "last_year"),
            models.CheckConstraint(condition=Q(first_year__lte=F("last_year")), name="plan_first_year_before_last"),
        ]

    def __str__(self):
        return self.title


class Indicator(models.Model):
    """One measurable thing, defined once for every region."""

    code = models.SlugField("代码", max_length=60, unique=True)
    name = models.CharField("名称", max_length=100)
    unit = models.CharField("基本单位", max_length=20)
    dimension = models.CharField("维度", max_length=10, choices=Dimension.choices())
    measure = models.CharField("口径", max_length=12, choices=Measure.choices())
    direction = models.CharField("方向", max_length=10, choices=Direction.choices())
    decimals = models.PositiveSmallIntegerField("显示小数位", default=0)
    same_subject = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="counted_otherwise", verbose_name="同一事项的另一口径"
    )
    definition = models.TextField("定义与口径说明", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "指标"
        ordering = ["code"]
        constraints = [
            known("indicator", "dimension", Dimension),
            known("indicator", "measure", Measure),
            known("indicator", "direction", Direction),
            models.CheckConstraint(condition=Q(decimals__lte=6), name="indicator_decimals_at_most_six"),
            models.CheckConstraint(condition=~Q(unit=""), name="indicator_unit_stated"),
        ]

    def __str__(self):
        return self.name


class Series(models.Model):
    """An indicator in a region: what actuals and plan indicators hang on."""

    region = models.ForeignKey("regions.Region", models.PROTECT, db_index=False, related_name="series", verbose_name="地区")
    indicator = models.ForeignKey(Indicator, models.PROTECT, db_index=False, related_name="series", verbose_name="指标")

    class Meta:
        verbose_name = verbose_name_plural = "序列"
        constraints = [models.UniqueConstraint(fields=["region", "indicator"], name="series_once")]
        indexes = [models.Index(fields=["indicator", "region"], name="series_by_indicator")]

    def __str__(self):
        return f"{self.region} · {self.indicator}"


class PlanIndicator(models.Model):
    """A series as one plan prints it. The baseline is in the indicator's base unit, the printed growth a fraction."""

    plan = models.ForeignKey(Plan, models.PROTECT, db_index=False, related_name="plan_indicators", verbose_name="规划")
    series = models.ForeignKey(Series, models.PROTECT, related_name="plan_indicators", verbose_name="序列")
    position = models.PositiveIntegerField("次序")
    number = models.CharField("序号", max_length=20, blank=True)
    name = models.CharField("规划用语", max_length=100)
    unit = models.CharField("规划所用单位", max_length=20)
    category = models.CharField("规划所列类别", max_length=50, blank=True)
    nature = models.CharField("属性", max_length=10, blank=True, choices=Nature.choices())
    baseline_year = models.PositiveSmallIntegerField("基期年", null=True, blank=True)
    baseline_value = figure("基期值", null=True, blank=True)
    baseline_locator = models.CharField("基期出处", max_length=200, blank=True)
    printed_growth = models.DecimalField("所印增幅", max_digits=12, decimal_places=6, null=True, blank=True)
    responsible = models.CharField("责任单位", max_length=300, blank=True)
    note = models.TextField("说明", blank=True)
    locator = models.CharField("出处", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "规划指标"
        ordering = ["plan", "position"]
        indexes = [
            models.Index(fields=["name", "id"], name="plan_indicator_by_name"),
            models.Index(fields=["position", "id"], name="plan_indicator_by_position"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["plan", "series"], name="plan_indicator_once"),
            known("plan_indicator", "nature", Nature, blank=True),
            models.CheckConstraint(
                condition=Q(baseline_year__isnull=True, baseline_value__isnull=True)
                | Q(baseline_year__isnull=False, baseline_value__isnull=False),
                name="plan_indicator_baseline_whole",
            ),
            year_in_range("plan_indicator", "baseline_year"),
            *finite("baseline_value", "printed_growth", table="plan_indicator"),
        ]

    def __str__(self):
        return self.name


def _bounds_stated(kind):
    """Exactly the bounds that belong to the kind are there."""
    stated = BOUNDS[kind]
    return Q(kind=kind.value, **{f"{name}__isnull": name not in stated for name in ("lower", "upper", "reference_region")})


class Target(models.Model):
    """What a plan indicator must reach in a year. Bounds are in the base unit; those of growth kinds are fractions."""

    plan_indicator = models.ForeignKey(
        PlanIndicator, models.CASCADE, db_index=False, related_name="targets", verbose_name="规划指标"
    )
    year = models.PositiveSmallIntegerField("年份")
    kind = models.CharField("类型", max_length=20, choices=TargetKind.choices())
    lower = figure("下限", null=True, blank=True)
    upper = figure("上限", null=True, blank=True)
    reference_region = models.ForeignKey(
        "regions.Region", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="对照地区"
    )
    locator = models.CharField("出处", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "目标"
        ordering = ["plan_indicator", "year"]
        constraints = [
            models.UniqueConstraint(fields=["plan_indicator", "year"], name="target_once"),
            year_in_range("target"),
            models.CheckConstraint(condition=reduce(or_, map(_bounds_stated, TargetKind)), name="target_bounds_fit_kind"),
            models.CheckConstraint(
                condition=Q(lower__lte=F("upper")) | Q(upper__isnull=True) | Q(lower__isnull=True), name="target_range_ordered"
            ),
            *finite("lower", "upper", table="target"),
        ]

    def __str__(self):
        return f"{self.plan_indicator} {self.year}"

    @property
    def reference(self):
        """The name of the region it is held against, if there is one."""
        return self.reference_region and self.reference_region.name


class Amendment(models.Model):
    """A target that was changed after the plan was issued: what it was, what it became, and by which document."""

    plan_indicator = models.ForeignKey(PlanIndicator, models.PROTECT, related_name="amendments", verbose_name="规划指标")
    year = models.PositiveSmallIntegerField("年份")
    old_kind = models.CharField("原类型", max_length=20, blank=True, choices=TargetKind.choices())
    old_lower = figure("原下限", null=True, blank=True)
    old_upper = figure("原上限", null=True, blank=True)
    new_kind = models.CharField("新类型", max_length=20, blank=True, choices=TargetKind.choices())
    new_lower = figure("新下限", null=True, blank=True)
    new_upper = figure("新上限", null=True, blank=True)
    document_number = models.CharField("调整文号", max_length=100)
    issued_on = models.DateField("调整日期", null=True, blank=True)
    reason = models.CharField("说明", max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "目标调整"
        ordering = ["pk"]
        constraints = [
            year_in_range("amendment"),
            known("amendment", "old_kind", TargetKind, blank=True),
            known("amendment", "new_kind", TargetKind, blank=True),
            models.CheckConstraint(condition=~Q(document_number=""), name="amendment_document_stated"),
            *finite("old_lower", "old_upper", "new_lower", "new_upper", table="amendment"),
        ]

    def __str__(self):
        return f"{self.plan_indicator} {self.year}"
