"""The other side: a bare sqlite3 loop that writes the rows of one message, and does nothing else.

The rows are those that our side wrote for one answer of each person, copied from its database and
given new keys. The same SQLite, the same file settings (WAL, synchronous=FULL), the same tables
and indexes.
"""

from __future__ import annotations

import secrets
import time
from itertools import count
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

from tests.bench.ours import Ours

# What one answer writes: the row of its own that is added, and those that are changed.
ADDED = ("inbox", "outbox", "event")
CHANGED = ("conversation", "assessment", "person_fact", "person_day")


class Raw:
    """A copy of our database, written to by hand."""

    def __init__(self, path: Path, people: int) -> None:
        ours = Ours(f"sqlite:///{path}", people)
        ours.everybody("1")
        ours.close()
        self.db = sqlite.connect(str(path), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            self.db.execute(f"PRAGMA {pragma}")
        self.db.row_factory = sqlite.Row
        self.people = [self._rows_of(*row) for row in self.db.execute("SELECT id, person_id FROM conversation")]
        self.number = count(1_000)
        self.statements = self._statements()

    def _rows_of(self, conversation: str, person: str) -> dict[str, dict[str, Any]]:
        """The newest row of each table that belongs to this person."""

        def newest(table: str, column: str, value: str, order: str) -> dict[str, Any]:
            row = self.db.execute(
                f"SELECT * FROM {table} WHERE {column} = ? ORDER BY {order} DESC LIMIT 1",  # noqa: S608
                (value,),
            ).fetchone()
            return dict(row)

        talk = newest("conversation", "id", conversation, "id")
        event = newest("event", "person_id", person, "id")
        return {
            "conversation": talk,
            "inbox": newest("inbox", "conversation_id", conversation, "seq"),
            "outbox": newest("outbox", "conversation_id", conversation, "place"),
            "event": event,
            "assessment": newest("assessment", "id", event["assessment_id"], "id"),
            "person_fact": newest("person_fact", "person_id", person, "person_id"),
            "person_day": newest("person_day", "person_id", person, "person_id"),
        }

    def _statements(self) -> dict[str, str]:
        statements = {}
        for table, row in self.people[0].items():
            names = list(row)
            keys = [r[1] for r in self.db.execute(f"PRAGMA table_info({table})") if r[5]]
            values = ", ".join(f":{name}" for name in names)
            statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"  # noqa: S608
            if table in CHANGED:
                sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
                statement += f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"
            statements[table] = statement
        return statements

    def _message(self, rows: dict[str, dict[str, Any]], number: int) -> None:
        unique = secrets.token_hex(16)
        self.db.execute(
            "SELECT 1 FROM inbox WHERE programme_id = ? AND account_id = ? AND key = ?",
            (rows["inbox"]["programme_id"], rows["inbox"]["account_id"], unique),
        ).fetchone()
        self.db.execute(self.statements["inbox"], {**rows["inbox"], "seq": number, "key": unique})
        self.db.execute(self.statements["outbox"], {**rows["outbox"], "place": number, "cause": number})
        self.db.execute(self.statements["event"], {**rows["event"], "id": unique})
        for table in CHANGED:
            self.db.execute(self.statements[table], rows[table])

    def run(self, seconds: float, each: int) -> tuple[float, float]:
        """Messages per second and microseconds of CPU per message, `each` to a transaction."""
        done = 0
        begun, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - begun < seconds:
            number = next(self.number)
            for start in range(0, len(self.people), each):
                self.db.execute("BEGIN IMMEDIATE")
                for rows in self.people[start : start + each]:
                    self._message(rows, number)
                self.db.execute("COMMIT")
            done += len(self.people)
        elapsed, used = time.perf_counter() - begun, time.process_time() - cpu
        return done / elapsed, used / done * 1e6
