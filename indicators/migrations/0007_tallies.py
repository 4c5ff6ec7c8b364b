"""Progress knows its region and indicator, and what pages would count stands in tables; all filled from what is there."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
    UPDATE indicators_progress SET
        region_id = (SELECT s.region_id FROM indicators_planindicator p JOIN indicators_series s ON s.id = p.series_id
            WHERE p.id = plan_indicator_id),
        indicator_id = (SELECT s.indicator_id FROM indicators_planindicator p JOIN indicators_series s ON s.id = p.series_id
            WHERE p.id = plan_indicator_id)
"""
STATUSES = [
    "achieved", "on_track", "slightly_behind", "behind", "reversed", "no_path", "no_reference", "no_data", "not_applicable", "not_due",
]  # fmt: skip
BY_STATUS = ", ".join(f"count(CASE WHEN g.status = '{status}' THEN 1 END)" for status in STATUSES)
YEARS = ", ".join(f"({year})" for year in range(1949, 2101))
COUNT = [
    """
    INSERT INTO indicators_plantally (region_id, plan_id, plan_indicators, in_table, baselines, targets, with_actuals)
    SELECT s.region_id, p.plan_id, count(*), count(CASE WHEN p.number <> '' OR p.category <> '' THEN 1 END),
        count(p.baseline_value),
        CAST(sum((SELECT count(*) FROM indicators_target t WHERE t.plan_indicator_id = p.id)) AS bigint),
        count(CASE WHEN EXISTS (
            SELECT 1 FROM indicators_progress g WHERE g.plan_indicator_id = p.id AND g.actual IS NOT NULL) THEN 1 END)
    FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id GROUP BY s.region_id, p.plan_id
    """,
    f"""
    INSERT INTO indicators_yeartally (region_id, plan_id, year, required, {", ".join(STATUSES)})
    SELECT s.region_id, p.plan_id, g.year, count(g.required), {BY_STATUS}
    FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id
    JOIN indicators_progress g ON g.plan_indicator_id = p.id GROUP BY s.region_id, p.plan_id, g.year
    """,
    f"""
    INSERT INTO indicators_indicatortally (indicator_id, part, year, planned, baselines, recorded)
        SELECT indicator_id, part, year, sum(planned), sum(baselines), sum(recorded)
        FROM (
            SELECT o.indicator_id, o.part, y.column1 AS year, o.count AS planned, 0 AS baselines, 0 AS recorded
            FROM (
                SELECT s.indicator_id, s.region_id / 64 AS part, p.plan_id, count(*) AS count
                FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id
                GROUP BY s.indicator_id, s.region_id / 64, p.plan_id
            ) o
            JOIN indicators_plan q ON q.id = o.plan_id
            JOIN (VALUES {YEARS}) y ON y.column1 BETWEEN q.first_year AND q.last_year
            UNION ALL
            SELECT s.indicator_id, s.region_id / 64, 0, count(DISTINCT s.id), 0, 0
            FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id
            GROUP BY s.indicator_id, s.region_id / 64
            UNION ALL
            SELECT s.indicator_id, s.region_id / 64, p.baseline_year, 0, count(*), 0
            FROM indicators_series s JOIN indicators_planindicator p ON p.series_id = s.id
            WHERE p.baseline_year IS NOT NULL
            GROUP BY s.indicator_id, s.region_id / 64, p.baseline_year
            UNION ALL
            SELECT s.indicator_id, s.region_id / 64, a.year, 0, 0, count(*)
            FROM indicators_series s JOIN indicators_actual a ON a.series_id = s.id
            WHERE a.value IS NOT NULL
            GROUP BY s.indicator_id, s.region_id / 64, a.year
        ) counted
        GROUP BY indicator_id, part, year
    """,
    """
    INSERT INTO indicators_findingtally (region_id, code, count)
    SELECT s.region_id, f.code, count(*) FROM indicators_series s JOIN indicators_qualityfinding f ON f.series_id = s.id
    GROUP BY s.region_id, f.code
    """,
]


