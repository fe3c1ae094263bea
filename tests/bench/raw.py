"""The other side: a bare sqlite3 loop that writes the rows of one answer, and does nothing else.

The rows are those that our side wrote for one answer of each person, copied from its database and
given new keys. The same SQLite, the same file settings, the same tables and indexes. What our side
sums up for a batch (the counts of a day) is written once for each transaction here, too. It copies
its log into the database as SQLite does by itself, every thousand pages; ours has a thread for that.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

from tests.bench.ours import Ours

# What one answer writes: rows that are added, rows of hers that change, and a row that all share.
ADDED = ("inbox", "outbox", "event")
CHANGED = ("conversation", "assessment", "person_fact", "person_day")
SHARED = "programme_day"
# The column that differs each time, so that every write of a row that is there changes something.
COUNTS = {"conversation": "version", "assessment": "version", "person_fact": "last_at",
          "person_day": "events", SHARED: "n"}  # fmt: skip
PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-65536",
    "temp_store=MEMORY",
)  # fmt: skip

Rows = dict[str, dict[str, Any]]


def opened(path: Path) -> Any:
    """A connection with the settings of our own, without transactions of the driver's."""
    db = sqlite.connect(str(path), isolation_level=None)
    for pragma in PRAGMAS:
        db.execute(f"PRAGMA {pragma}")
    db.row_factory = sqlite.Row
    return db


class Raw:
    """A copy of our database, written to by hand."""

    def __init__(self, path: Path, people: int) -> None:
        self.path = path
        ours = Ours(f"sqlite:///{path}", people)
        self.rows_of_ours = rows_written(path, ours.next_round, people)
        ours.close()
        self.db = opened(path)
        self.shared = dict(
            self.db.execute("SELECT * FROM programme_day WHERE kind = 'question_answered'").fetchone()
        )
        self.people = [
            self._rows_of(*row) for row in self.db.execute("SELECT id, person_id FROM conversation")
        ]
        self.number = count(1_000)
        self.statements = {table: self._statement(table, row) for table, row in self.people[0].items()}
        self.statements[SHARED] = self._statement(SHARED, self.shared)

    def check(self) -> str:
        """How many rows one answer writes on both sides, table by table. Raises if they differ."""
        mine = rows_written(self.path, lambda: self._round(len(self.people)), len(self.people))
        tables = sorted({*mine, *self.rows_of_ours})
        lines = [f"{'rows written for one answer':38}{'ours':>10}{'raw':>14}"]
        lines += [f"{table:38}{self.rows_of_ours[table]:>10.2f}{mine[table]:>14.2f}" for table in tables]
        assert mine == self.rows_of_ours, "\n".join(["The two sides do not write the same rows.", *lines])
        return "\n".join(lines)

    def run(self, seconds: float, each: int) -> tuple[float, float]:
        """Messages per second and microseconds of CPU per message, `each` to a transaction."""
        done = 0
        begun, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - begun < seconds:
            self._round(each)
            done += len(self.people)
        elapsed, used = time.perf_counter() - begun, time.process_time() - cpu
        return done / elapsed, used / done * 1e6

    def close(self) -> None:
        self.db.close()

    def _round(self, each: int) -> None:
        """One message of everybody."""
        number = next(self.number)
        for start in range(0, len(self.people), each):
            self.db.execute("BEGIN IMMEDIATE")
            for rows in self.people[start : start + each]:
                self._message(rows, number)
            self.db.execute(self.statements[SHARED], {**self.shared, "n": number * len(self.people) + start})
            self.db.execute("COMMIT")

    def _message(self, rows: Rows, number: int) -> None:
        unique = secrets.token_hex(16)
        inbox = rows["inbox"]
        self.db.execute(
            "SELECT 1 FROM inbox WHERE programme_id = ? AND account_id = ? AND key = ?",
            (inbox["programme_id"], inbox["account_id"], unique),
        ).fetchone()
        self.db.execute(self.statements["inbox"], {**inbox, "seq": number, "key": unique})
        self.db.execute(self.statements["outbox"], {**rows["outbox"], "place": number, "cause": number})
        self.db.execute(self.statements["event"], {**rows["event"], "id": unique})
        for table in CHANGED:
            self.db.execute(self.statements[table], {**rows[table], COUNTS[table]: number})

    def _rows_of(self, conversation: str, person: str) -> Rows:
        """The newest row of each table that belongs to this person."""
        event = self._newest("event", "person_id", person, "id")
        return {
            "conversation": self._newest("conversation", "id", conversation, "id"),
            "inbox": self._newest("inbox", "conversation_id", conversation, "seq"),
            "outbox": self._newest("outbox", "conversation_id", conversation, "place"),
            "event": event,
            "assessment": self._newest("assessment", "id", event["assessment_id"], "id"),
            "person_fact": self._newest("person_fact", "person_id", person, "person_id"),
            "person_day": self._newest("person_day", "person_id", person, "person_id"),
        }

    def _newest(self, table: str, column: str, value: str, order: str) -> dict[str, Any]:
        found = self.db.execute(
            f"SELECT * FROM {table} WHERE {column} = ? ORDER BY {order} DESC LIMIT 1",  # noqa: S608
            (value,),
        )
        return dict(found.fetchone())

    def _statement(self, table: str, row: dict[str, Any]) -> str:
        names = list(row)
        keys = [r["name"] for r in self.db.execute(f"PRAGMA table_info({table})") if r["pk"]]
        values = ", ".join(f":{name}" for name in names)
        statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"  # noqa: S608
        if table in ADDED:
            return statement
        sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
        return f"{statement} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"


def rows_written(path: Path, write: Any, people: int) -> Counter[str]:
    """Rows that `write()` added or changed in each table, for one person on average."""
    before = _rows(path)
    write()
    after = _rows(path)
    written: Counter[str] = Counter()
    for table, rows in after.items():
        if more := len(rows - before[table]):
            written[table] = more if table == SHARED else more / people
    return written


def _rows(path: Path) -> dict[str, set[tuple[Any, ...]]]:
    db = opened(path)
    names = [row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: {tuple(row) for row in db.execute(f"SELECT * FROM {name}")} for name in names}  # noqa: S608
    db.close()
    return rows
