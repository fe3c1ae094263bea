"""Published packs never change, API keys are shown once, pictures are for one conversation."""

from __future__ import annotations

import pytest

from flows.state import Frame, State
from store import keys, packs
from store import tables as t
from store.pictures import keep_picture, picture
from store.programmes import programmes
from store.scope import Scope

FILES = {"pack.yaml": "pack: pe", "flows/hello.yaml": "flow: hello"}
DAY = 86_400_000_000


def publishes(town, files, structure="s1"):
    with town.database.begin() as tx:
        return packs.publish(tx, "pe", files, structure=structure, content="c", by="ben", now=town.now)


def test_the_last_published_version_is_live_and_can_be_read(town):
    with town.database.read() as tx:
        assert packs.live(tx, "pe") is None
    first = publishes(town, FILES)
    second = publishes(town, {**FILES, "pack.yaml": "pack: pe2"}, "s2")
    with town.database.read() as tx:
        assert packs.live(tx, "pe") == second
        assert packs.sources(tx, "pe", first.version) == FILES
        assert [version.number for version in packs.history(tx, "pe")] == [2, 1]
        assert packs.with_structure(tx, "pe", "s1") == first


def test_the_same_files_are_the_same_version(town):
    assert publishes(town, FILES) == publishes(town, dict(reversed(FILES.items())))


def test_the_pointer_goes_back_but_only_to_what_was_published(town):
    first = publishes(town, FILES)
    publishes(town, {"pack.yaml": "other"})
    with town.database.begin() as tx:
        packs.make_live(tx, "pe", first.version)
        assert packs.live(tx, "pe") == first
        with pytest.raises(packs.NoSuchVersionError):
            packs.make_live(tx, "pe", "never")
        with pytest.raises(packs.NoSuchVersionError):
            packs.sources(tx, "pe", "never")


def test_a_key_is_recognised_until_it_is_revoked_or_over(town):
    with town.database.begin() as tx:
        key, text = keys.make_key(tx, "pe", label="web", scopes={"events"}, now=1, expires_at=100)
        assert keys.key_of(tx, text, 99) == key
        assert keys.key_of(tx, text, 100) is None
        assert keys.key_of(tx, text[:-1] + "x", 99) is None
        assert keys.key_of(tx, "pasito__", 99) is None
        assert keys.keys(tx, "pe") == [key]
        assert keys.revoke(tx, "pe", key.prefix, 50)
        assert not keys.revoke(tx, "pe", key.prefix, 51)
        assert keys.key_of(tx, text, 99) is None
    assert text.rpartition("_")[2] not in str(town.rows(t.api_key))


def test_a_repeated_request_gets_the_answer_it_got(town):
    def begins(body="h1"):
        with town.database.begin() as tx:
            return keys.begin_request(tx, "pe", "key", "k1", body, town.now)

    assert begins().how == "new"
    assert begins().how == "running"
    assert begins("h2").how == "other"
    with town.database.begin() as tx:
        keys.answer(tx, "pe", "key", "k1", 201, {"ok": True})
    assert begins() == keys.Repeat("same", 201, {"ok": True})


def test_a_picture_is_shown_for_a_day_and_never_to_another_conversation(town):
    with town.database.begin() as tx:
        id = keep_picture(tx, "pe", "anas", b"png", town.now)
        assert picture(tx, "pe", "anas", id, town.now) == b"png"
        assert picture(tx, "pe", "doras", id, town.now) is None
        assert picture(tx, "other", "anas", id, town.now) is None
        assert picture(tx, "pe", "anas", id, town.now + DAY) is None


def test_a_scope_lets_only_its_programmes_through(town):
    columns = t.account.c
    with town.database.read() as tx:
        assert programmes(tx) == ["pe"]
        for scope, found in (
            (Scope(frozenset({"pe"})), 2),
            (Scope(frozenset({"mx"})), 0),
            (Scope(frozenset()), 0),
        ):
            query = t.account.select().where(scope.allows(columns.programme_id))
            assert len(tx.execute(query).all()) == found


def test_the_structures_that_conversations_stand_in_are_counted(town):
    def stands_in(who, *structures, trail=()):
        frames = tuple(Frame("f", structure) for structure in structures)
        town.talks(who, State(frames=frames, trail=trail))

    stands_in("ana", "s1", "s1")
    stands_in("ben", "s1", trail=((("welcome", "s0", 0),),))
    stands_in("chen")
    with town.database.read() as tx:
        assert packs.standing_in(tx, "pe") == {"s1": 2, "s0": 1}
        assert packs.standing_in(tx, "mx") == {}
