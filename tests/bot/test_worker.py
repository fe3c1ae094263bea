"""The worker goes on, whatever one conversation, one call or one pack does."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from bot import worker as the_worker
from bot.turns import take_turns
from bot.worker import microseconds
from flows.state import State
from flows.values import Inbound
from pasito.deployment import Deployment, deployment, keep_programme, publish
from pasito.settings import read_settings
from store import packs, shared
from store import tables as t
from store.engine import Database
from store.errors import TryAgainError
from store.inbox import Accepted, Address, Arrival, accept, claim


class House:
    """A deployment whose worker looks around often, and people who write to it."""

    def __init__(self, here: Deployment) -> None:
        self.here = here

    def accepts(self, who: str, text: str = "hello") -> Accepted:
        inbound = Inbound(secrets.token_hex(8), text=text, seed=secrets.token_hex(16))
        arrival = Arrival("base", "web", inbound, microseconds(), Address("web", who))
        accepted = self.here.writer.submit(accept, arrival).result()
        assert accepted.conversation
        return accepted

    def writes(self, who: str, text: str = "hello") -> Accepted:
        """Somebody writes and waits until she is answered."""
        accepted = self.accepts(who, text)
        self.here.worker.ring("base", accepted.conversation)
        until(lambda: self.is_done(accepted))
        return accepted

    def is_done(self, accepted: Accepted) -> bool:
        return bool(self.row(t.conversation, id=accepted.conversation)["done_seq"] >= accepted.seq)

    def rows(self, table: Any, **where: Any) -> list[dict[str, Any]]:
        with self.here.database.read() as tx:
            wanted = select(table).where(*(table.c[name] == value for name, value in where.items()))
            return [dict(row) for row in tx.execute(wanted).mappings()]

    def row(self, table: Any, **where: Any) -> dict[str, Any]:
        (row,) = self.rows(table, **where)
        return row

    def changes(self, table: Any, **values: Any) -> None:
        self.here.writer.call(lambda tx: tx.execute(update(table).values(**values)).rowcount).result()

    def said_to(self, accepted: Accepted) -> list[str]:
        rows = self.rows(t.outbox, conversation_id=accepted.conversation, cause=accepted.seq)
        return [row["body"]["text"] for row in rows]

    def calls(self, accepted: Accepted, name: str) -> str:
        """A turn of this conversation has asked for a call."""
        row = {
            "programme_id": "base", "conversation_id": accepted.conversation, "id": secrets.token_hex(4),
            "name": name, "arguments": {}, "attempts": 0, "due_at": 1,
        }  # fmt: skip
        self.here.writer.call(lambda tx: tx.execute(t.call.insert().values(row)).rowcount).result()
        return str(row["id"])

    def result_of(self, call: str) -> dict[str, Any] | None:
        for row in self.rows(t.inbox, kind="result"):
            if row["body"]["data"]["id"] == call:
                return dict(row["body"]["data"])
        return None


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "It did not come to pass."
        time.sleep(0.02)
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres_url"))


@pytest.fixture
def house(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(the_worker, "CARE_SECONDS", 0.05)
    monkeypatch.setattr(the_worker, "LOOK_SECONDS", 0.1)
    made = deployment(read_settings(data_dir=tmp_path, database_url=url, env="development"))
    yield House(made)
    made.close()


def break_turns_of(house: House, monkeypatch: pytest.MonkeyPatch, conversation: str | None) -> None:
    """From now on no turn of this conversation can be written."""

    def take(claimed: Any, *rest: Any) -> Any:
        finished = take_turns(claimed, *rest)
        if claimed.conversation != conversation:
            return finished
        row, turn = finished.turns[0]
        broken = replace(turn, state=replace(turn.state, answers={"a": {1, 2}}))  # no database takes a set
        return replace(finished, turns=((row, broken),))

    monkeypatch.setattr(the_worker, "take_turns", take)


def test_a_turn_that_cannot_be_written_is_counted_and_the_others_are_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    house.here.worker.on_finished.append(lambda _, conversation: told.append(conversation))
    ana, ben = house.accepts("ana"), house.accepts("ben")
    break_turns_of(house, monkeypatch, ana.conversation)
    house.here.worker.start()
    house.here.writer.ring()
    until(lambda: house.row(t.inbox, conversation_id=ana.conversation)["attempts"] == 1)
    until(lambda: ben.conversation in told)
    assert house.said_to(ben)
    talk = house.row(t.conversation, id=ana.conversation)
    assert (talk["done_seq"], talk["worker"]) == (0, None)  # it rests, and then it is tried again


def test_after_the_last_try_the_letter_is_dead_and_a_calm_sentence_is_said(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = house.accepts("ana")
    break_turns_of(house, monkeypatch, ana.conversation)
    house.changes(t.inbox, attempts=4)
    house.here.worker.start()
    house.here.writer.ring()
    until(lambda: house.is_done(ana))
    assert len(house.said_to(ana)) == 1
    assert house.row(t.dead_letter)["attempts"] == 5


def test_who_stands_in_a_version_that_is_gone_fails_alone_and_can_begin_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.turns.MOST_ATTEMPTS", 1)
    house.here.worker.start()
    ana = house.writes("ana")
    state = house.row(t.conversation, id=ana.conversation)["state"]
    lost = {**state, "frames": [{**frame, "structure": "gone"} for frame in state["frames"]]}
    house.changes(t.conversation, state=lost)
    ana, ben = house.accepts("ana", "1"), house.accepts("ben")
    house.here.writer.ring()
    until(lambda: house.is_done(ana) and house.is_done(ben))
    assert house.said_to(ben)
    assert house.row(t.dead_letter)["error"] == "UnknownVersionError"
    assert len(house.said_to(ana)) == 1
    assert house.row(t.conversation, id=ana.conversation)["state"]["frames"] == []
    assert house.said_to(house.writes("ana", "menu"))


def test_a_programme_without_a_live_version_does_not_hold_up_the_others(house: House) -> None:
    def open_another(tx: Any) -> None:
        tx.execute(t.programme.insert().values(id="mx", zone="Etc/UTC", created_at=1))
        account = {"programme_id": "mx", "id": "web", "channel": "web", "pulls": True, "created_at": 1}
        tx.execute(t.account.insert().values(account))
        inbound = Inbound("m:1", text="hola", seed=secrets.token_hex(16))
        accept(tx, [Arrival("mx", "web", inbound, 1, Address("web", "ana"))])

    house.here.writer.call(open_another).result()
    ben = house.accepts("ben")
    house.here.worker.start()
    house.here.writer.ring()
    until(lambda: house.is_done(ben))


def test_a_turn_names_the_version_that_is_live_in_the_store(house: House) -> None:
    house.accepts("ana")
    with house.here.database.read() as tx:
        live = packs.live(tx, "base")
    (claimed,) = house.here.writer.call(lambda tx: claim(tx, "w")).result()
    finished = take_turns(claimed, house.here.shelf, microseconds())
    assert live is not None
    assert finished.pack_version == live.version


def test_time_in_a_turn_is_never_before_what_came_in(house: House) -> None:
    house.accepts("ana")
    (claimed,) = house.here.writer.call(lambda tx: claim(tx, "w")).result()
    finished = take_turns(claimed, house.here.shelf, 1)  # the worker's clock stands still since 1970
    assert finished.now == claimed.rows[0].received_at
    assert finished.state.last_inbound == claimed.rows[0].received_at


@pytest.mark.parametrize("only_wanted", [False, True], ids=["run", "serve"])
def test_a_version_that_another_process_publishes_is_taken_up(house: House, only_wanted: bool) -> None:
    house.here.worker.only_wanted = only_wanted
    _, before = house.here.shelf.versions("base")
    house.here.worker.start()
    with house.here.database.read() as tx:
        sources = packs.sources(tx, "base", before)
    sources["pack.yaml"] += "\n# a new version\n"
    with house.here.database.begin() as tx:
        new = packs.publish(tx, "base", sources, structure="s", content="c", by="ben", now=microseconds())
    until(lambda: house.here.shelf.versions("base")[1] == new.version)


def test_a_call_that_never_comes_back_holds_up_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_worker, "CALL_SECONDS", 0.2)
    monkeypatch.setattr(the_worker, "CALL_REST_SECONDS", 0.1)
    never = threading.Event()
    house.here.worker.makers = {"hang": lambda _: never.wait(30), "quick": lambda _: "there"}
    house.here.worker.start()
    ana = house.writes("ana")
    hanging, quick = house.calls(ana, "hang"), house.calls(ana, "quick")
    assert until(lambda: house.result_of(quick)) == {"id": quick, "ok": True, "value": "there"}
    assert until(lambda: house.result_of(hanging)) == {"id": hanging, "ok": False}
    never.set()
    assert house.rows(t.call) == []


def test_timers_ring_while_calls_hang(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_worker, "CALL_SECONDS", 3.0)
    never = threading.Event()
    house.here.worker.makers = {"hang": lambda _: never.wait(30)}
    house.here.worker.start()
    ana = house.writes("ana")
    for _ in range(6):
        house.calls(ana, "hang")
    time.sleep(0.3)  # by now somebody has taken them
    row = {"programme_id": "base", "conversation_id": ana.conversation, "key": "r", "due_at": 1, "body": {}}
    house.here.writer.call(lambda tx: tx.execute(t.timer.insert().values(row)).rowcount).result()
    until(lambda: not house.rows(t.timer), seconds=2)
    never.set()


def test_a_call_that_failed_is_made_again_soon(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_worker, "CALL_REST_SECONDS", 0.1)
    tries: list[int] = []

    def make(calling: Any) -> str:
        tries.append(calling.attempts)
        if len(tries) < 3:
            raise OSError("not yet")
        return "at last"

    house.here.worker.makers = {"moody": make}
    house.here.worker.start()
    call = house.calls(house.writes("ana"), "moody")
    assert until(lambda: house.result_of(call), seconds=5) == {"id": call, "ok": True, "value": "at last"}
    assert tries == [1, 2, 3]


def test_starting_again_leaves_the_zone_that_was_published(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.changes(t.programme, zone="America/Lima")  # as another pack had it

    def compiled(*_: Any) -> Any:
        raise AssertionError("A start does not compile the pack on disk.")

    with monkeypatch.context() as patched:
        patched.setattr("pasito.deployment.compiled_pack", compiled)
        keep_programme(house.here.database, house.here.settings)
    assert house.row(t.programme)["zone"] == "America/Lima"
    published = publish(house.here.writer, house.here.settings, by="test")
    assert house.row(t.programme)["zone"] == published.pack.zone


def test_what_is_too_old_goes_round_after_round(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.erasure._PEOPLE_AT_ONCE", 1)
    for who in ("ana", "ben", "chen"):
        house.accepts(who)
    house.changes(t.conversation, last_inbound=1, ready_at=None)
    house.here.worker.start()
    until(lambda: not house.rows(t.person), seconds=5)


@pytest.mark.parametrize(
    "broken",
    [{"frames": [{"x": 1}]}, {"frames": 5}, {"answers": 5}, {"trail": [[["f", 5, 0]], [["f", "s", 0]]]}],
    ids=["a frame of nothing", "no frames", "no answers", "no structure"],
)
def test_a_conversation_that_cannot_be_read_holds_up_nobody_and_is_left_as_it_is(
    house: House, broken: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.turns.MOST_ATTEMPTS", 1)
    house.here.worker.start()
    ana = house.writes("ana")
    house.changes(t.conversation, state=broken)
    again, ben = house.accepts("ana", "menu"), house.accepts("ben")
    until(lambda: house.is_done(again) and house.is_done(ben))
    assert house.said_to(ben)
    assert len(house.said_to(again)) == 1
    assert house.row(t.dead_letter)["error"] == "UnreadableStateError"
    assert house.row(t.conversation, id=ana.conversation)["state"] == broken


def test_a_state_that_cannot_be_written_back_is_left_as_it_is_and_what_waited_is_a_dead_letter(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even with its failure: only what does not touch the state can be written."""
    monkeypatch.setattr("store.turns.MOST_ATTEMPTS", 1)
    house.here.worker.start()
    ana = house.writes("ana")
    before = house.row(t.conversation, id=ana.conversation)["state"]
    stored = shared.stored

    def stores(state: State) -> dict[str, Any]:
        if state.language:
            raise ValueError("we made a mistake")
        return stored(state)

    monkeypatch.setattr(shared, "stored", stores)
    again = house.accepts("ana", "menu")
    until(lambda: house.is_done(again))
    assert house.row(t.dead_letter)["error"] == "ValueError"
    assert len(house.said_to(again)) == 1
    assert house.row(t.conversation, id=ana.conversation)["state"] == before


