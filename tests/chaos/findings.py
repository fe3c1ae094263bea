"""What became of everything, read from the database and from what Telegram has seen."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import RowMapping, select

from store import tables as t
from store.engine import Database
from tests.chaos.talkers import Talkers
from tests.standins.telegram import TelegramStandIn
from tests.store import oracle

PROGRAMME, ACCOUNT = "base", "telegram/default"


@dataclass(slots=True)
class Findings:
    """copies: messages that people saw once more than they should. problems: promises that were broken."""

    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    out_of_order: int = 0
    replies: int = 0
    copies: int = 0
    never_sent: int = 0
    dead: int = 0
    early: int = 0
    violations: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def broken(self) -> list[str]:
        """What must not be."""
        named = {
            "acknowledged messages lost": self.lost,
            "messages applied twice": self.twice,
            "messages out of order": self.out_of_order,
            "replies never sent": self.never_sent,
            "requests before retry_after": self.early,
        }
        return [f"{n} {what}" for what, n in named.items() if n] + self.problems

    @property
    def copies_share(self) -> float:
        return self.copies / self.replies if self.replies else 0.0


def is_drained(database: Database) -> bool:
    """Whether nothing waits to be answered or sent."""
    with database.read() as tx:
        inbox = tx.execute(select(t.inbox.c.seq).where(t.inbox.c.done_at.is_(None)).limit(1)).first()
        states = ("queued", "sending", "unknown")
        timed = t.outbox.c.due_at.is_not(None)  # without a time it is never looked at again by itself
        waits = select(t.outbox.c.place).where(t.outbox.c.state.in_(states), timed).limit(1)
        return inbox is None and tx.execute(waits).first() is None


def look(database: Database, talkers: Talkers, telegram: TelegramStandIn) -> Findings:
    found = Findings(early=len(telegram.early), violations=len(telegram.violations))
    with database.read() as tx:
        inbox = tx.execute(select(t.inbox).order_by(t.inbox.c.seq)).mappings().all()
        outbox = tx.execute(select(t.outbox).order_by(t.outbox.c.place)).mappings().all()
        found.problems = [str(violation) for violation in oracle.violations(tx)]
    rows = {row["key"]: row for row in inbox}
    marks: dict[tuple[int, int], str] = {}
    for chat, ids in talkers.taken.items():
        for id in ids:
            key = f"m:{chat}:{id}:0"
            marks[chat, id] = database.vault.mark(PROGRAMME, "key", ACCOUNT, key)
    found.acknowledged = len(marks)
    found.lost = sum(mark not in rows or rows[mark]["done_at"] is None for mark in marks.values())
    found.twice = sum(n > 1 for n in Counter(row["key"] for row in inbox).values())
    talks: dict[int, str] = {}
    for chat, ids in talkers.taken.items():
        seqs = [rows[marks[chat, id]]["seq"] for id in ids if marks[chat, id] in rows]
        found.out_of_order += sum(b <= a for a, b in itertools.pairwise(seqs))
        if ids and marks[chat, ids[0]] in rows:
            talks[chat] = rows[marks[chat, ids[0]]]["conversation_id"]
    _replies(found, outbox, talks, telegram)
    return found


def _replies(
    found: Findings, outbox: Sequence[RowMapping], talks: dict[int, str], telegram: TelegramStandIn
) -> None:
    """Each reply was shown once, in order; what was shown more often is a copy."""
    found.replies = len(outbox)
    found.dead = sum(row["state"] == "dead" for row in outbox)
    found.never_sent = sum(row["state"] not in ("sent", "unknown", "dead") for row in outbox)
    mine: dict[str, list[RowMapping]] = defaultdict(list)
    for row in outbox:
        mine[row["conversation_id"]].append(row)
    shown = Counter(message.chat for message in telegram.sent)
    for chat, talk in talks.items():
        # A question in doubt is asked once more later, behind what was sent meanwhile.
        ids = [int(row["provider_id"]) for row in mine[talk] if row["provider_id"] and not row["doubts"]]
        if ids != sorted(ids):
            found.problems.append(f"Replies in the chat {chat} arrived out of order.")
        gone = sum(row["state"] in ("sent", "unknown") for row in mine[talk])
        found.copies += max(0, shown[chat] - gone)
