"""Read models that are kept with the events are those one would make from the events anew."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from flows.values import Event
from store import erasure, events, read_models
from store import tables as t

DAY = 86_400_000_000
KINDS = {
    "person_registered": st.just({}),
    "visit_started": st.just({}),
    "diagnostic_started": st.just({"mode": "quick"}),
    "diagnostic_completed": st.just({"mode": "quick"}),
    "item_assigned": st.fixed_dictionaries({"gap": st.just("findable"), "rank": st.integers(1, 3)}),
    "item_opened": st.just({"gap": "findable"}),
    "quiz_answered": st.fixed_dictionaries({"first": st.booleans()}),
    "action_confirmed": st.just({"gap": "findable"}),
    "video_opened": st.fixed_dictionaries({"film": st.sampled_from(["V01", "V02"])}),
    "video_played": st.fixed_dictionaries({"film": st.sampled_from(["V01", "V02"])}),
    "video_completed": st.fixed_dictionaries({"film": st.sampled_from(["V01", "V02"])}),
    "opted_out": st.just({}),
}
happened = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: st.tuples(
        st.just(kind),
        KINDS[kind],
        st.sampled_from(["ana", "ben", None]),
        st.integers(0, 3),
        st.integers(0, 15),
        st.booleans(),
    )
)


def row(now, kind, data, person, day, is_test=False):
    at = now + day * DAY
    return events.row(
        "pe",
        kind,
        occurred_at=at,
        recorded_at=at,
        zone="UTC",
        channel="web",
        data=data,
        person=person,
        is_test=is_test,
    )


def contents(tx):
    """All read models, summed over the shards, without what has become nothing."""
    found = {}
    for table in read_models.TABLES:
        for one in tx.execute(select(table)).mappings():
            key = (table.name, *(one[c.name] for c in table.primary_key if c.name != "shard"))
            rest = {name: value for name, value in one.items() if name not in table.primary_key.columns}
            earlier = found.get(key)
            found[key] = read_models.merge(table.name, earlier, rest) if earlier else rest
    sums = {table.name for table in read_models.SUMS}
    return {key: value for key, value in found.items() if key[0] not in sums or any(value.values())}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(happened, max_size=6), max_size=5), erased=st.sampled_from([None, "ana"]))
def test_kept_read_models_equal_rebuilt_ones_also_after_an_erasure(town, batches, erased):
    with town.database.begin() as tx:
        for table in (t.event, *read_models.TABLES):
            tx.execute(table.delete())
        for batch in batches:
            for kind, data, person, day, shard, is_test in batch:
                tx.info["shard"] = shard
                events.append(tx, [row(town.now, kind, data, person, day, is_test)])
        if erased:
            erasure.forget(tx, [("pe", erased)])
        kept = contents(tx)
        read_models.rebuild(tx, "pe")
        assert kept == contents(tx)


def test_events_of_one_batch_and_one_by_one_give_the_same(town):
    rows = [row(town.now, "video_played", {"film": "V01"}, who, 0) for who in ("ana", "ana", "ben")]
    with town.database.begin() as tx:
        events.append(tx, rows)
        together = contents(tx)
        for table in (t.event, *read_models.TABLES):
            tx.execute(table.delete())
        for one in rows:
            events.append(tx, [one])
        assert together == contents(tx)
        assert together["film_day", "pe", rows[0]["local_day"], "V01"]["plays"] == 3


@pytest.mark.parametrize(
    ("what", "stage"),
    [
        ([], 0),
        ([("person_registered", {})], 1),
        ([("diagnostic_started", {}), ("person_registered", {})], 2),
        ([("diagnostic_completed", {})], 3),
        ([("item_opened", {})], 4),
        ([("item_assigned", {"rank": 2}), ("quiz_answered", {"first": True})], 5),
        ([("item_assigned", {"rank": 3}), ("quiz_answered", {"first": True})], 0),
        ([("item_assigned", {"rank": 1}), ("quiz_answered", {"first": True})], 6),
        ([("item_assigned", {"rank": 1}), ("quiz_answered", {"first": False})], 0),
        ([("action_confirmed", {}), ("item_opened", {})], 7),
    ],
)
def test_the_stage_is_the_highest_one_reached(town, what, stage):
    with town.database.begin() as tx:
        rows = [row(town.now, kind, data, "ana", 0) for kind, data in [("visit_started", {}), *what]]
        events.append(tx, rows)
        assert tx.execute(select(read_models.stage())).scalar_one() == stage


def test_trial_persons_are_in_no_read_model(town):
    with town.database.begin() as tx:
        events.append(tx, [row(town.now, "visit_started", {}, "dora", 0, is_test=True)])
        assert contents(tx) == {}


def test_a_turn_keeps_the_read_models(town):
    town.talks("ana", town.agreed(), events=(Event("visit_started"), Event("video_played", {"film": "V01"})))
    (fact,) = town.rows(t.person_fact)
    assert (fact["visits"], fact["plays"]) == (1, 1)
    assert [(film["film"], film["plays"]) for film in town.rows(t.film_day)] == [("V01", 1)]
