"""Links to papers, and somebody who has steps to plan."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from bot.worker import microseconds
from pasito.deployment import Deployment
from store import tables as t
from store.links import What, make_link

STEPS = ({"gap": "findable", "done": "partly"}, {"gap": "pay"}, {"gap": "records"})


def paper(here: Deployment, what: What, conversation: str, **more: Any) -> str:
    """The token of a link to a paper for a conversation."""
    wanted = {"programme": "base", "language": "en", "now": microseconds()} | more
    return here.writer.call(lambda tx: make_link(tx, conversation=conversation, what=what, **wanted)).result()


def has_steps(here: Deployment, conversation: str, *items: dict[str, Any], standing: Any = None) -> None:
    """Gives a conversation a business that works on these steps; nobody agreed to keep it apart."""

    def give(tx: Any) -> None:
        columns = t.conversation.c
        state = tx.execute(select(columns.state).where(columns.id == conversation)).scalar_one()
        about = {"id": "b", "standing": standing or {"package": list(items)}}
        changed = update(t.conversation).where(columns.id == conversation)
        tx.execute(changed.values(state={**state, "business": about}))

    here.writer.call(give).result()


def tallies(here: Deployment) -> dict[str, int]:
    """What was counted without a person, by name."""
    with here.database.read() as tx:
        rows = tx.execute(select(t.tally.c.name, t.tally.c.n)).all()
    return {name: sum(n for other, n in rows if other == name) for name, _ in rows}
