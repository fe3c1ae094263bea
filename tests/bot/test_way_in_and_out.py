"""What platforms hand over is written before they are told so, and what is due goes out: with a platform of this test."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

import pasito.deployment as wiring
from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Courtesy, Delivery, Unreadable
from flows.values import Inbound
from pasito.deployment import Deployment, deployment
from pasito.settings import read_settings
from store import inbox, outbox
from store import tables as t
from store.deliveries import Status
from store.inbox import Address, Arrival
from store.outbox import Outcome, Outgoing
from store.pacing import NO_LIMITS

ACCOUNT = ChannelAccount("base", "telegram", "default", "http://127.0.0.1:1", NO_LIMITS, "token")
Answer = Callable[[Outgoing], Outcome]


def outcome(outgoing: Outgoing, state: Any = "sent", **more: Any) -> Outcome:
    more = {"provider_id": f"p{outgoing.conversation}{outgoing.place}", **more} if state == "sent" else more
    return Outcome(outgoing.programme, outgoing.conversation, outgoing.place, state, **more)


class Platform:
    """A client that keeps what it is given, and answers as it is told."""

    def __init__(self) -> None:
        self.account = ACCOUNT
        self.sent: list[Outgoing] = []
        self.shown: list[Courtesy] = []
        self.answers: list[Answer] = []
        self.closed = False

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.sent.append(outgoing)
        return self.answers.pop(0)(outgoing) if self.answers else outcome(outgoing)

    async def show(self, courtesy: Courtesy) -> None:
        self.shown.append(courtesy)

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture(params=["sqlite", "postgresql"])
def here(
    request: pytest.FixtureRequest, tmp_path: Path, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")
    monkeypatch.setattr(wiring, "channel_accounts", lambda _: (ACCOUNT,))
    monkeypatch.setattr(wiring, "connect", lambda *_: lambda _: platform)
    monkeypatch.setattr(wiring, "background", lambda *_: [])
    made = deployment(read_settings(data_dir=tmp_path, database_url=url, env="development"))
    made.start()
    yield made
    made.close()


def arrival(who: str, text: str = "hello", key: str = "1") -> Arrival:
    inbound = Inbound(f"m:{who}:{key}", text=text, seed="0" * 32)
    return Arrival("base", ACCOUNT.id, inbound, time.time_ns() // 1_000, Address("telegram", who))


def brings(here: Deployment, *arrivals: Arrival, **more: Any) -> None:
    asyncio.run(here.ingest.take(Delivery(arrivals, **more)))


def until(what: Callable[[], Any], patience: float = 10) -> Any:
    end = time.monotonic() + patience
    while not (found := what()):
        assert time.monotonic() < end, "It did not come to pass."
        time.sleep(0.01)
    return found


def rows(here: Deployment, table: Any) -> list[Any]:
    with here.database.read() as tx:
        return list(tx.execute(select(table)).mappings())


def test_what_ana_writes_is_answered_as_one_message(here: Deployment, platform: Platform) -> None:
    brings(here, arrival("ana"))
    (sent,) = until(lambda: platform.sent)
    assert (sent.address, sent.reply.kind) == ("ana", "question")
    assert sent.reply.text.startswith("Hello! I am Pasito.")
    until(lambda: [row["state"] for row in rows(here, t.outbox)] == ["sent"])


def test_the_same_delivery_again_is_answered_once(here: Deployment, platform: Platform) -> None:
    for _ in range(5):
        brings(here, arrival("ana"))
    until(lambda: platform.sent)
    brings(here, arrival("ben"))
    until(lambda: any(sent.address == "ben" for sent in platform.sent))
    assert [sent.address for sent in platform.sent] == ["ana", "ben"]


def test_what_was_not_taken_is_sent_again(here: Deployment, platform: Platform) -> None:
    platform.answers = [lambda o: outcome(o, "retry", after=0.05)]
    brings(here, arrival("ana"))
    first, second = until(lambda: platform.sent if len(platform.sent) > 1 else None)
    assert (first.place, first.attempts, second.attempts) == (second.place, 1, 2)


def test_a_fault_of_ours_loses_no_reply(
    here: Deployment, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: Outgoing) -> Outcome:
        raise ZeroDivisionError

    platform.answers = [breaks]
    brings(here, arrival("ana"), arrival("ben"))
    until(lambda: len(platform.sent) == 2)
    states = until(lambda: _states(here) if "sent" in _states(here) else None)
    assert sorted(states) == ["queued", "sent"]


def _states(here: Deployment) -> list[str]:
    return [row["state"] for row in rows(here, t.outbox)]


def test_one_that_may_have_arrived_does_not_hold_back_the_next(here: Deployment, platform: Platform) -> None:
    platform.answers = [lambda o: outcome(o, "unknown")]
    brings(here, arrival("ana"))
    until(lambda: _states(here) == ["unknown"])
    brings(here, arrival("ana", "own", key="2"))
    until(lambda: len(platform.sent) == 2)


def test_somebody_who_pressed_is_told_politely(here: Deployment, platform: Platform) -> None:
    pressed = Courtesy(ACCOUNT.id, "pressed", "cb1", "ana", "7")
    brings(here, arrival("ana"), courtesies=(pressed,))
    until(lambda: platform.shown == [pressed])


def test_what_cannot_be_read_is_kept_for_the_operator(here: Deployment, platform: Platform) -> None:
    bad = Unreadable("base", ACCOUNT.id, "u:1", "a message without a chat")
    brings(here, arrival("ana"), unreadable=(bad,))
    until(lambda: platform.sent)
    (letter,) = rows(here, t.dead_letter)
    assert letter["error"] == "a message without a chat"


def test_one_item_that_the_store_refuses_does_not_keep_back_its_neighbours(
    here: Deployment, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = inbox.accept

    def accept(tx: Any, arrivals: Any) -> Any:
        if any(one.inbound.text == "poison" for one in arrivals):
            raise ValueError("nobody can take this")
        return real(tx, arrivals)

    monkeypatch.setattr(inbox, "accept", accept)
    brings(here, arrival("ana"), arrival("ben", "poison"), arrival("chen"))
    until(lambda: {sent.address for sent in platform.sent} == {"ana", "chen"})
    (letter,) = rows(here, t.dead_letter)
    assert "refused" in letter["error"]


def test_a_status_says_that_a_message_was_read(here: Deployment, platform: Platform) -> None:
    brings(here, arrival("ana"))
    until(lambda: _states(here) == ["sent"])
    (row,) = rows(here, t.outbox)
    brings(here, statuses=(Status("base", ACCOUNT.id, row["provider_id"], "read", 5),))
    assert [row["read_at"] for row in rows(here, t.outbox)] == [5]


def test_that_a_reply_was_sent_is_not_forgotten_while_the_database_is_away(
    here: Deployment, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be in doubt, and what follows would wait for the end of its lease."""
    away = iter([OperationalError("UPDATE", None, sqlite3.OperationalError("database or disk is full"))] * 2)
    mark = outbox.mark

    def marks(tx: Any, outcomes: Any) -> Any:
        for error in away:
            raise error
        return mark(tx, outcomes)

    monkeypatch.setattr(outbox, "mark", marks)
    monkeypatch.setattr("bot.sender.TIRED_SECONDS", 0.05)
    brings(here, arrival("ana"))
    until(lambda: _states(here) == ["sent"])
    assert len(platform.sent) == 1


