"""Links to films and papers: nobody can make one up, they end by themselves, and go with the person."""

from __future__ import annotations

import base64

import pytest

from store import erasure
from store import tables as t
from store.clock import DAY
from store.links import AGAIN, LASTS, Expired, Link, find_link, make_link


@pytest.fixture
def ana(town):
    town.talks("ana")
    (talk,) = town.rows(t.conversation)
    return talk["id"]


def make(town, conversation, now=None, *, what="film", film="V05", language="es-PE", small=True):
    with town.database.begin() as tx:
        return make_link(tx, "pe", conversation, what, language, now or town.now, film=film, small=small)


def find(town, token, now=None, what="film"):
    with town.database.read() as tx:
        return find_link(tx, token, [what], now or town.now)


def test_a_link_leads_to_its_film_and_its_conversation(town, ana):
    found = find(town, make(town, ana))
    assert isinstance(found, Link)
    assert (found.programme, found.account, found.conversation) == ("pe", "telegram/default", ana)
    assert (found.film, found.language, found.small) == ("V05", "es-PE", True)


def test_a_token_is_short_and_says_nothing(town, ana):
    token = make(town, ana)
    assert len(token) == 22
    raw = base64.urlsafe_b64decode(token + "==").hex()
    (row,) = town.rows(t.link)
    assert raw.startswith(row["id"])
    assert row["id"] not in ana


def test_the_same_film_has_the_same_link_for_ninety_days(town, ana):
    first = make(town, ana)
    assert make(town, ana, town.now + AGAIN - 1) == first
    assert make(town, ana, town.now + AGAIN) != first
    assert len(town.rows(t.link)) == 2


def test_what_differs_has_a_link_of_its_own(town, ana):
    town.talks("ben")
    ben = next(row["id"] for row in town.rows(t.conversation) if row["id"] != ana)
    tokens = {
        make(town, ana), make(town, ben), make(town, ana, film="V06"), make(town, ana, language="en"),
        make(town, ana, small=False), make(town, ana, what="guide", film=None), make(town, ana, what="plan", film=None),
    }  # fmt: skip
    assert len(tokens) == 7


def test_a_paper_has_the_same_link_too(town, ana):
    first = make(town, ana, what="guide", film=None, small=False)
    assert make(town, ana, what="guide", film=None, small=False) == first
    found = find(town, first, what="guide")
    assert (found.what, found.film, found.small) == ("guide", "", False)


def test_a_link_opens_nothing_else(town, ana):
    token = make(town, ana, what="guide", film=None, small=False)
    assert find(town, token, what="plan") is None
    assert find(town, token, town.now + LASTS, what="film") is None


class Untouchable:
    """A connection that may be asked for its keys alone."""

    def __init__(self, tx):
        self.info = tx.info


def test_a_tampered_token_is_refused_before_the_database_is_asked(town, ana):
    token = make(town, ana)
    with town.database.read() as tx:
        for place in range(22):
            other = "A" if token[place] != "A" else "B"
            assert (
                find_link(Untouchable(tx), token[:place] + other + token[place + 1 :], ["film"], town.now)
                is None
            )
        for odd in (
            "",
            "x",
            token[:-1],
            token + "A",
            "ñ" * 22,
            f"{token[:-1]}\n",
            "../" * 7 + "a",
            "\x00" * 22,
        ):
            assert find_link(Untouchable(tx), odd, ["film"], town.now) is None
        with pytest.raises(AttributeError):  # only what is ours is looked up
            find_link(Untouchable(tx), token, ["film"], town.now)


def test_a_link_ends_after_180_days_and_still_says_in_which_language(town, ana):
    token = make(town, ana)
    assert isinstance(find(town, token, town.now + LASTS - 1), Link)
    over = find(town, token, town.now + LASTS)
    assert isinstance(over, Expired)
    assert over.link
    assert over.link.language == "es-PE"


def test_what_is_long_over_is_forgotten(town, ana):
    """She goes on writing; who fell silent is erased with all that is hers."""
    token = make(town, ana)
    later = town.now + LASTS + 31 * DAY
    town.now = later - DAY
    town.writes("ana")
    with town.database.begin() as tx:
        erasure.retire(tx, now=later)
    assert town.rows(t.link) == []
    assert find(town, token, later) == Expired(None)


def test_erasing_a_person_erases_her_links(town, ana):
    token = make(town, ana)
    (person,) = (row["id"] for row in town.rows(t.person))
    with town.database.begin() as tx:
        erasure.erase(tx, [("pe", person)], now=town.now)
    assert town.rows(t.link) == []
    assert find(town, token) == Expired(None)


def test_a_link_for_somebody_who_was_just_erased_is_not_kept(town):
    token = make(town, "nobody")
    assert town.rows(t.link) == []
    assert find(town, token) == Expired(None)


def test_another_deployment_does_not_know_our_tokens(town, ana, tmp_path):
    from store.engine import open_database

    token = make(town, ana)
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}", secret=b"another secret of 32 bytes......")
    with other.read() as tx:
        assert find_link(Untouchable(tx), token, ["film"], town.now) is None
    other.close()
