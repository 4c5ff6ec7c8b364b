"""How many findings of each check there are in all regions, filled from what is counted already."""

from django.db import migrations, models

FILL = """
    INSERT INTO indicators_findingtotal (code, count) SELECT code, sum(count) FROM indicators_findingtally GROUP BY code
"""


class Migration(migrations.Migration):
    dependencies = [("indicators", "0012_read_from_indexes")]

    operations = [
        migrations.CreateModel(
            name="FindingTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True)),
                ("count", models.PositiveIntegerField()),
            ],
            options={"verbose_name": "提示合计", "verbose_name_plural": "提示合计"},
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
