"""Stories of owners: kept encrypted, withdrawn by a word, erased with the person."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from flows.values import Call
from store import erasure, merging, stories
from store import tables as t
from store.calls import claim_calls
from store.engine import vault_of

CANARY = "CANARIO-5b1e"
TOLD = {
    "before": f"We had no page {CANARY}", "did": "I made one", "changed": "They find me", "name": f"Ana {CANARY}",
    "times": "crisis", "gap": "findable", "economy": "PE", "sector": "food", "leader_sex": "woman",
    "language": "es-PE", "agreed": "0" * 64,
}  # fmt: skip


def tells(town, who="ana", id="c1", **more):
    """She tells a story, and the call that brings it is claimed; gives back the call."""
    town.talks(who, calls=(Call(id, "keep_story", {**TOLD, **more}),))
    with town.database.begin() as tx:
        (calling,) = claim_calls(tx)
    return calling


def keeps(town, calling):
    with town.database.begin() as tx:
        return stories.keep_story(tx, calling, town.now)


def waiting(town, *states):
    with town.database.begin() as tx:
        return stories.stories(tx, "pe", states or ("waiting",))


def withdraws(town, conversation):
    with town.database.begin() as tx:
        return stories.withdraw(tx, "pe", conversation)


def test_a_story_is_kept_with_codes_and_read_again(town):
    assert keeps(town, tells(town))
    (story,) = waiting(town)
    assert (story.before, story.did, story.changed) == (TOLD["before"], TOLD["did"], TOLD["changed"])
    assert (story.name, story.language, story.times) == (TOLD["name"], "es-PE", "crisis")
    assert (story.economy, story.sector, story.leader_sex, story.gap) == ("PE", "food", "woman", "findable")
    assert (story.state, story.told_at) == ("waiting", town.now)
    (row,) = town.rows(t.story)
    assert (row["named"], row["agreed"]) == (True, TOLD["agreed"])


def test_no_word_of_it_can_be_read_in_its_table(town):
    keeps(town, tells(town))
    (row,) = town.rows(t.story)
    assert CANARY not in str(row)
    assert "I made one" not in str(row)


def test_a_call_that_comes_again_keeps_it_once(town):
    calling = tells(town)
    keeps(town, calling)
    keeps(town, calling)
    assert len(town.rows(t.story)) == 1


def test_an_editor_decides(town):
    keeps(town, tells(town))
    (story,) = waiting(town)
    with town.database.begin() as tx:
        assert stories.decide(tx, "pe", story.id, "approved", reviewer="Ben", note="clear", now=town.now + 1)
    assert waiting(town) == []
    (story,) = waiting(town, "approved")
    assert (story.reviewer, story.note, story.decided_at) == ("Ben", "clear", town.now + 1)


def test_taking_it_back_deletes_it_whoever_has_decided_what(town, database_url):
    calling = tells(town)
    keeps(town, calling)
    (story,) = waiting(town)
    with town.database.begin() as tx:
        stories.decide(tx, "pe", story.id, "approved", reviewer="Ben", note="", now=town.now)
    sealed = town.rows(t.story)[0]["sealed"]
    assert withdraws(town, calling.conversation) == 1
    assert town.rows(t.story) == []
    if town.database.is_sqlite:
        file = Path(str(make_url(database_url).database))
        for path in file.parent.glob(f"{file.name}*"):
            assert sealed.encode() not in path.read_bytes(), path


def test_taking_it_back_leaves_those_of_others(town):
    ana = tells(town)
    keeps(town, ana)
    keeps(town, tells(town, "ben", "c2"))
    assert withdraws(town, ana.conversation) == 1
    assert [story.id for story in waiting(town)] == ["c2"]


def test_what_is_taken_back_before_it_came_never_comes(town):
    calling = tells(town)
    withdraws(town, calling.conversation)
    assert not keeps(town, calling)
    assert town.rows(t.story) == []


def test_it_is_taken_back_from_another_phone_too(town):
    calling = tells(town)
    keeps(town, calling)
    finish = town.talks("ana's phone", account="web")
    with town.database.begin() as tx:
        code = merging.make_code(tx, "pe", finish.conversation, town.now)
        assert merging.redeem(tx, "pe", calling.conversation, code, town.now)
    assert withdraws(town, finish.conversation) == 1


def test_erasing_her_erases_it_and_what_is_still_on_its_way(town):
    calling = tells(town)
    keeps(town, calling)
    person = town.rows(t.story)[0]["person_id"]
    with town.database.begin() as tx:
        erasure.erase(tx, [("pe", person)], now=town.now)
    assert town.rows(t.story) == []
    assert not keeps(town, calling)


def test_the_journal_erases_it_again_after_a_restore(town):
    calling = tells(town)
    keeps(town, calling)
    person = town.rows(t.story)[0]["person_id"]
    with town.database.begin() as tx:
        later = [("pe", vault_of(tx).mark("pe", "erased", person))]  # as a journal of a later time names her
        assert erasure.reapply(tx, later, now=town.now) == 1
    assert town.rows(t.story) == []


def test_those_who_try_a_draft_tell_nobody(town):
    keeps(town, tells(town))
    with town.database.begin() as tx:
        tx.execute(t.person.update().values(is_test=True))
    assert waiting(town) == []


@pytest.mark.parametrize(("beginning", "found"), [("c1", 1), ("c", 2), ("x", 0), ("%", 0)])
def test_a_story_is_found_by_the_beginning_of_its_id(town, beginning, found):
    keeps(town, tells(town))
    keeps(town, tells(town, "ben", "c2"))
    with town.database.begin() as tx:
        assert len(stories.begins_with(tx, "pe", beginning)) == found
