"""The totals of each year over all regions, filled from what is counted already."""

from django.db import migrations, models

STATUSES = [
    "achieved", "on_track", "slightly_behind", "behind", "reversed", "no_path", "no_reference", "no_data", "not_applicable", "not_due",
]  # fmt: skip
OF_PLAN = ["plan_indicators", "in_table", "baselines"]
OF_YEAR = ["required", *STATUSES]
DUE = " + ".join(STATUSES[:-1])
FILL = f"""
    INSERT INTO indicators_yeartotal (year, regions, plans, complete, silent, {", ".join([*OF_PLAN, *OF_YEAR])})
    SELECT year, count(*), (SELECT count(DISTINCT plan_id) FROM indicators_plantally),
        count(CASE WHEN {DUE} > 0 AND no_data = 0 THEN 1 END), count(CASE WHEN {DUE} > 0 AND no_data = {DUE} THEN 1 END),
        {", ".join(f"sum({name})" for name in [*OF_PLAN, *OF_YEAR])}
    FROM (
        SELECT years.year, t.region_id, {", ".join(f"sum(t.{name}) AS {name}" for name in OF_PLAN)},
            {", ".join(f"sum(COALESCE(y.{name}, 0)) AS {name}" for name in OF_YEAR)}
        FROM indicators_plantally t
        CROSS JOIN (SELECT DISTINCT year FROM indicators_yeartally UNION SELECT 0) years
        LEFT JOIN indicators_yeartally y ON y.year = years.year AND y.region_id = t.region_id AND y.plan_id = t.plan_id
        GROUP BY years.year, t.region_id
    ) of_region
    GROUP BY year
"""
COUNTS = ["regions", "plans", "complete", "silent", *OF_PLAN, *OF_YEAR]


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0009_across_regions_and_structure"),
    ]

    operations = [
        migrations.CreateModel(
            name="YearTotal",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                *((name, models.PositiveIntegerField()) for name in COUNTS),
            ],
            options={
                "verbose_name": "年度合计",
                "verbose_name_plural": "年度合计",
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="yeartally",
            index=models.Index(fields=["year", "region"], include=("no_data",), name="year_tally_missing"),
        ),
    ]
