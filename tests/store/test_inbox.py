"""What comes in is kept once, in order, and worked on by one worker at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from flows.values import Inbound
from store import tables as t
from store.inbox import Address, Arrival, accept, claim
from store.lookups import whereabouts


def test_a_stranger_becomes_a_person_with_one_conversation(town):
    first, second = town.writes("ana"), town.writes("ana")
    assert first.new
    assert second.new
    assert first.conversation == second.conversation
    assert (first.seq, second.seq) == (1, 2)
    assert len(town.rows(t.person)) == len(town.rows(t.identity)) == 1


def test_a_repeated_delivery_is_accepted_once(town):
    first = town.writes("ana", key="m:1")
    again = town.writes("ana", key="m:1")
    assert not again.new
    assert again.same
    assert (again.conversation, again.seq) == (first.conversation, first.seq)
    assert len(town.rows(t.inbox)) == 1


def test_the_same_key_twice_in_one_batch_is_accepted_once(town):
    with town.database.begin() as tx:
        first, again = accept(tx, [town.arrival("ana", key="m:1"), town.arrival("ana", key="m:1")])
    assert first.new
    assert not again.new
    assert again.seq == first.seq


def test_the_same_key_with_another_body_is_told_apart(town):
    town.writes("ana", "uno", key="m:1")
    assert not town.writes("ana", "dos", key="m:1").same
    assert town.claims_one().rows[0].inbound.text == "uno"


def test_another_chance_is_not_another_body(town):
    arrival = town.arrival("ana", key="m:1")
    with town.database.begin() as tx:
        accept(tx, [arrival])
        again = accept(tx, [replace(arrival, inbound=replace(arrival.inbound, seed="f" * 32))])
    assert again[0].same


def test_one_person_on_two_accounts_of_a_programme_has_two_conversations(town):
    on_telegram, on_web = town.writes("ana"), town.writes("ana", account="web")
    assert on_telegram.conversation != on_web.conversation


def test_the_web_finds_the_conversation_of_a_cookie_without_making_one(town):
    conversation = town.writes("ana", account="web").conversation
    with town.database.read() as tx:
        assert whereabouts(tx, "pe", "web", Address("web", "ana")) == conversation
        assert whereabouts(tx, "pe", "web", Address("web", "dora")) is None
        assert whereabouts(tx, "pe", "telegram/default", Address("web", "ana")) is None


def test_a_claim_hands_out_what_waits_in_order_with_the_state(town):
    for text in ("uno", "dos", "tres"):
        town.writes("ana", text)
    claimed = town.claims_one()
    assert [row.inbound.text for row in claimed.rows] == ["uno", "dos", "tres"]
    assert [row.seq for row in claimed.rows] == [1, 2, 3]
    assert claimed.zone == "America/Lima"
    assert claimed.channel == "telegram"
    assert claimed.state.frames == ()


def test_a_claimed_conversation_is_not_handed_out_again(town):
    town.writes("ana")
    assert len(town.claims()) == 1
    town.writes("ana")
    assert town.claims() == []


def test_when_a_lease_ends_another_worker_takes_over_with_a_new_fence(town):
    town.writes("ana")
    (first,) = town.claims(lease_seconds=-1)
    (second,) = town.claims()
    assert second.fence > first.fence
    assert second.rows == first.rows


def test_a_claim_may_name_the_conversation_it_wants(town):
    town.writes("ana")
    bens = town.writes("ben")
    (claimed,) = town.claims(only=[("pe", bens.conversation)])
    assert claimed.conversation == bens.conversation


def test_no_more_than_the_limit_is_claimed_and_the_oldest_first(town):
    anas = town.writes("ana")
    bens = town.writes("ben")
    with town.database.begin() as tx:  # Ben waits longer
        tx.execute(update(t.conversation).where(t.conversation.c.id == bens.conversation).values(ready_at=1))
    assert [claimed.conversation for claimed in town.claims(limit=1)] == [bens.conversation]
    assert [claimed.conversation for claimed in town.claims(limit=1)] == [anas.conversation]


def test_an_arrival_for_a_conversation_that_is_gone_is_dropped(town):
    result = Arrival(
        "pe", "web", Inbound("call:1", kind="result", seed="0" * 32), town.now, conversation="gone"
    )
    with town.database.begin() as tx:
        (accepted,) = accept(tx, [result])
    assert accepted.conversation is None
    assert town.rows(t.inbox) == []


def test_addresses_and_keys_of_platforms_are_not_readable_in_the_database(town):
    town.writes("51987654321", key="m:51987654321:7")
    for table in (t.identity, t.inbox, t.conversation):
        assert "51987654321" not in str(town.rows(table))


def test_a_nul_and_half_a_surrogate_pair_do_no_harm(town):
    town.writes("ana", "a\0b \ud83d c")
    assert town.claims_one().rows[0].inbound.text == "a\N{REPLACEMENT CHARACTER}b ? c"


def test_the_number_of_statements_does_not_grow_with_the_batch(town, count_statements):
    def accept_and_claim(people: range) -> int:
        with count_statements(town.database) as counted, town.database.begin() as tx:
            accept(tx, [town.arrival(f"p{n}") for n in people])
            claim(tx, "worker")
        return len(counted)

    town.database.watch.steady = lambda: (
        0
    )  # else one of the two would look at the clock, as one does each second
    accept_and_claim(range(200, 202))
    assert accept_and_claim(range(2)) == accept_and_claim(range(100, 160))


def test_the_time_of_a_conversation_never_goes_back_when_two_clocks_differ(town):
    town.writes("ana", "sí")
    town.now -= 60_000_000  # another process, whose clock is a minute behind
    town.writes("ana", "hola")
    town.writes("ben", "hola")
    first, second, other = sorted(town.rows(t.inbox), key=lambda row: (-row["received_at"], row["seq"]))
    assert (first["received_at"], second["received_at"]) == (town.now + 60_000_000,) * 2
    assert other["received_at"] == town.now


def test_an_inbound_without_a_seed_is_refused(town):
    arrival = Arrival("pe", "web", Inbound("m:1", text="hola"), town.now, Address("web", "ana"))
    with pytest.raises(ValueError, match="seed"), town.database.begin() as tx:
        accept(tx, [arrival])
    assert town.rows(t.inbox) == []
