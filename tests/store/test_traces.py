"""With her code an operator sees what happened to one conversation, without her words or addresses."""

from __future__ import annotations

import pytest

from flows.values import Reply
from store import tables as t
from store import traces
from store.traces import SeveralConversationsError, code_of
from store.turns import Failure, FinishedTurn
from tests.store.sending import QUESTION, claims_one, marks, notes, status

CANARY = "CANARIO-7f3a"


def traced(town, code):
    with town.database.read() as tx:
        return traces.trace(tx, "pe", code)


def whats(steps):
    return [step.what for step in steps]


def test_a_code_is_short_and_can_be_read_out(town):
    assert code_of("3f2a91bc07de" + "0" * 20) == "3f2a-91bc-07de"


def test_a_trace_tells_what_came_in_what_was_decided_and_what_became_of_each_reply(town):
    talk = town.talks("ana", replies=(QUESTION, Reply("x"))).conversation
    marks(town, claims_one(town), "sent", provider_id="id1")
    notes(town, status("id1", "delivered", 10**17), status("id1", "read", 10**17 + 1))
    marks(town, claims_one(town), "waiting", reason="window_closed")
    steps = traced(town, code_of(talk))
    assert sorted(whats(steps)) == sorted(["received", "decided", "sent", "delivered", "read", "waiting"])
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    (waits,) = [step for step in steps if step.what == "waiting"]
    assert (waits.why, waits.about, waits.number) == ("window_closed", "message", 1)
    assert {step.about for step in steps if step.what == "read"} == {"question"}


@pytest.mark.parametrize(
    ("outcome", "what"),
    [("retry", "tried"), ("unknown", "unknown"), ("waiting", "waiting"), ("dead", "dead"), ("sent", "sent")],
)
def test_it_tells_how_each_attempt_ended(town, outcome, what):
    talk = town.talks("ana", replies=(QUESTION,)).conversation
    assert whats(traced(town, code_of(talk)))[-1] == "queued"
    outgoing = claims_one(town)
    assert "sending" in whats(traced(town, code_of(talk)))
    marks(town, outgoing, outcome, reason="" if outcome == "sent" else "because")
    (step,) = [step for step in traced(town, code_of(talk)) if step.what not in ("received", "decided")]
    assert (step.what, step.why) == (what, "" if outcome == "sent" else "because")


def test_it_tells_what_failed_at_the_platform_and_what_was_given_up(town):
    talk = town.talks("ana", replies=(QUESTION,)).conversation
    marks(town, claims_one(town), "sent", provider_id="id1")
    notes(town, status("id1", "failed", 10**17, reason="131026"))
    town.writes("ana")
    claimed = town.claims_one()
    row = claimed.rows[0].__class__(2, claimed.rows[0].inbound, town.now, attempts=4)
    town.finishes(FinishedTurn(claimed, (), town.now, failure=Failure(row, "broke")))
    steps = traced(town, code_of(talk))
    assert {(step.what, step.why) for step in steps if step.why} == {
        ("failed", "131026"),
        ("dead", "131026"),
        ("dead", "broke"),
    }


def test_no_words_and_no_addresses_are_in_it(town):
    talk = town.talks(CANARY, text=CANARY, replies=(Reply(CANARY),)).conversation
    marks(town, claims_one(town), "sent", provider_id=CANARY)
    assert CANARY not in str(traced(town, code_of(talk)))


def test_only_the_newest_steps_are_shown(town):
    talk = ""
    for n in range(40):
        town.now += 1_000_000
        talk = town.talks("ana", text=str(n)).conversation
    steps = traced(town, code_of(talk))
    assert len(steps) == 50
    assert steps[-1].number == 40


def test_a_code_may_be_typed_as_people_type_and_be_cut_short(town):
    talk = town.talks("ana").conversation
    whole = traced(town, code_of(talk))
    assert whole
    for typed in (f" {code_of(talk).upper()} ", code_of(talk).replace("-", " "), talk[:4], talk):
        assert traced(town, typed) == whole


@pytest.mark.parametrize("code", ["", "-", "abc", "ffff-ffff-ffff", "%", "zzzz", "' OR 1=1", "\0"])
def test_the_code_of_nobody_shows_nothing(town, code):
    town.talks("ana")
    assert traced(town, code) == []


def test_several_conversations_with_the_same_beginning_are_said(town):
    for who, id in (("ana", "abcd" + "1" * 28), ("ben", "abcd" + "2" * 28)):
        talk = town.writes(who).conversation
        with town.database.begin() as tx:
            for table, column in ((t.conversation, "id"), (t.inbox, "conversation_id")):
                tx.execute(table.update().where(table.c[column] == talk).values({column: id}))
    with pytest.raises(SeveralConversationsError, match="begins with abcd"):
        traced(town, "abcd")
    assert whats(traced(town, "abcd-1111-1111")) == ["received"]


def test_another_programmes_conversation_is_not_shown(town):
    talk = town.talks("ana").conversation
    with town.database.read() as tx:
        assert traces.trace(tx, "vn", code_of(talk)) == []
