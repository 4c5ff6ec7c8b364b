"""What is computed: progress, the marks of what must be computed again, findings, and the version of it all."""

from django.db import models
from django.db.models import Q

from indicators.calculation import assessment
from indicators.calculation.assessment import EXPLAINED, FIGURES
from indicators.calculation.vocabulary import Cause, Severity, Status
from indicators.models.fields import known, year_in_range
from indicators.models.plans import PlanIndicator, Series

_HUGE = 1e300


class Progress(models.Model):
    """What is computed for a plan indicator and a year; may be deleted and rebuilt at any time."""

    plan_indicator = models.ForeignKey(PlanIndicator, models.CASCADE, db_index=False, related_name="progress")
    year = models.PositiveSmallIntegerField()
    actual = models.FloatField(null=True)
    required = models.FloatField(null=True)
    met = models.BooleanField(null=True)
    gap = models.FloatField(null=True)
    gap_final = models.FloatField(null=True)
    attainment = models.FloatField(null=True)
    attainment_final = models.FloatField(null=True)
    completion = models.FloatField(null=True)
    elapsed = models.FloatField(null=True)
    yoy = models.FloatField(null=True)
    growth_since_baseline = models.FloatField(null=True)
    cagr = models.FloatField(null=True)
    planned_growth = models.FloatField(null=True)
    planned_cagr = models.FloatField(null=True)
    required_cagr = models.FloatField(null=True)
    trend_ratio = models.FloatField(null=True)
    expected = models.FloatField(null=True)
    projection_cagr = models.FloatField(null=True)
    projection_linear = models.FloatField(null=True)
    r = models.FloatField(null=True)
    status = models.CharField(max_length=20, choices=Status.choices())
    reason_letters = models.CharField(max_length=len(EXPLAINED))
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "进展"
        constraints = [
            models.UniqueConstraint(fields=["plan_indicator", "year"], name="progress_once"),
            known("progress", "status", Status),
            year_in_range("progress"),
            models.CheckConstraint(
                condition=Q(
                    *(Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": -_HUGE, f"{name}__lte": _HUGE}) for name in FIGURES)
                ),
                name="progress_figures_finite",
            ),
        ]

    def __str__(self):
        return f"{self.plan_indicator} {self.year}"

    @property
    def reasons(self):
        """{figure: code of the reason why it is empty}."""
        return assessment.reasons(self.reason_letters)


class StaleMark(models.Model):
    """A series changed and its progress was not computed again yet.

    Every write adds a mark of its own. A refresh deletes the marks it sees in the same transaction in which it reads and
    writes, so a mark that comes meanwhile stays, and a refresh that is killed leaves all of them.
    """

    series = models.ForeignKey(Series, models.CASCADE, related_name="stale_marks")
    cause = models.CharField(max_length=10, choices=Cause.choices())
    marked_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "待重算标记"
        constraints = [known("stale_mark", "cause", Cause)]

    def __str__(self):
        return f"{self.series}"


class DataVersion(models.Model):
    """One row: counts every committed change of what is shown, and says whether the database holds demo data."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    is_demo = models.BooleanField(default=False)

    class Meta:
        verbose_name = verbose_name_plural = "数据版本"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="data_version_is_one_row")]

    def __str__(self):
        return str(self.number)


class QualityFinding(models.Model):
    """Something odd in the published or entered numbers, with its evidence."""

    series = models.ForeignKey(Series, models.CASCADE, related_name="findings")
    plan_indicator = models.ForeignKey(PlanIndicator, models.CASCADE, null=True, related_name="findings")
    year = models.PositiveSmallIntegerField(null=True)
    code = models.CharField(max_length=40)
    severity = models.CharField(max_length=10, choices=Severity.choices())
    sentence = models.TextField()
    evidence = models.JSONField(default=dict)
    found_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "数据质量提示"
        constraints = [known("quality_finding", "severity", Severity), year_in_range("quality_finding")]

    def __str__(self):
        return self.sentence
