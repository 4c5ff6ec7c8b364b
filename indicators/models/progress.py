"""What is computed: progress, the marks of what must be computed again, findings, and the version of it all."""

from django.db import models
from django.db.models import Q

from indicators.calculation import assessment
from indicators.calculation.assessment import EXPLAINED, FIGURES
from indicators.calculation.vocabulary import Cause, Severity, Status, Subject
from indicators.models.fields import known, year_in_range
from indicators.models.plans import Indicator, Plan, PlanIndicator, Series
from regions.models import Region

_HUGE = 1e300
_MAKE_STALE = [cause.value for cause in Cause if cause.makes_stale]
LATE = [Status.BEHIND.value, Status.REVERSED.value]


class Progress(models.Model):
    """What is computed for a plan indicator and a year; may be deleted and rebuilt at any time."""

    plan_indicator = models.ForeignKey(PlanIndicator, models.CASCADE, db_index=False, related_name="progress")
    year = models.PositiveSmallIntegerField()
    # Those of the plan indicator's series again, so that an indicator's regions are read from one index. They go with the plan
    # indicator, so the database need not check them a second time.
    region = models.ForeignKey(Region, models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+")
    indicator = models.ForeignKey(Indicator, models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+")
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
        indexes = [
            # With what an indicator's page tells of its regions, so that it is read from the index alone: each row lies
            # elsewhere in the table.
            models.Index(
                fields=["indicator", "year", "region"],
                include=["plan_indicator", "actual", "required", "gap", "completion", "status", "r", "reason_letters"],
                name="progress_across_regions",
            ),
            models.Index(fields=["year", "r"], name="progress_late", condition=Q(status__in=LATE)),
        ]
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


class PlanTally(models.Model):
    """How much a plan sets for a region: counted when the plan is written, so that no page counts a nation."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    plan = models.ForeignKey(Plan, models.CASCADE, db_index=False, related_name="+")
    plan_indicators = models.PositiveIntegerField()
    in_table = models.PositiveIntegerField()  # with a number or a category; the others are goals of the plan's text
    baselines = models.PositiveIntegerField()
    targets = models.PositiveIntegerField()
    with_actuals = models.PositiveIntegerField()  # with an actual in any year of progress

    class Meta:
        verbose_name = verbose_name_plural = "规划计数"
        constraints = [models.UniqueConstraint(fields=["plan", "region"], name="plan_tally_once")]

    def __str__(self):
        return f"{self.plan} {self.region}"


class StatusCounts(models.Model):
    """How many plan indicators have a requirement in a year, and each status; one column for each of them."""

    required = models.PositiveIntegerField()  # with something required in the year
    achieved = models.PositiveIntegerField()
    on_track = models.PositiveIntegerField()
    slightly_behind = models.PositiveIntegerField()
    behind = models.PositiveIntegerField()
    reversed = models.PositiveIntegerField()
    no_path = models.PositiveIntegerField()
    no_reference = models.PositiveIntegerField()
    no_data = models.PositiveIntegerField()
    not_applicable = models.PositiveIntegerField()
    not_due = models.PositiveIntegerField()

    class Meta:
        abstract = True


class YearTally(StatusCounts):
    """Progress of a plan in a region and a year, counted by status."""

    region = models.ForeignKey(Region, models.CASCADE, db_index=False, related_name="+")
    plan = models.ForeignKey(Plan, models.CASCADE, db_index=False, related_name="+")
    year = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "年度计数"
        constraints = [
            models.UniqueConstraint(fields=["year", "region", "plan"], name="year_tally_once"),
            year_in_range("year_tally"),
        ]

    def __str__(self):
        return f"{self.plan} {self.region} {self.year}"


class YearTotal(StatusCounts):
    """All regions and plans in a year; year 0: whatever the year, with no status counted."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    regions = models.PositiveIntegerField()
    plans = models.PositiveIntegerField()
    complete = models.PositiveIntegerField()  # regions that reported all that is due, and those that reported nothing of it
    silent = models.PositiveIntegerField()
    plan_indicators = models.PositiveIntegerField()
    in_table = models.PositiveIntegerField()
    baselines = models.PositiveIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "年度合计"

    def __str__(self):
        return str(self.year)


class LeastReported(models.Model):
    """A region of those that lack most of what is due in a year."""

    year = models.PositiveSmallIntegerField()
    region = models.ForeignKey(Region, models.CASCADE, db_index=False, related_name="+")
    due = models.PositiveIntegerField()
    missing = models.PositiveIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "缺报最多的地区"
        constraints = [models.UniqueConstraint(fields=["year", "region"], name="least_reported_once")]

    def __str__(self):
        return f"{self.region} {self.year}"


class IndicatorTally(models.Model):
    """In how many regions an indicator is planned, has a baseline and is recorded, year by year; year 0: planned in any.

    A row per `part` of the regions, so that a change in one of them has only its part counted again.
    """

    indicator = models.ForeignKey(Indicator, models.CASCADE, db_index=False, related_name="+")
    part = models.PositiveSmallIntegerField()
    year = models.PositiveSmallIntegerField()
    planned = models.PositiveIntegerField()
    baselines = models.PositiveIntegerField()
    recorded = models.PositiveIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "指标计数"
        constraints = [models.UniqueConstraint(fields=["indicator", "year", "part"], name="indicator_tally_once")]
        indexes = [
            models.Index(fields=["indicator"], include=["planned"], name="indicator_tally_planned", condition=Q(year=0)),
            models.Index(fields=["indicator", "year"], include=["planned", "recorded"], name="indicator_tally_by_year"),
        ]

    def __str__(self):
        return f"{self.indicator} {self.year}"


class FindingTally(models.Model):
    """How many findings of a check a region has."""

    region = models.ForeignKey(Region, models.CASCADE, db_index=False, related_name="+")
    code = models.CharField(max_length=40)
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "提示计数"
        constraints = [models.UniqueConstraint(fields=["region", "code"], name="finding_tally_once")]

    def __str__(self):
        return f"{self.region} {self.code}"


class FindingTotal(models.Model):
    """How many findings of a check there are in all regions."""

    code = models.CharField(max_length=40, unique=True)
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "提示合计"

    def __str__(self):
        return f"{self.code}"


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
        indexes = [
            # Since when shown figures wait: asked for with every page, while the nightly marks are many.
            models.Index(fields=["marked_at"], name="stale_mark_shown", condition=Q(cause__in=_MAKE_STALE)),
        ]

    def __str__(self):
        return f"{self.series}"


class DataVersion(models.Model):
    """One row: counts every committed change of what is shown, and says whether the database holds demo data."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    structure = models.PositiveBigIntegerField(default=0)  # the number at which regions, indicators or plans last changed
    is_demo = models.BooleanField(default=False)

    class Meta:
        verbose_name = verbose_name_plural = "数据版本"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="data_version_is_one_row")]

    def __str__(self):
        return str(self.number)


class Change(models.Model):
    """What a version of the data changed, so that a mirror need not read everything again; kept for a while."""

    version = models.PositiveBigIntegerField()
    what = models.CharField(max_length=10, choices=Subject.choices())
    series = models.ForeignKey(Series, models.CASCADE, null=True, db_index=False, related_name="+")
    plan = models.ForeignKey("indicators.Plan", models.CASCADE, null=True, db_index=False, related_name="+")
    year = models.PositiveSmallIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "变更"
        indexes = [models.Index(fields=["version", "id"], name="change_by_version")]
        constraints = [known("change", "what", Subject)]

    def __str__(self):
        return f"{self.version} {self.what}"


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
        indexes = [models.Index(fields=["severity", "id"], name="quality_finding_by_severity")]
        constraints = [known("quality_finding", "severity", Severity), year_in_range("quality_finding")]

    def __str__(self):
        return self.sentence
