"""Triggers that keep revisions and audit events, and the one row that counts the versions of the data."""

from django.db import migrations

from indicators.models import append_only


def _plain(schema_editor):
    """Run SQL as it stands: a % in it is no parameter."""
    return lambda sql: schema_editor.execute(sql, params=None)


def install(apps, schema_editor):
    append_only.install(_plain(schema_editor), schema_editor.connection.vendor)
    apps.get_model("indicators", "DataVersion").objects.get_or_create(id=1)


def remove(apps, schema_editor):
    append_only.remove(_plain(schema_editor), schema_editor.connection.vendor)


class Migration(migrations.Migration):
    dependencies = [("indicators", "0002_initial")]

    operations = [migrations.RunPython(install, remove)]
