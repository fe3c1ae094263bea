"""What is erased is gone: from the tables, and on SQLite from the bytes of the files."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import JSON, LargeBinary, Text, make_url, select

from flows.state import Assessment, Business, Frame, State
from flows.values import Call, Consent, Event, Inbound, Reply, Timer, Turn
from store import campaigns, erasure, merging, outbox
from store import tables as t
from store.engine import open_database
from store.inbox import Arrival, accept
from store.links import make_link
from store.pacing import Limits
from store.pictures import keep_picture
from store.turns import Failure, FinishedTurn

CANARY = "CANARIO-7f3a"
DAY = 86_400_000_000
KEPT_WITHOUT_HER = {
    "programme",
    "account",
    "tally",
    "film_day",
    "programme_day",
    "erasure",
    "inbox",
    "api_key",
    "campaign",
    "template_state",
}
WITHOUT_HER_WORDS = {"pack_version", "idempotency", "merge_code"}


def leave_traces(town, who="ana", business="b1"):
    """A talk of Ana that leaves the canary in every place where words can lie."""
    state = town.agreed(
        Business(business, CANARY, {"sector": CANARY}, {"package": [CANARY]}),
        frames=(Frame("f", "s", notes={"said": CANARY}),),
        answers={"why": CANARY},
        assessment=Assessment(f"a{business}", "quick", CANARY, {"P1": CANARY}, {"level": CANARY}, 1),
        businesses=({"id": "b0", "label": CANARY},),
    )
    finish = town.talks(
        who,
        state,
        text=CANARY,
        replies=(Reply(CANARY),),
        events=(Event("video_played", {"film": "V01", "free": CANARY}),),
        timers=(Timer("t", 99, body={"x": CANARY}),),
        calls=(Call("c1", CANARY, {"x": CANARY}),),
        consents=(Consent("guidance", True, CANARY, "es", business),),
    )
    town.writes(who, CANARY + " and more")
    (claimed,) = town.claims(only=[("pe", finish.conversation)])
    failed = claimed.rows[0].__class__(claimed.rows[0].seq, claimed.rows[0].inbound, town.now, attempts=4)
    town.finishes(FinishedTurn(claimed, (), town.now, failure=Failure(failed, CANARY)))
    town.writes(who, CANARY + " not worked on")
    with town.database.begin() as tx:
        keep_picture(tx, "pe", finish.conversation, CANARY.encode(), town.now)
        make_link(tx, "pe", finish.conversation, "film", "es", town.now, film=CANARY)
        merging.make_code(tx, "pe", finish.conversation, town.now)
        campaigns.begin(tx, "pe", "fair", flow="fair", templates=[], now=town.now)
        hers = campaigns.Planned(claimed.person, finish.conversation, town.now + DAY)
        assert campaigns.plan(tx, "pe", "fair", {"campaign": "fair"}, [hers]) == 1
        outbox.claim_due(tx, {("pe", "telegram/default"): Limits(1, 1, 0, 1)}, 1)
    return finish, claimed.person


def erases(town, person):
    with town.database.begin() as tx:
        return erasure.erase(tx, [("pe", person)], now=town.now)


def test_the_canary_lies_in_every_table_that_holds_words_of_a_person(town):
    leave_traces(town)
    for table in t.metadata.sorted_tables:
        words = [c for c in table.c if isinstance(c.type, JSON | LargeBinary)]
        if words and table.name not in KEPT_WITHOUT_HER - {"inbox"} | WITHOUT_HER_WORDS:
            assert CANARY in str(town.rows(table)), table


def test_after_erasing_the_canary_is_in_no_row_and_no_file(town, database_url):
    _, person = leave_traces(town)
    assert erases(town, person) == 1
    for table in t.metadata.sorted_tables:
        rows = [row for row in town.rows(table) if row.get("conversation_id") != ""]  # an account's own pace
        assert CANARY not in str(rows), table
        if table.name not in KEPT_WITHOUT_HER:
            assert rows == [], table
    if town.database.is_sqlite:
        file = Path(str(make_url(database_url).database))
        for path in file.parent.glob(f"{file.name}*"):
            assert CANARY.encode() not in path.read_bytes(), path


def test_a_reader_in_the_way_delays_the_overwriting_to_the_next_commit(town, database_url):
    if not town.database.is_sqlite:
        pytest.skip("only SQLite keeps old pages in a file of ours")
    _, person = leave_traces(town)
    log = Path(f"{make_url(database_url).database}-wal")
    with town.database.read() as reader:
        reader.execute(select(t.person.c.id)).all()
        erases(town, person)
        assert CANARY.encode() in log.read_bytes()
    town.writes("ben")
    assert CANARY.encode() not in log.read_bytes()


def test_the_bare_key_stays_so_that_a_late_delivery_is_not_taken_for_a_new_one(town):
    town.writes("ana", key="m:1")
    claimed = town.claims_one()
    town.finishes(town.finished(claimed))
    erases(town, claimed.person)
    assert not town.writes("ana", key="m:1").new
    assert town.rows(t.person) == []


def test_somebody_else_keeps_everything(town):
    _, ana = leave_traces(town)
    leave_traces(town, "ben", "b2")
    erases(town, ana)
    assert [row["id"] for row in town.rows(t.business)] == ["b2"]
    assert len(town.rows(t.event)) == len(town.rows(t.person)) == len(town.rows(t.conversation)) == 1
    assert [row["plays"] for row in town.rows(t.film_day)] == [1]


def test_a_business_goes_with_its_last_member(town):
    _, ana = leave_traces(town)
    town.talks("ben", State(language="es"))
    (ben,) = {row["id"] for row in town.rows(t.person)} - {ana}
    with town.database.begin() as tx:
        tx.execute(
            t.membership.insert().values(
                programme_id="pe", person_id=ben, business_id="b1", current=True, created_at=1
            )
        )
    erases(town, ana)
    assert [row["id"] for row in town.rows(t.business)] == ["b1"]
    erases(town, ben)
    assert town.rows(t.business) == town.rows(t.assessment) == []


def test_who_asks_to_be_erased_gets_the_reply_as_a_stranger(town):
    leave_traces(town)
    town.writes("ana", "borrar mis datos")
    claimed = town.claims_one()
    town.writes("ana", "hola de nuevo")
    turns = tuple((row, Turn(State(language="es"), erase=row is claimed.rows[-1])) for row in claimed.rows)
    turns = (
        *turns[:-1],
        (turns[-1][0], Turn(State(language="es"), replies=(Reply("Borrado."),), erase=True)),
    )
    (finish,) = town.finishes(FinishedTurn(claimed, turns, town.now))
    assert finish.outcome == "written"
    assert finish.conversation != claimed.conversation
    assert [row["body"]["text"] for row in town.rows(t.outbox)] == ["Borrado."]
    assert CANARY not in "".join(str(town.rows(table)) for table in t.metadata.sorted_tables)
    stranger = town.claims_one()
    assert stranger.conversation == finish.conversation
    assert stranger.person != claimed.person
    assert stranger.state == State(language="es")
    assert [row.inbound.text for row in stranger.rows] == ["hola de nuevo"]
    town.finishes(town.finished(stranger))
    assert town.writes("ana").conversation == finish.conversation


def test_a_restored_backup_is_erased_again_from_the_journal(town, tmp_path, secret, database_url):
    _, ana = leave_traces(town)
    with town.database.read() as tx:
        before = [dict(row) for row in tx.execute(select(t.person)).mappings()]
    erases(town, ana)
    with town.database.read() as tx:
        journal = erasure.journal(tx)
    assert ana not in str(journal)
    with town.database.begin() as tx:  # the backup brings her back
        tx.execute(t.person.insert(), before)
        assert erasure.reapply(tx, journal, now=town.now) == 1
    assert town.rows(t.person) == []


def retires(town, later):
    with town.database.begin() as tx:
        return erasure.retire(tx, now=town.now + later)


def test_a_talk_without_consent_is_gone_a_day_after_its_last_message(town):
    town.talks("ana", State(language="es", answers={"a": "b"}))
    town.talks("ben", town.agreed())
    retires(town, DAY)
    assert len(town.rows(t.person)) == 2
    retires(town, DAY + 1)
    assert [row["kept"] for row in town.rows(t.conversation)] == [True]
    assert len(town.rows(t.person)) == len(town.rows(t.identity)) == 1


def test_words_go_after_a_day_and_bare_rows_after_thirty_five(town):
    town.talks("ana", town.agreed(), replies=(Reply("a"),))
    retires(town, DAY + 1)
    assert [row["body"] for row in town.rows(t.inbox)] == [None]
    assert [row["body"] for row in town.rows(t.outbox)] == [None]
    retires(town, 35 * DAY + 1)
    assert town.rows(t.inbox) == town.rows(t.outbox) == []


def test_what_was_not_worked_on_is_kept_however_long_it_takes(town):
    town.talks("ana", town.agreed())
    town.writes("ana", "todavía")
    retires(town, 40 * DAY)
    assert [row.inbound.text for row in town.claims_one().rows] == ["todavía"]


def test_somebody_silent_for_a_year_is_erased(town):
    leave_traces(town)
    retires(town, 365 * DAY)
    assert len(town.rows(t.person)) == 1
    retires(town, 365 * DAY + 1)
    assert town.rows(t.person) == town.rows(t.business) == town.rows(t.event) == []


def test_events_go_after_two_years_and_the_read_models_follow(town):
    played = (Event("video_played", {"film": "V01"}),)
    town.talks("ana", town.agreed(), events=played)
    town.now += 700 * DAY
    town.talks("ana", town.agreed(), events=played)
    retires(town, 31 * DAY)
    assert len(town.rows(t.event)) == 1
    assert [row["plays"] for row in town.rows(t.person_fact)] == [1]
    assert len(town.rows(t.person_day)) == 1
    assert sum(row["plays"] for row in town.rows(t.film_day)) == 1


def test_a_call_whose_person_was_erased_meanwhile_ends_in_nothing(town):
    finish, ana = leave_traces(town)
    erases(town, ana)
    result = Inbound("call:c1", kind="result", seed="0" * 32, data={"id": "c1"})
    with town.database.begin() as tx:
        arrival = Arrival("pe", "telegram/default", result, town.now, conversation=finish.conversation)
        assert accept(tx, [arrival])[0].conversation is None


def test_another_secret_does_not_open_an_address(town, database_url):
    town.writes("ana")
    (identity,) = town.rows(t.identity)
    assert town.database.vault.open("pe", "telegram", identity["sealed"]) == "ana"
    other = open_database(database_url, secret=b"another secret of 32 bytes here.")
    with pytest.raises(InvalidTag):
        other.vault.open("pe", "telegram", identity["sealed"])
    other.close()
    assert isinstance(t.identity.c.sealed.type, Text)


def test_what_is_too_old_goes_in_short_rounds_until_nothing_is_left(town, monkeypatch):
    monkeypatch.setattr(erasure, "_AT_ONCE", 2)
    monkeypatch.setattr(erasure, "_PEOPLE_AT_ONCE", 2)
    for n in range(5):
        town.talks(f"p{n}", State(language="es"), replies=(Reply("a"),))
        town.talks(f"k{n}", town.agreed(), events=(Event("video_played", {"film": "V01"}),))
    rounds = 1
    with town.database.begin() as tx:
        erasure.retire(tx, now=town.now + 731 * DAY)
    assert len(town.rows(t.person)) >= 6  # two of those who never agreed, two of the others
    while retires(town, 731 * DAY):
        rounds += 1
    assert rounds >= 2
    for table in (t.person, t.conversation, t.inbox, t.outbox, t.event, t.person_fact):
        assert [row for row in town.rows(table) if row.get("body", "") is not None] == [], table
    assert sum(row["plays"] for row in town.rows(t.film_day)) == 0


def test_who_writes_while_the_silent_are_looked_for_is_not_erased(town):
    town.talks("ana", State(language="es"))
    quiet = erasure._unkept(town.now + 1)
    town.now += 2
    with town.database.begin() as tx:
        found = tx.execute(quiet).all()
        assert len(found) == 1
        accept(tx, [town.arrival("ana")])
        nobody_else = select(t.person.c.programme_id, t.person.c.id)  # what was found before she wrote
        erasure._erase_quiet(tx, nobody_else, town.now - 1, town.now)
    assert len(town.rows(t.person)) == 1
