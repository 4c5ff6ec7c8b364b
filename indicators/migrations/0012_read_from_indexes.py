"""What an indicator's page tells of regions and years is read from indexes alone."""

from django.db import migrations, models

TOLD = ("plan_indicator", "actual", "required", "gap", "completion", "status", "r", "reason_letters")


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0011_least_reported"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="progress", name="progress_across_regions"),
        migrations.AddIndex(
            model_name="progress",
            index=models.Index(fields=["indicator", "year", "region"], include=TOLD, name="progress_across_regions"),
        ),
        migrations.AddIndex(
            model_name="indicatortally",
            index=models.Index(fields=["indicator", "year"], include=("planned", "recorded"), name="indicator_tally_by_year"),
        ),
    ]
