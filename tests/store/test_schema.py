"""The tables, what is declared beside them, and how a database comes to have them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from store import tables as t
from store.engine import DatabaseRefusedError, open_database, refuse_old_sqlite
from store.schema import is_migrated, migrate

TABLES = t.metadata.sorted_tables
OF_PERSONS = {"person_id", "conversation_id", "business_id"}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path, secret):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    database = open_database(url, secret=secret)
    yield database
    database.close()


def test_the_migrations_make_exactly_the_declared_tables(empty):
    assert not is_migrated(empty)
    migrate(empty)
    assert is_migrated(empty)
    with empty.begin() as tx:
        assert compare_metadata(MigrationContext.configure(tx), t.metadata) == []
        assert _indexes(tx) == _declared_indexes(tx)


def _indexes(tx):
    """The indexes as the database itself describes them: a comparison of ours would pass over conditions."""
    query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    if tx.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    return dict(tuple(row) for row in tx.execute(text(query)))


def _declared_indexes(tx):
    for table in reversed(TABLES):
        table.drop(tx)
    t.metadata.create_all(tx)
    return _indexes(tx)


def test_migrating_again_changes_nothing(empty):
    migrate(empty)
    migrate(empty)
    assert is_migrated(empty)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_table_says_whose_data_it_is_and_how_it_goes(table):
    keeping = t.keeping_of(table)
    assert keeping.kept
    for column in (keeping.by, keeping.since, *keeping.blanks):
        assert column is None or column in table.c
    assert (keeping.by is None) == (keeping.erased in ("never", "subtracted"))
    assert (keeping.blank_days is None) == (not keeping.blanks)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_table_that_names_a_person_says_how_it_is_erased(table):
    named = OF_PERSONS & set(table.c.keys())
    if named:
        assert t.keeping_of(table).erased not in ("never", "subtracted")


# Looked for in all programmes at once: what is due, and what `retire` lets go of.
ACROSS_PROGRAMMES = {
    "ix_call_due",
    "ix_campaign_person_changed",
    "ix_campaign_stopping",
    "ix_conversation_ready",
    "ix_conversation_silent",
    "ix_conversation_unkept",
    "ix_dead_letter_at",
    "ix_erasure_at",
    "ix_event_occurred",
    "ix_link_id",  # found by what a token says
    "ix_link_until",
    "ix_idempotency_created",
    "ix_inbox_bare",
    "ix_inbox_full",
    "ix_merge_code_changed",
    "ix_outbox_bare",
    "ix_outbox_full",
    "ix_outbox_sending",
    "ix_pace_tat",
    "ix_picture_until",
    "ix_timer_due",
    "ix_upload_until",
}


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table.name not in ("programme", "clock")], ids=str
)
def test_the_programme_comes_first_in_every_key_and_index(table):
    assert not table.c.programme_id.nullable
    indexes = [index for index in table.indexes if index.name not in ACROSS_PROGRAMMES]
    keys = [table.primary_key, *indexes, *table.constraints]
    for key in keys:
        columns = list(getattr(key, "columns", ()))
        assert not columns or columns[0].name == "programme_id", key


def test_sqlite_runs_with_the_settings_that_make_it_durable(tmp_path, secret):
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}", secret=secret)
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
    }
    with database.begin() as tx:
        found = {name: tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    database.close()
    assert found == wanted


def test_an_old_sqlite_is_refused_with_a_sentence():
    with pytest.raises(DatabaseRefusedError, match=r"This SQLite is 3\.40\.1"):
        refuse_old_sqlite((3, 40, 1))
    refuse_old_sqlite((3, 51, 3))


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://"])
def test_another_database_is_refused_with_a_sentence(url, secret):
    with pytest.raises(DatabaseRefusedError, match="sqlite:///path"):
        open_database(url, secret=secret)


def test_a_reader_cannot_write(database):
    insert = text("INSERT INTO programme (id, zone, created_at) VALUES ('x', 'UTC', 1)")
    with pytest.raises(DBAPIError, match=r"readonly|read-only"), database.read() as tx:
        tx.execute(insert)


def test_an_account_needs_its_programme(database):
    row = {"programme_id": "nobody", "id": "web", "channel": "web", "pulls": True, "created_at": 1}
    with pytest.raises(IntegrityError), database.begin() as tx:
        tx.execute(t.account.insert().values(row))


def test_the_migrations_travel_with_the_package():
    import store

    assert (Path(store.__file__).parent / "migrations" / "versions" / "0001_first.py").exists()


def test_two_processes_that_migrate_at_once_wait_for_each_other(empty, secret):
    url = empty.writing.url.render_as_string(hide_password=False)
    others = [open_database(url, secret=secret) for _ in range(2)]
    with ThreadPoolExecutor() as threads:
        for done in [threads.submit(migrate, database) for database in (empty, *others)]:
            done.result()
    for database in others:
        database.close()
    assert is_migrated(empty)
