"""Tables that only grow: triggers that refuse UPDATE and DELETE (on PostgreSQL TRUNCATE too), whoever asks."""

TABLES = ("indicators_revision", "indicators_auditevent")


def install(execute, vendor):
    """Create the triggers by running SQL through `execute`."""
    if vendor == "postgresql":
        execute(
            """
            CREATE OR REPLACE FUNCTION ipdash_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
            END $$
            """
        )
    for table in TABLES:
        if vendor == "postgresql":
            execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION ipdash_append_only()"
            )
        else:
            for verb in ("UPDATE", "DELETE"):
                execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} only grows: {verb} is refused'); END"
                )


def remove(execute, vendor):
    """Drop the triggers: when the tables are taken down, and in tests between two databases' worth of rows."""
    for table in TABLES:
        if vendor == "postgresql":
            execute(f"DROP TRIGGER {table}_append_only ON {table}")
        else:
            for verb in ("UPDATE", "DELETE"):
                execute(f"DROP TRIGGER {table}_no_{verb.lower()}")
