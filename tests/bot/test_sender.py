"""A film takes longer than a text: its lease is held, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

import bot.sender
from bot.channels.accounts import ChannelAccount
from bot.channels.delivery import Courtesy
from bot.sender import Sender
from flows.values import Reply
from store import outbox
from store.engine import Database
from store.outbox import Outcome, Outgoing
from store.pacing import NO_LIMITS
from store.programmes import keep_account, keep_programme
from store.writer import Writer
from tests.standins.films import FILM
from tests.store.conftest import NOW, Town
from tests.store.sending import states

ACCOUNT = ChannelAccount("pe", "telegram", "default", "http://127.0.0.1:1", NO_LIMITS, "token")


class Cinema:
    """A platform that takes texts at once and films when they may end."""

    account = ACCOUNT

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.begun: list[Reply] = []
        self.sent: list[Reply] = []

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.begun.append(outgoing.reply)
        while outgoing.reply.video and not self.may_end.is_set():  # noqa: ASYNC110 - the test is in another thread
            await asyncio.sleep(0.01)
        self.sent.append(outgoing.reply)
        return Outcome(outgoing.programme, outgoing.conversation, outgoing.place, "sent", provider_id="1")

    async def show(self, courtesy: Courtesy) -> None: ...

    async def close(self) -> None: ...


@pytest.fixture
def town(database: Database) -> Town:
    with database.begin() as tx:
        keep_programme(tx, "pe", zone="America/Lima", now=NOW)
        keep_account(tx, "pe", ACCOUNT.id, channel="telegram", pulls=False, now=NOW)
    return Town(database)


@pytest.fixture
def cinema(town: Town) -> Iterator[Cinema]:
    cinema, writer = Cinema(), Writer(town.database)
    sender = Sender(town.database, writer, [ACCOUNT], lambda _: cinema)
    sender.start()
    yield cinema
    sender.stop()
    writer.stop()


def until(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "It did not come to pass."
        time.sleep(0.01)


def recover(town: Town) -> None:
    """What every sender does now and then: it looks for what others have left in the middle."""
    with town.database.begin() as tx:
        outbox.recover(tx)


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "claim_due", partial(outbox.claim_due, lease_seconds=0.5))


@pytest.mark.usefixtures("short_leases")
def test_a_film_that_takes_longer_than_a_lease_stays_ours(
    town: Town, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.sender, "RENEW_SECONDS", 0.1)
    town.talks("ana", replies=(FILM, Reply("Did it help?")))
    until(lambda: cinema.begun)
    time.sleep(1.0)
    recover(town)
    assert states(town) == ["sending", "queued"]
    cinema.may_end.set()
    until(lambda: states(town) == ["sent", "sent"])
    assert [reply.text for reply in cinema.sent] == [FILM.text, "Did it help?"]


@pytest.mark.usefixtures("short_leases")
def test_a_film_whose_sender_is_gone_is_in_doubt_and_not_shown_twice(
    town: Town, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.sender, "RENEW_SECONDS", 60.0)
    town.talks("ana", replies=(FILM, Reply("Did it help?")))
    until(lambda: cinema.begun)
    time.sleep(0.7)
    recover(town)
    until(lambda: states(town) == ["unknown", "sent"])
    assert [reply.text for reply in cinema.begun] == [FILM.text, "Did it help?"]


def test_slow_films_take_no_room_from_the_others(
    town: Town, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.sender, "IN_FLIGHT", 2)
    for n in range(5):
        town.talks(f"owner {n}", replies=(FILM,))
    until(lambda: len(cinema.begun) == 5)
    town.talks("ana", replies=(Reply("hola"),))
    until(lambda: [reply.text for reply in cinema.sent] == ["hola"])
    cinema.may_end.set()
    until(lambda: states(town) == ["sent"] * 6)


def test_a_film_that_never_ends_is_in_doubt(
    town: Town, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.sender, "FILM_SECONDS", 0.2)
    town.talks("ana", replies=(FILM, Reply("Did it help?")))
    until(lambda: states(town) == ["unknown", "sent"])
    assert cinema.begun.count(FILM) == 1
