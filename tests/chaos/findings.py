"""What became of everything, read from the database and from what the platforms have seen."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, select

from store import tables as t
from store.engine import Database, vault_of
from tests.chaos.seen import Name, shown_replies
from tests.chaos.talkers import Talkers
from tests.chaos.whatsapp import ACCOUNT as WHATSAPP
from tests.chaos.whatsapp import WhatsAppTalkers
from tests.standins.telegram import TelegramStandIn
from tests.store import oracle

PROGRAMME, ACCOUNT = "base", "telegram/default"
MOST_COPIES = 0.015


@dataclass(slots=True)
class Findings:
    """What was counted, and in `problems` the promises that were broken.

    unseen: replies in doubt that count as sent because she wrote on, and that never reached her.
    longest: seconds until the slowest delivery was answered. figures: what one scenario measures.
    """

    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    out_of_order: int = 0
    replies: int = 0
    copies: int = 0
    unseen: int = 0
    never_sent: int = 0
    dead: int = 0
    early: int = 0
    refused: int = 0
    longest: float = 0.0
    figures: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def copies_share(self) -> float:
        return self.copies / self.replies if self.replies else 0.0

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
        broken = [f"{n} {what}" for what, n in named.items() if n]
        if self.copies_share > MOST_COPIES:
            broken.append(f"copies {self.copies_share:.2%}, more than {MOST_COPIES:.1%}")
        return broken + self.problems


def is_answered(database: Database) -> bool:
    """Whether every message has its turn, and every reply was handed over or is in doubt."""
    return _is_done(database, "queued", "sending")


def is_at_rest(database: Database) -> bool:
    """Whether there is nothing left to do, not even a question in doubt to be asked again."""
    return _is_done(database, "queued", "sending", "unknown")


def _is_done(database: Database, *states: str) -> bool:
    with database.read() as tx:
        inbox = tx.execute(select(t.inbox.c.seq).where(t.inbox.c.done_at.is_(None)).limit(1)).first()
        timed = t.outbox.c.due_at.is_not(None)  # without a time it is never looked at again by itself
        waits = select(t.outbox.c.place).where(t.outbox.c.state.in_(states), timed).limit(1)
        return inbox is None and tx.execute(waits).first() is None


def look(
    database: Database, talkers: Talkers, telegram: TelegramStandIn, whatsapp: WhatsAppTalkers | None
) -> Findings:
    """What WhatsApp was told that we have comes in no certain order, so it is not asked for there."""
    written = whatsapp.written if whatsapp else []
    acknowledged = [(chat, f"m:{chat}:{id}:0") for chat, ids in talkers.taken.items() for id in ids]
    found = Findings(
        acknowledged=len(acknowledged) + len(written),
        early=len(telegram.early),
        refused=sum(not one.is_taken for one in talkers.brought),
        longest=max((one.seconds for one in talkers.brought), default=0.0),
    )
    with database.read() as tx:
        keys = [(PROGRAMME, ACCOUNT, key) for _, key in acknowledged]
        keys += [(PROGRAMME, WHATSAPP, id) for id in written]
        found.lost = len(oracle.lost(tx, keys))
        found.twice = len(oracle.keys_twice(tx))
        found.problems = [str(violation) for violation in oracle.violations(tx)]
        places = _places(tx)
        marks = [(chat, vault_of(tx).mark(PROGRAMME, "key", ACCOUNT, key)) for chat, key in acknowledged]
        there = [(chat, *places[mark]) for chat, mark in marks if mark in places]
        found.out_of_order = sum(
            one[0] == other[0] and other[2] <= one[2] for one, other in itertools.pairwise(there)
        )
        seen, strangers = shown_replies(tx, {chat: talk for chat, talk, _ in there}, telegram, ACCOUNT)
        found.problems += [f"The chat {chat} was shown what nobody wrote." for chat in strangers]
        _replies(found, tx, seen + (whatsapp.seen() if whatsapp else []))
    return found


def _places(tx: Connection) -> dict[str, tuple[str, int]]:
    """Hash of the key -> conversation and number of its row."""
    row = t.inbox.c
    found = tx.execute(select(row.key, row.conversation_id, row.seq))
    return {key: (conversation, seq) for key, conversation, seq in found}


def _replies(found: Findings, tx: Connection, seen: Sequence[Name]) -> None:
    """seen: the replies as they arrived."""
    states = Counter(tx.execute(select(t.outbox.c.state)).scalars())
    found.replies = states.total()
    found.dead = states["dead"]
    found.never_sent = found.replies - states["sent"] - states["unknown"] - states["dead"]
    found.copies = oracle.copies(tx, seen)
    found.problems += oracle.out_of_order(tx, seen)
    found.unseen = len(oracle.never_arrived(tx, seen))
    ours, there = t.outbox.c, set(seen)
    sure = and_(ours.state == "sent", ours.doubts == 0)
    found.problems += [
        f"Conversation {talk[:12]}: reply {place} counts as sent in no doubt, and nobody has seen it."
        for talk, place in tx.execute(select(ours.conversation_id, ours.place).where(sure))
        if (talk, place) not in there
    ]
