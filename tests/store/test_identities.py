"""A person is found by any of her addresses, and takes her conversation along when she moves."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from store import tables as t
from store.engine import open_database
from store.inbox import Address, accept
from store.pacing import NO_LIMITS
from store.programmes import keep_account, keep_programme
from store.writer import Writer
from tests.store import oracle
from tests.store.sending import TIP, claims

ACCOUNT = "whatsapp/default"
PHONE, NEW_PHONE = Address("whatsapp", "51987654321"), Address("whatsapp", "51900000001")
ID, NEW_ID = Address("whatsapp_id", "PE.1349"), Address("whatsapp_id", "PE.7777")


@pytest.fixture
def town(town):
    with town.database.begin() as tx:
        keep_account(tx, "pe", ACCOUNT, channel="whatsapp", pulls=False, now=town.now)
    yield town
    with town.database.read() as tx:
        assert oracle.violations(tx) == []


def writes(town, address, *aliases, moved_from=None, account=ACCOUNT):
    """Somebody writes from an address; gives back her conversation."""
    arrival = town.arrival("x", account=account)
    arrival = replace(arrival, address=address, aliases=aliases, moved_from=moved_from)
    with town.database.begin() as tx:
        return accept(tx, [arrival])[0].conversation


def answers(town):
    """Every conversation gets a reply; where they would go, by (kind, address)."""
    for claimed in town.claims():
        town.finishes(town.finished(claimed, replies=(TIP,)))
    found = claims(town, {("pe", ACCOUNT): NO_LIMITS})
    return [(outgoing.address_kind, outgoing.address) for outgoing in found]


def people(town):
    return len(town.rows(t.person))


def test_a_stranger_with_two_addresses_is_one_person(town):
    conversation = writes(town, PHONE, ID)
    assert people(town) == 1
    assert len(town.rows(t.identity)) == 2
    assert answers(town) == [(PHONE.kind, PHONE.value)]
    assert writes(town, PHONE, ID) == conversation


def test_she_is_found_by_each_of_her_addresses_and_answered_where_she_wrote_last(town):
    conversation = writes(town, PHONE, ID)
    assert writes(town, ID) == conversation
    assert answers(town) == [(ID.kind, ID.value)]
    assert writes(town, PHONE) == conversation
    assert people(town) == 1


def test_an_address_that_is_missing_is_added(town):
    conversation = writes(town, PHONE)
    writes(town, PHONE, ID)
    assert writes(town, ID) == conversation
    assert len(town.rows(t.identity)) == 2


def test_an_unknown_address_with_a_known_alias_is_the_same_person(town):
    conversation = writes(town, PHONE)
    assert writes(town, ID, PHONE) == conversation
    assert answers(town) == [(ID.kind, ID.value)]
    assert people(town) == 1


def test_an_alias_that_is_somebody_elses_stays_hers(town):
    anas, doras = writes(town, PHONE), writes(town, ID)
    assert writes(town, PHONE, ID) == anas
    assert writes(town, ID) == doras
    assert people(town) == 2


def test_on_another_account_she_is_the_same_person_with_another_conversation(town):
    with town.database.begin() as tx:
        keep_account(tx, "pe", "whatsapp/second", channel="whatsapp", pulls=False, now=town.now)
    here = writes(town, PHONE, ID)
    there = writes(town, ID, account="whatsapp/second")
    assert here != there
    assert people(town) == 1
    assert writes(town, PHONE, ID) == here


def test_who_changes_her_number_keeps_her_conversation_and_is_answered_at_the_new_one(town):
    conversation = writes(town, PHONE, ID)
    assert writes(town, NEW_PHONE, moved_from=PHONE) == conversation
    assert answers(town) == [(NEW_PHONE.kind, NEW_PHONE.value)]
    assert writes(town, NEW_PHONE) == conversation
    assert writes(town, ID) == conversation
    assert people(town) == 1
    assert PHONE.value not in str(town.rows(t.identity))


def test_who_gets_the_old_number_is_a_stranger(town):
    anas = writes(town, PHONE)
    writes(town, NEW_PHONE, moved_from=PHONE)
    assert writes(town, PHONE) != anas
    assert people(town) == 2


def test_a_new_number_that_belongs_to_somebody_else_merges_nobody(town):
    anas, doras = writes(town, PHONE), writes(town, NEW_PHONE)
    assert writes(town, NEW_PHONE, moved_from=PHONE) == doras
    assert writes(town, PHONE) == anas
    assert people(town) == 2


def test_a_new_number_that_she_has_already_takes_the_conversation_over(town):
    conversation = writes(town, PHONE, NEW_PHONE)
    assert writes(town, NEW_PHONE, moved_from=PHONE) == conversation
    assert answers(town) == [(NEW_PHONE.kind, NEW_PHONE.value)]
    assert len(town.rows(t.identity)) == 1


def test_a_number_of_nobody_that_has_changed_is_a_strangers(town):
    writes(town, NEW_PHONE, moved_from=PHONE)
    assert people(town) == len(town.rows(t.identity)) == 1


def test_both_her_number_and_her_id_may_change_at_once(town):
    conversation = writes(town, ID, PHONE)
    assert writes(town, NEW_ID, NEW_PHONE, moved_from=ID) == conversation
    assert writes(town, NEW_PHONE) == conversation
    assert people(town) == 1


def test_the_same_news_again_changes_nothing(town):
    conversation = writes(town, PHONE)
    for _ in range(2):
        assert writes(town, NEW_PHONE, moved_from=PHONE) == conversation
    assert len(town.rows(t.identity)) == 1


def test_messages_from_both_numbers_in_the_batch_of_the_change_are_hers(town):
    conversation = writes(town, PHONE)
    said = [(PHONE, None), (NEW_PHONE, PHONE), (NEW_PHONE, None), (PHONE, None)]
    arrivals = [replace(town.arrival("x", account=ACCOUNT), address=a, moved_from=m) for a, m in said]
    with town.database.begin() as tx:
        accepted = accept(tx, arrivals)
    assert [(one.conversation, one.seq) for one in accepted] == [(conversation, n) for n in (2, 3, 4, 5)]


def test_addresses_of_two_programmes_are_never_matched(town):
    with town.database.begin() as tx:
        keep_programme(tx, "vn", zone="UTC", now=town.now)
        keep_account(tx, "vn", ACCOUNT, channel="whatsapp", pulls=False, now=town.now)
    writes(town, PHONE, ID)
    elsewhere = replace(
        town.arrival("x", account=ACCOUNT), programme="vn", address=NEW_PHONE, aliases=(ID,), moved_from=PHONE
    )
    with town.database.begin() as tx:
        accept(tx, [elsewhere])
    assert people(town) == 2
    assert [row["programme_id"] for row in town.rows(t.identity)].count("pe") == 2


def test_two_processes_that_meet_a_stranger_at_once_make_one_person(town, database_url, secret):
    other = open_database(database_url, secret=secret)
    writers = [Writer(town.database), Writer(other)]
    go = threading.Barrier(2)
    found = []

    def meets(writer, person, swapped):
        go.wait()
        addresses = (Address("whatsapp", f"9{person:08}"), Address("whatsapp_id", f"PE.{person}"))
        first, second = reversed(addresses) if swapped else addresses
        arrival = replace(town.arrival("x", account=ACCOUNT), address=first, aliases=(second,))
        found.append(writer.submit(accept, arrival).result(20).conversation)

    for person in range(10):
        threads = [threading.Thread(target=meets, args=(w, person, n == 1)) for n, w in enumerate(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for writer in writers:
        writer.stop()
    other.close()
    assert people(town) == 10
    assert len(set(found)) == 10
    assert len(town.rows(t.identity)) == 20


def test_ordinary_messages_cost_no_statement_more(town, count_statements):
    def statements(*aliases):
        with count_statements(town.database) as counted, town.database.begin() as tx:
            accept(tx, [replace(town.arrival("x", account=ACCOUNT), address=PHONE, aliases=aliases)])
        return len(counted)

    writes(town, PHONE, ID)
    bell = 0 if town.database.is_sqlite else 1
    assert statements() == 4 + bell
    assert statements(ID) == 5 + bell