def run(*statements):
    def forwards(apps, schema_editor):
        for statement in statements:
            schema_editor.execute(statement)

    return migrations.RunPython(forwards, migrations.RunPython.noop)


def settle(apps, schema_editor):
    """PostgreSQL changes no table on which checks of foreign keys are still waiting."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def place(model, **options):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=model,
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0006_revision_says_its_source"),
        ("regions", "0002_entry_and_api"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plan_indicators", models.PositiveIntegerField()),
                ("in_table", models.PositiveIntegerField()),
                ("baselines", models.PositiveIntegerField()),
                ("targets", models.PositiveIntegerField()),
                ("with_actuals", models.PositiveIntegerField()),
                (
                    "plan",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="indicators.plan"
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="regions.region"),
                ),
            ],
            options={"verbose_name": "规划计数", "verbose_name_plural": "规划计数"},
        ),
        migrations.CreateModel(
            name="YearTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("required", models.PositiveIntegerField()),
                *((status, models.PositiveIntegerField()) for status in STATUSES),
                (
                    "plan",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="indicators.plan"
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="regions.region"
                    ),
                ),
            ],
            options={"verbose_name": "年度计数", "verbose_name_plural": "年度计数"},
        ),
        migrations.CreateModel(
            name="IndicatorTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("part", models.PositiveSmallIntegerField()),
                ("year", models.PositiveSmallIntegerField()),
                ("planned", models.PositiveIntegerField()),
                ("baselines", models.PositiveIntegerField()),
                ("recorded", models.PositiveIntegerField()),
                (
                    "indicator",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="indicators.indicator"
                    ),
                ),
            ],
            options={"verbose_name": "指标计数", "verbose_name_plural": "指标计数"},
        ),
        migrations.CreateModel(
            name="FindingTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40)),
                ("count", models.PositiveIntegerField()),
                (
                    "region",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="regions.region"
                    ),
                ),
            ],
            options={"verbose_name": "提示计数", "verbose_name_plural": "提示计数"},
        ),
        migrations.AddConstraint(
            model_name="plantally",
            constraint=models.UniqueConstraint(fields=("plan", "region"), name="plan_tally_once"),
        ),
        migrations.AddConstraint(
            model_name="yeartally",
            constraint=models.UniqueConstraint(fields=("year", "region", "plan"), name="year_tally_once"),
        ),
        migrations.AddConstraint(
            model_name="yeartally",
            constraint=models.CheckConstraint(
                condition=models.Q(("year__isnull", True), models.Q(("year__gte", 1949), ("year__lte", 2100)), _connector="OR"),
                name="year_tally_year_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="indicatortally",
            constraint=models.UniqueConstraint(fields=("indicator", "year", "part"), name="indicator_tally_once"),
        ),
        migrations.AddConstraint(
            model_name="findingtally",
            constraint=models.UniqueConstraint(fields=("region", "code"), name="finding_tally_once"),
        ),
        migrations.AddField(model_name="progress", name="region", field=place("regions.region", null=True)),
        migrations.AddField(model_name="progress", name="indicator", field=place("indicators.indicator", null=True)),
        run(FILL, *COUNT),
        migrations.RunPython(settle, settle),
        migrations.AlterField(model_name="progress", name="region", field=place("regions.region")),
        migrations.AlterField(model_name="progress", name="indicator", field=place("indicators.indicator")),
        migrations.AddIndex(
            model_name="planindicator",
            index=models.Index(fields=["name", "id"], name="plan_indicator_by_name"),
        ),
        migrations.AddIndex(
            model_name="planindicator",
            index=models.Index(fields=["position", "id"], name="plan_indicator_by_position"),
        ),
        migrations.AddIndex(
            model_name="progress",
            index=models.Index(fields=["indicator", "year", "region"], name="progress_by_indicator"),
        ),
        migrations.AddIndex(
            model_name="progress",
            index=models.Index(
                condition=models.Q(("status__in", ["behind", "reversed"])), fields=["year", "r"], name="progress_late"
            ),
        ),
        migrations.AddIndex(
            model_name="qualityfinding",
            index=models.Index(fields=["severity", "id"], name="quality_finding_by_severity"),
        ),
    ]