def test_whoever_stumbles_gets_up_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's thread does not end with a fault of ours; what it had in hand comes again."""
    falls = iter([ValueError("we made a mistake")])

    def weigh(finished: Any) -> int:
        for fall in falls:
            raise fall
        return 1_000

    monkeypatch.setattr("store.turns.size_of", weigh)
    monkeypatch.setitem(claim.__kwdefaults__ or {}, "lease_seconds", 0.2)
    house.here.worker.start()
    ana = house.accepts("ana")
    until(lambda: house.is_done(ana))
    assert house.said_to(ana)


def test_turns_of_a_claim_that_was_rolled_back_are_not_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are taken before the claim is durable; what counts is the claim that became so."""
    listening, heard = threading.Event(), threading.Event()
    claims: list[list[Any]] = []
    written: list[Any] = []
    begin, finish = Database.begin, the_worker.turns.finish_turns

    def hold_up(_: str, __: str) -> None:
        listening.set()
        assert heard.wait(10)

    def claims_now(*given: Any, **named: Any) -> list[Any]:
        if claimed := claim(*given, **named):
            claims.append(claimed)
        return claimed

    def finishes(tx: Connection, finished: Any) -> Any:
        written.extend(one.claimed for one in finished)
        return finish(tx, finished)

    @contextmanager
    def fails_after_the_first_claim(database: Database) -> Iterator[Connection]:
        before = len(claims)
        with begin(database) as tx:
            yield tx
            if (before, len(claims)) == (0, 1):
                raise TryAgainError("The transaction fails with its commit.")

    house.here.worker.on_finished.append(hold_up)
    house.here.worker.start()
    house.accepts("ben")
    assert listening.wait(10)  # the worker is busy and sees both claims afterwards
    monkeypatch.setattr(the_worker.inbox, "claim", claims_now)
    monkeypatch.setattr(the_worker.turns, "finish_turns", finishes)
    monkeypatch.setattr(Database, "begin", fails_after_the_first_claim)
    ana = house.accepts("ana")
    heard.set()
    until(lambda: house.is_done(ana))
    assert written[0] is claims[1][0]


# --- many timers at once --------------------------------------------------------------------------


def test_who_writes_is_answered_before_a_crowd_of_timers_is_worked_off(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(the_worker, "TIMERS_AT_ONCE", 4)
    monkeypatch.setattr(the_worker, "TIMERS_AT_ONCE_POSTGRES", 4)
    house.here.worker.start()
    talks = [house.writes(f"p{n}").conversation for n in range(12)]
    rows = [
        {
            "programme_id": "base",
            "conversation_id": talk,
            "key": f"t{n}",
            "due_at": 1,
            "body": {"flow": "gone"},
        }
        for talk in talks
        for n in range(20)
    ]
    done: list[str] = []
    house.here.worker.on_finished.append(lambda _, conversation: done.append(conversation))
    house.here.writer.call(lambda tx: tx.execute(t.timer.insert(), rows).rowcount).result()
    until(lambda: len(done) > 3)
    ana = house.accepts("ana")
    house.here.worker.ring("base", str(ana.conversation))
    until(lambda: ana.conversation in done)
    assert house.rows(t.timer)  # she did not wait for the others
    until(lambda: not house.rows(t.timer) and not house.rows(t.inbox, done_at=None))
    woken = [row for row in house.rows(t.inbox) if row["kind"] == "timer"]
    assert len(woken) == len(rows)


def test_timers_ring_though_people_write_all_the_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    # Somebody always waits for an answer.
    monkeypatch.setattr(the_worker.Worker, "_may_wake", lambda _: False)
    house.here.worker.start()
    ana = house.writes("ana")
    row = {"programme_id": "base", "conversation_id": ana.conversation, "key": "t", "due_at": 1, "body": {}}
    house.here.writer.call(lambda tx: tx.execute(t.timer.insert().values(row)).rowcount).result()
    until(lambda: not house.rows(t.timer), seconds=3)
