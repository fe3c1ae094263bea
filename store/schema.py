"""Brings a database to the newest schema, and tells whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from store.engine import Database

_MIGRATING = 0x7061_7369_746F  # any number that only we lock: "pasito"
_FOLDER = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Runs all migrations that this database has not seen yet, one process after the other."""
    with database.begin() as tx:
        if not database.is_sqlite:  # SQLite has locked the whole file with the transaction
            tx.exec_driver_sql("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
        config = _config()
        config.attributes["connection"] = tx
        command.upgrade(config, "head")


def is_migrated(database: Database) -> bool:
    """Whether the database has the newest schema."""
    with database.read() as tx:
        return MigrationContext.configure(tx).get_current_revision() == newest()


def newest() -> str:
    """The name of the newest migration."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config
