"""Her story on its way: from the last question of the flow to the table, and back out by one word."""

from __future__ import annotations

import secrets
import time

from sqlalchemy import select

from flows.state import State, conversation_to_json
from flows.values import Inbound
from store import stories
from store import tables as t
from store.inbox import Address, Arrival, accept
from tests.api.serving import now

PROGRAMME = "base"


def writes(here, *texts):
    """Ana writes one message after the other, each when the one before has been worked on."""
    conversation = ""
    for text in texts:
        inbound = Inbound(f"m:{text}:{now()}", text=text, seed=secrets.token_hex(16))
        arrival = Arrival(PROGRAMME, "web", inbound, now(), Address("web", "ana"))
        accepted = here.writer.submit(accept, arrival).result()
        conversation = str(accepted.conversation)
        until = time.monotonic() + 10
        while _waits(here, conversation):
            assert time.monotonic() < until, text
            time.sleep(0.02)
    return conversation


def _waits(here, conversation):
    talk = t.conversation.c
    with here.database.read() as tx:
        row = tx.execute(select(talk.last_seq, talk.done_seq).where(talk.id == conversation)).one()
        calls = tx.execute(select(t.call.c.id)).all()
    return row.last_seq > row.done_seq or calls


def kept(here):
    with here.database.read() as tx:
        return stories.stories(tx, PROGRAMME, ["waiting"])


def test_a_story_told_in_the_chat_is_kept_and_taken_back(here):
    conversation = writes(here, "hello")
    item = {"gap": "findable", "tip": 1, "opened": True}
    standing = {"mode": "quick", "result": {"level": "starting"}, "package": [item]}
    business = {
        "programme_id": PROGRAMME, "id": "b", "profile": {"sector": "other"}, "standing": standing,
        "consent": {"guidance": True, "statistics": False}, "registered": False, "version": 1,
        "created_at": now(), "changed_at": now(),
    }  # fmt: skip
    state = State("en", last_inbound=now())
    with here.database.begin() as tx:
        person = tx.execute(select(t.conversation.c.person_id)).scalar_one()
        tx.execute(t.business.insert().values(business))
        tx.execute(
            t.membership.insert().values(
                programme_id=PROGRAMME, person_id=person, business_id="b", role="own", current=True,
                created_at=now(),
            )
        )  # fmt: skip
        row = {"state": conversation_to_json(state), "kept": True, "structures": None}
        tx.execute(t.conversation.update().values(row))
    writes(here, "done", "yes", "Nobody found us", "I made a page", "Buyers write to me")
    writes(here, "in normal times", "without a name")
    (story,) = kept(here)
    assert (story.did, story.name) == ("I made a page", None)
    assert (story.gap, story.sector) == ("findable", "other")
    with here.database.read() as tx:
        (left,) = tx.execute(select(t.conversation.c.state).where(t.conversation.c.id == conversation)).one()
    assert "Nobody found us" not in str(left)
    writes(here, "withdraw my story")
    assert kept(here) == []
