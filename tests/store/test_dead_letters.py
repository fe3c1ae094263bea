"""What was given up can be looked through, tried again or forgotten; nobody's words are shown."""

from __future__ import annotations

import pytest

from flows.values import Reply
from store import dead_letters, erasure
from store import tables as t
from store.turns import Failure, FinishedTurn
from tests.store import oracle
from tests.store.sending import ACCOUNT, QUESTION, claims, claims_one, marks, sends, states, time_passes

SECRET = "CANARIO-7f3a"


def listed(town, **wanted):
    with town.database.read() as tx:
        return dead_letters.dead_letters(tx, "pe", **wanted)


def puts_aside(town, *items):
    with town.database.begin() as tx:
        dead_letters.unreadable(tx, items)


def replays(town, letter):
    with town.database.begin() as tx:
        return dead_letters.replay(tx, "pe", letter.id, town.now)


def drops(town, letter):
    with town.database.begin() as tx:
        return dead_letters.drop(tx, "pe", letter.id)


def gives_up_a_reply(town, who="ana", reply=QUESTION, reason="user_gone"):
    town.talks(who, replies=(reply,))
    marks(town, claims_one(town), "dead", reason=reason)


def gives_up_an_inbound(town, who="ben", text=SECRET):
    town.writes(who, text)
    claimed = town.claims_one()
    row = claimed.rows[0].__class__(claimed.rows[0].seq, claimed.rows[0].inbound, town.now, attempts=4)
    town.finishes(FinishedTurn(claimed, (), town.now, failure=Failure(row, "broke")))


@pytest.fixture
def town(town):
    yield town
    with town.database.read() as tx:
        assert oracle.violations(tx) == []


def test_what_cannot_be_read_has_a_letter_without_a_conversation(town):
    puts_aside(town, ("pe", ACCOUNT[1], f"u:{SECRET}", "no sender"))
    (letter,) = listed(town)
    assert (letter.source, letter.conversation, letter.account) == ("unreadable", None, ACCOUNT[1])
    assert letter.error == "no sender"
    assert SECRET not in str(town.rows(t.dead_letter))


def test_the_same_unreadable_item_again_makes_no_second_letter(town):
    for _ in range(2):
        puts_aside(town, ("pe", ACCOUNT[1], "u:1", "no sender"), ("pe", ACCOUNT[1], "u:1", "no sender"))
    puts_aside(town, ("pe", "whatsapp/default", "u:1", "no sender"))
    assert len(listed(town)) == 2


def test_what_cannot_be_read_cannot_be_tried_again_and_can_be_dropped(town):
    puts_aside(town, ("pe", ACCOUNT[1], "u:1", "no sender"))
    (letter,) = listed(town)
    assert not replays(town, letter)
    assert len(listed(town)) == 1
    assert drops(town, letter)
    assert not drops(town, letter)
    assert listed(town) == []


def test_a_list_shows_what_is_asked_for_and_never_words(town):
    gives_up_a_reply(town, reply=Reply(SECRET))
    gives_up_an_inbound(town)
    puts_aside(town, ("pe", ACCOUNT[1], "u:1", "no sender"))
    everything = listed(town)
    assert [letter.source for letter in everything] == ["inbox", "outbox", "unreadable"]
    assert [letter.at for letter in everything] == sorted(letter.at for letter in everything)
    assert [letter.error for letter in listed(town, source="inbox")] == ["broke"]
    assert [letter.source for letter in listed(town, error="user_gone")] == ["outbox"]
    talk = everything[0].conversation
    assert [letter.source for letter in listed(town, conversation=talk)] == ["inbox"]
    assert listed(town, since=everything[-1].at + 1) == []
    assert [letter.source for letter in listed(town, limit=1)] == ["unreadable"]
    assert SECRET not in str(everything)


def test_another_programme_sees_nothing_of_it(town):
    gives_up_a_reply(town)
    (letter,) = listed(town)
    with town.database.begin() as tx:
        assert dead_letters.dead_letters(tx, "vn") == []
        assert not dead_letters.replay(tx, "vn", letter.id, town.now)
        assert not dead_letters.drop(tx, "vn", letter.id)


def test_a_reply_that_is_tried_again_has_as_much_time_as_a_new_one(town):
    gives_up_a_reply(town)
    time_passes(town, 25 * 3600)
    (letter,) = listed(town)
    assert replays(town, letter)
    assert listed(town) == []
    assert sends(town) == [QUESTION.text]


def test_a_reply_that_was_dropped_stays_dead(town):
    gives_up_a_reply(town)
    (letter,) = listed(town)
    assert drops(town, letter)
    assert states(town) == ["dead"]
    assert claims(town) == []


def test_a_reply_whose_words_went_with_time_cannot_be_tried_again(town):
    town.talks("ana", replies=(QUESTION,))
    with town.database.begin() as tx:
        tx.execute(t.outbox.update().values(body=None))
    assert claims(town) == []
    (letter,) = listed(town)
    assert not replays(town, letter)
    assert states(town) == ["dead"]


def test_letters_of_somebody_who_was_erased_are_gone_and_unreadable_ones_stay_a_month(town):
    gives_up_a_reply(town)
    puts_aside(town, ("pe", ACCOUNT[1], "u:1", "no sender"))
    with town.database.begin() as tx:
        erasure.erase(tx, [("pe", town.rows(t.person)[0]["id"])], now=town.now)
    (letter,) = listed(town)
    assert letter.source == "unreadable"
    with town.database.begin() as tx:
        erasure.retire(tx, now=letter.at + 31 * 86_400_000_000)
    assert listed(town) == []
