"""The regions that lack most of what is due in a year, filled from what is counted already."""

from django.db import migrations, models

DUE = "achieved + on_track + slightly_behind + behind + reversed + no_path + no_reference + no_data + not_applicable"
FILL = f"""
    INSERT INTO indicators_leastreported (year, region_id, due, missing)
    SELECT year, region_id, due, missing
    FROM (
        SELECT year, region_id, sum({DUE}) AS due, sum(no_data) AS missing,
            row_number() OVER (PARTITION BY year ORDER BY sum(no_data) DESC, region_id) AS place
        FROM indicators_yeartally GROUP BY year, region_id HAVING sum(no_data) > 0
    ) ranked
    WHERE place <= 8
"""


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0010_year_totals"),
        ("regions", "0002_entry_and_api"),
    ]

    operations = [
        migrations.CreateModel(
            name="LeastReported",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("due", models.PositiveIntegerField()),
                ("missing", models.PositiveIntegerField()),
                (
                    "region",
                    models.ForeignKey(db_index=False, on_delete=models.deletion.CASCADE, related_name="+", to="regions.region"),
                ),
            ],
            options={
                "verbose_name": "缺报最多的地区",
                "verbose_name_plural": "缺报最多的地区",
                "constraints": [models.UniqueConstraint(fields=["year", "region"], name="least_reported_once")],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="yeartally", name="year_tally_missing"),
    ]
