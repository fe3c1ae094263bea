"""What runs all the time finds its rows by an index, however many rows there are."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from store import calls, erasure, outbox, timers
from store.inbox import claim

WORK = {
    "claim": lambda tx: claim(tx, "worker"),
    "timers": timers.wake,
    "any timer": timers.is_any_due,
    "calls": calls.claim_calls,
    "outbox": outbox.claim_due,
    "recover": outbox.recover,
    "retire": lambda tx: erasure.retire(tx, now=10**18),
}


@pytest.mark.parametrize("work", WORK)
def test_no_table_is_read_from_one_end_to_the_other(town, work):
    town.writes("ana")
    given = []

    def note(connection, cursor, statement, parameters, *rest):
        given.append((statement, parameters))

    with town.database.begin() as tx:
        event.listen(town.database.writing, "before_cursor_execute", note)
        try:
            WORK[work](tx)
        finally:
            event.remove(town.database.writing, "before_cursor_execute", note)
        if not town.database.is_sqlite:
            tx.exec_driver_sql(
                "SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan"
            )
        scans = [(scan, sql) for sql, parameters in given for scan in _scans(tx, sql, parameters)]
    assert scans == []


def _scans(tx, sql, parameters):
    """Tables that a statement reads whole."""
    if not sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
        return []
    if tx.dialect.name == "sqlite":
        plan = [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        return [
            line for line in plan if line.startswith("SCAN") and " INDEX " not in line and _is_table(line)
        ]
    plan = [row[0] for row in tx.exec_driver_sql(f"EXPLAIN {sql}", parameters)]
    return [line for line in plan if "Seq Scan on" in line]


def _is_table(line):
    """Not a row of the parameter, a subquery, or what was claimed just now."""
    return line.split()[1] not in ("each", "incoming", "mine", "due", "CONSTANT", "raw")
