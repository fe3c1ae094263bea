"""What a platform says of a message may come late, twice and in any order."""

from __future__ import annotations

import itertools

import pytest

from flows.values import Reply
from store import dead_letters
from store import tables as t
from tests.store.sending import (
    QUESTION,
    TIP,
    claims,
    claims_one,
    marks,
    notes,
    recovers,
    replies,
    states,
    status,
    time_passes,
)

FIVE = ("sent", "delivered", "read", "failed", "failed")
INSTANTS = ("sent_at", "delivered_at", "read_at", "failed_at")


def sent(town, reply=TIP, provider_id="wamid.1"):
    town.talks("ana", replies=(reply,))
    outgoing = claims_one(town)
    marks(town, outgoing, "sent", provider_id=provider_id)
    return outgoing


def what_is_known(town):
    (row,) = replies(town)
    return (
        row["state"],
        row["why"],
        row["failure"],
        *(row[name] and min(row[name], 10) for name in INSTANTS),
        len(town.rows(t.dead_letter)),
    )


def test_each_status_adds_its_instant(town):
    sent(town)
    notes(town, status("wamid.1", "delivered", 5), status("wamid.1", "read", 7))
    (row,) = replies(town)
    assert (row["state"], row["delivered_at"], row["read_at"]) == ("sent", 5, 7)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("among", [("sent", "delivered", "read"), FIVE])
def test_in_any_order_and_with_repeats_the_same_is_known_in_the_end(town, among, together):
    """All orders of the statuses, some of them twice; each with an instant and a reason of its own."""
    sent(town)
    said = [status("wamid.1", state, n + 1, reason="131026") for n, state in enumerate(among)]
    keep = replies(town)[0]
    ends = set()
    for order in set(itertools.permutations([*said, said[0], said[-1]] if together else said)):
        with town.database.begin() as tx:
            tx.execute(t.outbox.update().values(keep))
            tx.execute(t.dead_letter.delete())
        if together:
            notes(town, *order)
        else:
            for one in order:
                notes(town, one)
        ends.add(what_is_known(town))
    (end,) = ends
    assert end[0] == ("dead" if "failed" in among else "sent")
    assert end[-1] == (1 if "failed" in among else 0)


def test_what_is_known_never_goes_back(town):
    sent(town)
    notes(town, status("wamid.1", "read", 7))
    for state in ("sent", "delivered", "read"):
        notes(town, status("wamid.1", state, 9))
    assert replies(town)[0]["read_at"] == 7


def test_a_message_that_failed_is_given_up_with_a_letter_and_never_comes_back(town):
    sent(town)
    notes(town, status("wamid.1", "failed", 5, reason="131026"))
    notes(town, status("wamid.1", "delivered", 6), status("wamid.1", "failed", 7, reason="131026"))
    (row,) = replies(town)
    assert (row["state"], row["why"]) == ("dead", "131026")
    assert [(letter["error"], letter["source"]) for letter in town.rows(t.dead_letter)] == [
        ("131026", "outbox")
    ]


def test_statuses_of_messages_of_others_do_no_harm(town):
    outgoing = sent(town)
    before = replies(town)
    notes(
        town,
        status("wamid.unknown", "read"),
        status("wamid.1", "read", account="telegram/second"),
        status("wamid.9", "read", name=f"{outgoing.conversation}:{outgoing.place}"),  # another attempt
        status("wamid.9", "read", name="nonsense"),
        status("wamid.9", "read", name=f"{outgoing.conversation}:-1"),
        status("wamid.9", "read", name=f"{outgoing.conversation}:99999999999999999999999"),
        status("wamid.9", "read", name=f"{outgoing.conversation}:١"),
        status("wamid.9", "read", name="' OR 1=1:1"),
    )
    assert replies(town) == before


def test_a_status_that_names_a_reply_in_doubt_settles_it(town):
    town.talks("ana", replies=(QUESTION,))
    outgoing = claims_one(town)
    marks(town, outgoing, "unknown")
    notes(town, status("wamid.1", "sent", name=outgoing.name))
    assert [(row["state"], row["provider_id"]) for row in replies(town)] == [("sent", "wamid.1")]
    time_passes(town, 3600)
    assert claims(town) == []


@pytest.mark.parametrize("end", ["unknown", "died"])
def test_a_status_that_is_faster_than_the_answer_settles_the_doubt_that_follows(town, end):
    town.talks("ana", replies=(QUESTION,))
    outgoing = claims_one(town, lease_seconds=-1 if end == "died" else 60)
    notes(town, status("wamid.1", "delivered", name=outgoing.name))
    assert states(town) == ["sending"]
    recovers(town) if end == "died" else marks(town, outgoing, "unknown")
    assert states(town) == ["sent"]


def test_what_was_to_be_tried_again_and_did_arrive_is_not_sent_again(town):
    town.talks("ana", replies=(QUESTION,))
    outgoing = claims_one(town)
    marks(town, outgoing, "retry", after=5)
    notes(town, status("wamid.1", "delivered", name=outgoing.name))
    time_passes(town, 6)
    assert claims(town) == []
    assert states(town) == ["sent"]
    assert replies(town)[0]["sent_at"] == 1


def test_a_reply_that_was_never_tried_is_not_made_sent_by_its_name(town):
    finish = town.talks("ana", replies=(Reply("uno"), Reply("dos")))
    (_, later) = replies(town)
    notes(town, status("wamid.1", "read", name=f"{finish.conversation}:{later['place']}"))
    assert states(town) == ["queued", "queued"]


def test_many_statuses_of_many_messages_cost_as_many_statements_as_one(town, count_statements):
    counts = []
    for n in (1, 20):
        said = []
        for _ in range(n):
            town.talks("ana", replies=(TIP,))
            outgoing = claims_one(town)
            marks(town, outgoing, "sent", provider_id=outgoing.name)
            said += [status(outgoing.name, state) for state in ("sent", "delivered", "read")]
        with count_statements(town.database) as counted:
            notes(town, *said)
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_what_is_tried_again_after_it_failed_is_not_taken_for_sent_by_a_late_word(town):
    sent(town)
    notes(town, status("wamid.1", "failed", 5, reason="131026"))
    (letter,) = town.rows(t.dead_letter)
    with town.database.begin() as tx:
        assert dead_letters.replay(tx, "pe", letter["id"], town.now)
    notes(town, status("wamid.1", "sent", 6), status("wamid.1", "failed", 7, reason="131026"))
    assert states(town) == ["queued"]
    again = claims_one(town)
    marks(town, again, "sent", provider_id="wamid.2")
    notes(town, status("wamid.2", "delivered", 9))
    (row,) = replies(town)
    assert (row["state"], row["failed_at"], row["delivered_at"]) == ("sent", None, 9)