def test_what_was_claimed_when_the_sender_stops_is_in_no_doubt(
    here: Deployment, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent any more, and nothing waits for the end of a lease."""
    sender = here.sender
    monkeypatch.setattr(sender, "_fly", lambda work: work.close())
    monkeypatch.setattr(sender, "_once", lambda: asyncio.sleep(0.01))
    brings(here, arrival("ana"))
    until(lambda: _states(here) == ["sending"])
    sender.stop()
    until(lambda: _states(here) == ["queued"])
    assert platform.sent == []


def test_the_line_is_closed_with_the_process(here: Deployment, platform: Platform) -> None:
    here.sender.stop()
    assert platform.closed


def test_what_one_process_takes_in_another_answers_at_once(
    empty_postgres_url: str, tmp_path: Path, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks by himself in this test: the worker has to be told."""
    for name in ("bot.worker.IDLE_SECONDS", "bot.sender.LOOK_SECONDS"):
        monkeypatch.setattr(name, 60.0)
    monkeypatch.setattr(wiring, "channel_accounts", lambda _: (ACCOUNT,))
    monkeypatch.setattr(wiring, "connect", lambda *_: lambda _: platform)
    monkeypatch.setattr(wiring, "background", lambda *_: [])
    settings = read_settings(data_dir=tmp_path, database_url=empty_postgres_url, env="development")
    worker = deployment(settings)
    web = deployment(settings, only_wanted=True)
    worker.start()
    web.start()
    try:
        for who in ("ana", "ben"):
            web.writer.submit(inbox.accept, arrival(who)).result()
            until(lambda who=who: any(sent.address == who for sent in platform.sent), patience=5)
    finally:
        web.close()
        worker.close()
