"""A film goes up to Telegram once; everybody after that gets it by the id that Telegram gave it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.channels.films import Films
from bot.channels.telegram.client import TelegramClient
from bot.channels.telegram.line import Attached, Line, NotSentError
from bot.channels.uploads import AGAIN_SECONDS, TRIES, Uploads
from tests.standins.films import FILM, LARGE, PUBLIC, SMALL, VIDEO, Remembered, films_in
from tests.standins.telegram import Fault, Person, TelegramStandIn
from tests.telegram.conftest import account_at, outgoing

Dial = Callable[..., TelegramClient]


@pytest.fixture
def ids() -> Remembered:
    return Remembered()


@pytest.fixture
async def dial(telegram: TelegramStandIn, ids: Remembered, tmp_path: Path) -> AsyncIterator[Dial]:
    """Makes a client; `films` are those on disk if no others are given."""
    clients: list[TelegramClient] = []

    def dial(films: Films | None = None, **more: Any) -> TelegramClient:
        account = account_at(more.pop("url", telegram.url))
        made = TelegramClient(account, lambda *_: None, films or films_in(tmp_path), Uploads(ids, **more))
        clients.append(made)
        return made

    yield dial
    for client in clients:
        await client.close()


@pytest.fixture
async def ana(telegram: TelegramStandIn) -> Person:
    person = telegram.person("Ana")
    await person.start()
    return person


def uploaded(telegram: TelegramStandIn) -> int:
    """How many requests to show a film came with the film itself."""
    return sum(1 for call in telegram.calls if call.method == "sendVideo" and "video" not in call.arguments)


async def test_the_film_itself_is_shown_with_its_words(
    dial: Dial, ana: Person, telegram: TelegramStandIn
) -> None:
    outcome = await dial().send(outgoing(ana.id, FILM))
    shown = await ana.reads()
    assert (shown.film, shown.text, shown.keyboard) == (LARGE, FILM.text, [])
    assert (outcome.state, outcome.provider_id) == ("sent", str(shown.message_id))
    told = telegram.calls[-1].arguments
    assert {name: told[name] for name in ("duration", "width", "height", "supports_streaming")} == {
        "duration": "74", "width": "720", "height": "900", "supports_streaming": "true",
    }  # fmt: skip


async def test_who_saves_data_gets_the_small_copy(dial: Dial, ana: Person, telegram: TelegramStandIn) -> None:
    small = FILM._replace(video=replace(VIDEO, small=True))
    await dial().send(outgoing(ana.id, small))
    assert (await ana.reads()).film == SMALL
    assert telegram.calls[-1].arguments["width"] == "360"


async def test_everybody_after_the_first_gets_it_by_its_id(
    dial: Dial, ana: Person, telegram: TelegramStandIn, ids: Remembered
) -> None:
    client, ben = dial(), telegram.person("Ben")
    await ben.start()
    await client.send(outgoing(ana.id, FILM))
    await client.send(outgoing(ben.id, FILM))
    await dial().send(outgoing(ben.id, FILM))  # after a restart
    assert [shown.film for shown in telegram.sent] == [LARGE] * 3
    assert uploaded(telegram) == 1
    assert list(ids.ids) == ["V01-es.mp4"]


async def test_many_who_want_a_film_at_once_make_it_go_up_once(dial: Dial) -> None:
    async with TelegramStandIn(limits=None, delay=0.05) as telegram:
        people = [telegram.person(f"Person {n}") for n in range(30)]
        for person in people:
            await person.start()
        client = dial(url=telegram.url)
        outcomes = await asyncio.gather(*(client.send(outgoing(person.id, FILM)) for person in people))
        assert {outcome.state for outcome in outcomes} == {"sent"}
        assert [person.messages[0].film for person in people] == [LARGE] * 30
        assert uploaded(telegram) == 1


async def test_an_id_that_telegram_takes_no_more_makes_the_film_go_up_again(
    dial: Dial, ana: Person, telegram: TelegramStandIn, ids: Remembered
) -> None:
    ids.ids["V01-es.mp4"] = "of another time"
    outcome = await dial().send(outgoing(ana.id, FILM))
    assert (outcome.state, (await ana.reads()).film) == ("sent", LARGE)
    assert ids.ids["V01-es.mp4"] in telegram.films


async def test_a_person_who_is_gone_costs_no_upload(
    dial: Dial, telegram: TelegramStandIn, ids: Remembered
) -> None:
    ids.ids["V01-es.mp4"] = "kept"
    outcome = await dial().send(outgoing(404, FILM))
    assert (outcome.state, outcome.reason) == ("dead", "chat_not_found")
    assert ids.ids == {"V01-es.mp4": "kept"}
    assert uploaded(telegram) == 0


# --- words that lead to it --------------------------------------------------------------------------------------


async def test_a_film_that_is_not_here_is_a_link(dial: Dial, ana: Person, tmp_path: Path) -> None:
    elsewhere = films_in(tmp_path, large=None, small=None, address="https://films.example/v01")
    outcome = await dial(elsewhere).send(outgoing(ana.id, FILM))
    shown = await ana.reads()
    assert (outcome.state, shown.film, shown.text) == ("sent", None, FILM.text)
    assert shown.button("▶ Photos that sell")["url"] == f"{PUBLIC}/v/abc123"
    assert shown.body["link_preview_options"] == {"is_disabled": True}


async def test_without_a_public_address_she_reads_what_is_spoken(
    dial: Dial, ana: Person, tmp_path: Path
) -> None:
    await dial(films_in(tmp_path, "", large=None)).send(outgoing(ana.id, FILM))
    shown = await ana.reads()
    assert shown.text == f"{FILM.text}\n\nAna has no list.\n\nShe takes a photo of each thing she sells."


async def test_what_is_spoken_comes_in_as_many_messages_as_it_needs(
    dial: Dial, ana: Person, tmp_path: Path
) -> None:
    scene = "She takes a photo of each thing she sells. " * 40
    films = films_in(tmp_path, "", large=None, transcript=tuple([scene.strip()] * 7))
    assert (await dial(films).send(outgoing(ana.id, FILM))).state == "sent"
    said = " ".join(shown.text for shown in ana.messages)
    assert len(ana.messages) > 1
    assert said.count("She takes a photo") == 280


async def test_a_film_that_telegram_does_not_take_is_a_link_at_once_and_for_a_while(
    dial: Dial, ana: Person, telegram: TelegramStandIn
) -> None:
    telegram.fail("status", "sendVideo", status=413, description="Request Entity Too Large")
    client = dial()
    assert [(await client.send(outgoing(ana.id, FILM))).state for _ in range(2)] == ["sent", "sent"]
    assert [shown.film for shown in ana.messages] == [None, None]
    assert [call.method for call in telegram.calls if call.status != 200] == ["sendVideo"]


async def test_a_film_that_does_not_get_through_is_a_link_in_the_end(dial: Dial, ana: Person) -> None:
    await dial().send(outgoing(ana.id, FILM, attempts=TRIES + 1))
    assert (await ana.reads()).labels == ["▶ Photos that sell"]


async def test_what_telegram_has_goes_out_however_often_it_was_tried(
    dial: Dial, ana: Person, telegram: TelegramStandIn
) -> None:
    client = dial()
    await client.send(outgoing(ana.id, FILM))
    await client.send(outgoing(ana.id, FILM, attempts=TRIES + 1))
    assert [shown.film for shown in ana.messages] == [LARGE, LARGE]


# --- failures are values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "more", "state", "reason"),
    [
        ("status", {"status": 500}, "retry", "status_500"),
        (
            "status",
            {"status": 403, "description": "Forbidden: bot was blocked by the user"},
            "dead",
            "blocked",
        ),
        ("too_many", {"retry_after": 7}, "retry", "too_fast"),
        ("reset_before", {}, "unknown", "no_answer"),
        ("delivered_reset", {}, "unknown", "no_answer"),
        ("garbage", {}, "unknown", "no_answer"),
    ],
)
async def test_a_failure_and_what_becomes_of_the_film(
    dial: Dial,
    ana: Person,
    telegram: TelegramStandIn,
    fault: Any,
    more: dict[str, Any],
    state: str,
    reason: str,
) -> None:
    client = dial()
    telegram.fail(fault, times=1, **more)
    outcome = await client.send(outgoing(ana.id, FILM))
    assert (outcome.state, outcome.reason) == (state, reason)
    assert (await client.send(outgoing(ana.id, FILM))).state == "sent"


async def test_a_wrong_token_holds_the_account_and_refuses_no_film(
    dial: Dial, ana: Person, telegram: TelegramStandIn
) -> None:
    client = dial()
    telegram.fail("status", times=2, status=404, description="Not Found")
    outcome = await client.send(outgoing(ana.id, FILM))
    assert (outcome.state, outcome.reason, outcome.hold) == ("retry", "token_refused", 60)
    await client.send(outgoing(ana.id, FILM))
    assert (await ana.reads()).film == LARGE


async def test_who_would_wait_too_long_is_served_later(
    dial: Dial, ana: Person, telegram: TelegramStandIn
) -> None:
    client, ben = dial(turn_seconds=0.1), telegram.person("Ben")
    await ben.start()
    telegram.faults.append(Fault("slow", seconds=0.5))
    first = asyncio.ensure_future(client.send(outgoing(ana.id, FILM)))
    await asyncio.sleep(0.1)
    second = await client.send(outgoing(ben.id, FILM))
    assert (second.state, second.reason) == ("retry", "film_goes_up")
    assert AGAIN_SECONDS <= second.after <= 2 * AGAIN_SECONDS
    assert (await first).state == "sent"


async def breaking_off(after: int) -> asyncio.Server:
    """A Telegram that takes so many bytes of a request and breaks off."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(after)
        writer.transport.abort()

    return await asyncio.start_server(take, "127.0.0.1", 0, limit=1024)


async def test_an_upload_that_broke_off_is_in_no_doubt_and_is_tried_again(dial: Dial) -> None:
    server = await breaking_off(1000)
    port = server.sockets[0].getsockname()[1]
    line = Line(account_at(f"http://127.0.0.1:{port}"))
    large = Attached("video", "video/mp4", bytes(20_000_000))
    with pytest.raises(NotSentError):
        await line.call("sendVideo", {"chat_id": "1"}, large)
    await line.close()
    server.close()


async def test_an_upload_that_takes_too_long_is_broken_off() -> None:
    async def never(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        await asyncio.sleep(5)

    server = await asyncio.start_server(never, "127.0.0.1", 0, limit=1024)
    line = Line(account_at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    large = Attached("video", "video/mp4", bytes(20_000_000), seconds=0.2)
    with pytest.raises(NotSentError):
        await line.call("sendVideo", {"chat_id": "1"}, large)
    await line.close()
    server.close()
