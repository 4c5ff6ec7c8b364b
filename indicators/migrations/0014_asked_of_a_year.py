"""A year's targets are counted as they are stated: also those whose number cannot be told, or not yet."""

from django.db import migrations

# The second letter of a row says why it has no number that is required: d stands for a year without a target.
OF_REGIONS = """
    UPDATE indicators_yeartally SET required = (
        SELECT count(*)
        FROM indicators_series s
        JOIN indicators_planindicator p ON p.series_id = s.id
        JOIN indicators_progress g ON g.plan_indicator_id = p.id
        WHERE s.region_id = indicators_yeartally.region_id AND p.plan_id = indicators_yeartally.plan_id
            AND g.year = indicators_yeartally.year AND substr(g.reason_letters, 2, 1) <> 'd'
    )
"""
OF_ALL = """
    UPDATE indicators_yeartotal SET required = (
        SELECT COALESCE(sum(y.required), 0) FROM indicators_yeartally y WHERE y.year = indicators_yeartotal.year
    )
"""


class Migration(migrations.Migration):
    dependencies = [("indicators", "0013_finding_totals")]

    operations = [
        migrations.RunSQL(OF_REGIONS, migrations.RunSQL.noop),
        migrations.RunSQL(OF_ALL, migrations.RunSQL.noop),
    ]
