"""Short words for what a sender does, for all tests about what goes out."""

from __future__ import annotations

from flows.values import ChoiceShown, Reply
from store import deliveries, outbox
from store import tables as t
from store.clock import SECOND
from store.deliveries import Status
from store.outbox import Outcome
from store.pacing import NO_LIMITS

ACCOUNT = ("pe", "telegram/default")
FREE = {ACCOUNT: NO_LIMITS}
QUESTION = Reply("¿Seguimos?", "question", "es", "one", (ChoiceShown("1:yes", "Sí", "claro"),), lettered=True)
TIP = Reply("un consejo")


def claims(town, limits=FREE, **more):
    with town.database.begin() as tx:
        return outbox.claim_due(tx, limits, **more)


def claims_one(town, **more):
    (outgoing,) = claims(town, **more)
    return outgoing


def marks(town, outgoing, state, **more):
    with town.database.begin() as tx:
        outbox.mark(tx, [Outcome(outgoing.programme, outgoing.conversation, outgoing.place, state, **more)])


def sends(town, **more):
    """The words of all that goes out now, one claim after the other."""
    said = []
    while outgoings := claims(town, **more):
        for outgoing in outgoings:
            said.append(outgoing.reply.text)
            marks(town, outgoing, "sent", provider_id=f"id{outgoing.place}")
    return said


def recovers(town):
    with town.database.begin() as tx:
        outbox.recover(tx)


def notes(town, *statuses):
    with town.database.begin() as tx:
        assert deliveries.note(tx, statuses) == [None] * len(statuses)


def status(provider_id, state, at=1, account=ACCOUNT[1], **more):
    return Status("pe", account, provider_id, state, at, **more)


def next_due(town, limits=FREE):
    with town.database.read() as tx:
        return outbox.next_due(tx, limits)


def time_passes(town, seconds):
    """Everything that the outbox has a time for comes nearer."""
    by = int(seconds * SECOND)
    with town.database.begin() as tx:
        for table, names in (
            (t.outbox, ("due_at", "give_up_at", "tried_at")),
            (t.pace, ("tat", "held_until")),
        ):
            tx.execute(table.update().values({name: table.c[name] - by for name in names}))


def replies(town):
    return sorted(town.rows(t.outbox), key=lambda row: row["place"])


def states(town):
    return [row["state"] for row in replies(town)]
