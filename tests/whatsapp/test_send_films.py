"""A film goes up to WhatsApp once, and is sent by its id for as long as WhatsApp keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.channels.films import Films
from bot.channels.uploads import AGAIN_SECONDS, TRIES, Uploads
from bot.channels.whatsapp.client import WhatsAppClient
from flows.values import Link
from tests.standins.films import FILM, PUBLIC, VIDEO, Remembered, films_in
from tests.standins.whatsapp import Fault, Person, Rules, WhatsApp
from tests.whatsapp.replies import outgoing
from tests.whatsapp.webhooks import NOW, PHONE, SCOPED, TOKEN, account

Dial = Callable[..., WhatsAppClient]


@pytest.fixture
async def platform() -> AsyncIterator[WhatsApp]:
    async with WhatsApp(rules=Rules.lifted(), token=TOKEN) as platform:
        platform.templates.add(("your_next_step", "es"))
        yield platform


@pytest.fixture
async def ana(platform: WhatsApp) -> Person:
    person = platform.person(PHONE, SCOPED)
    await person.writes("hola")
    return person


@pytest.fixture
def ids() -> Remembered:
    return Remembered()


@pytest.fixture
async def dial(platform: WhatsApp, ids: Remembered, tmp_path: Path) -> AsyncIterator[Dial]:
    """Makes a client; `films` are those on disk if no others are given."""
    clients: list[WhatsAppClient] = []

    def dial(films: Films | None = None, templates: Any = None, **more: Any) -> WhatsAppClient:
        client = WhatsAppClient(
            account(api_url=platform.url),
            lambda *_: None,
            films or films_in(tmp_path),
            Uploads(ids, **more),
            templates or {},
            now=lambda: NOW,
            chance=lambda: 1.0,
            answer_seconds=1.0,
        )
        clients.append(client)
        return client

    yield dial
    for client in clients:
        await client.close()


async def test_the_film_itself_is_shown_with_its_words(dial: Dial, platform: WhatsApp, ana: Person) -> None:
    outcome = await dial().send(outgoing(FILM))
    (taken,) = ana.messages
    (id,) = platform.media
    assert (outcome.state, outcome.provider_id) == ("sent", taken.id)
    assert taken.body["video"] == {"id": id, "caption": FILM.text}
    assert platform.media[id] == "video/mp4"


async def test_everybody_after_the_first_gets_it_by_its_id(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    client = dial()
    await client.send(outgoing(FILM))
    await client.send(outgoing(FILM))
    await dial().send(outgoing(FILM))  # after a restart
    assert {taken.body["video"]["id"] for taken in ana.messages} == set(platform.media)
    assert (len(ana.messages), platform.uploads) == (3, 1)


async def test_many_who_want_a_film_at_once_make_it_go_up_once(dial: Dial, platform: WhatsApp) -> None:
    phones = [f"519876543{n:02d}" for n in range(30)]
    for phone in phones:
        await platform.person(phone).writes("hola")
    platform.upload_delay = 0.1
    client = dial()
    outcomes = await asyncio.gather(*(client.send(outgoing(FILM, address=phone)) for phone in phones))
    assert {outcome.state for outcome in outcomes} == {"sent"}
    assert platform.uploads == 1


async def test_an_id_that_whatsapp_takes_no_more_makes_the_film_go_up_again(
    dial: Dial, platform: WhatsApp, ana: Person, ids: Remembered, caplog: pytest.LogCaptureFixture
) -> None:
    ids.ids["V01-es.mp4"] = "of last month"
    outcome = await dial().send(outgoing(FILM))
    assert outcome.state == "sent"
    assert ana.messages[0].body["video"]["id"] == ids.ids["V01-es.mp4"]
    assert platform.uploads == 1
    assert caplog.text == ""


async def test_a_film_that_is_refused_again_and_again_is_a_link_and_goes_up_once(
    dial: Dial, platform: WhatsApp, ana: Person, ids: Remembered
) -> None:
    client = dial()
    platform.fail(Fault("error", code=131053), None)
    assert [(await client.send(outgoing(FILM))).state for _ in range(2)] == ["sent", "sent"]
    assert [taken.text for taken in ana.messages] == [f"{FILM.text}\nPhotos that sell: {PUBLIC}/v/abc123"] * 2
    assert (platform.uploads, ids.ids) == (1, {})


async def test_a_person_who_is_gone_costs_no_upload(
    dial: Dial, platform: WhatsApp, ana: Person, ids: Remembered
) -> None:
    ids.ids["V01-es.mp4"] = "kept"
    platform.fail(Fault("error", code=131026))
    outcome = await dial().send(outgoing(FILM))
    assert (outcome.state, outcome.reason.split(" ")[0]) == ("dead", "person_gone")
    assert (platform.uploads, ids.ids) == (0, {"V01-es.mp4": "kept"})


# --- words that lead to it -----------------------------------------------------------------------------------


async def test_a_film_that_is_too_large_is_a_link_without_a_preview(
    dial: Dial, platform: WhatsApp, ana: Person, tmp_path: Path
) -> None:
    films = films_in(tmp_path)
    with (tmp_path / "files" / "V01-es.mp4").open("ab") as file:
        file.truncate(16_000_001)
    await dial(films).send(outgoing(FILM))
    assert ana.messages[0].body["text"] == {
        "body": f"{FILM.text}\nPhotos that sell: {PUBLIC}/v/abc123", "preview_url": False,
    }  # fmt: skip
    assert platform.uploads == 0


async def test_a_film_with_a_label_is_a_link_button(dial: Dial, ana: Person, tmp_path: Path) -> None:
    labelled = FILM._replace(link=Link("Watch it", "film:abc123"))
    await dial(films_in(tmp_path, large=None)).send(outgoing(labelled))
    shown = ana.messages[0].body["interactive"]
    assert (shown["type"], shown["body"]["text"]) == ("cta_url", FILM.text)
    assert shown["action"]["parameters"] == {"display_text": "Watch it", "url": f"{PUBLIC}/v/abc123"}


async def test_without_a_public_address_she_reads_what_is_spoken(
    dial: Dial, ana: Person, tmp_path: Path
) -> None:
    await dial(films_in(tmp_path, "", large=None)).send(outgoing(FILM))
    assert ana.messages[0].text.startswith(f"{FILM.text}\n\nAna has no list.\n\nShe takes")


async def test_what_is_spoken_comes_in_as_many_messages_as_it_needs(
    dial: Dial, platform: WhatsApp, ana: Person, tmp_path: Path
) -> None:
    scene = "She takes a photo of each thing she sells. " * 40
    films = films_in(tmp_path, "", large=None, transcript=tuple([scene.strip()] * 7))
    client = dial(films)
    assert (await client.send(outgoing(FILM))).state == "sent"
    assert " ".join(taken.text for taken in ana.messages).count("She takes a photo") == 280
    platform.fail(Fault("500"))
    assert (await client.send(outgoing(FILM))).state == "retry"


async def test_who_saves_data_never_gets_the_large_copy(
    dial: Dial, platform: WhatsApp, ana: Person, tmp_path: Path
) -> None:
    await dial(films_in(tmp_path, small=None)).send(outgoing(FILM._replace(video=replace(VIDEO, small=True))))
    assert ana.messages[0].body["type"] == "text"
    assert platform.uploads == 0


async def test_a_film_that_does_not_get_through_is_a_link_in_the_end(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    await dial().send(outgoing(FILM, attempts=TRIES + 1))
    assert ana.messages[0].body["type"] == "text"
    assert platform.uploads == 0


# --- failures are values, and the 24 hours ---------------------------------------------------------------------


async def test_an_upload_without_an_answer_is_in_no_doubt_and_a_message_without_one_is(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    client = dial()
    platform.fail(Fault("delivered_but_reset"))
    assert (await client.send(outgoing(FILM))).state == "unknown"
    assert len(ana.messages) == 1
    await platform.stop()
    assert (await client.send(outgoing(FILM))).state == "retry"
    await platform.start()


async def test_a_wrong_token_holds_the_account_and_refuses_no_film(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    client, right = dial(), platform.token
    platform.token = "changed"
    outcome = await client.send(outgoing(FILM))
    assert (outcome.state, outcome.hold, outcome.reason.split(" ")[0]) == ("retry", 60, "setup")
    platform.token = right
    await client.send(outgoing(FILM))
    assert ana.messages[0].body["type"] == "video"


async def test_who_would_wait_too_long_is_served_later(dial: Dial, platform: WhatsApp, ana: Person) -> None:
    client = dial(turn_seconds=0.1)
    platform.upload_delay = 0.5
    first = asyncio.ensure_future(client.send(outgoing(FILM)))
    await asyncio.sleep(0.1)
    second = await client.send(outgoing(FILM))
    assert (second.state, second.after) == ("retry", 2 * AGAIN_SECONDS)
    assert (await first).state == "sent"


async def test_an_upload_may_take_longer_than_an_answer(dial: Dial, platform: WhatsApp, ana: Person) -> None:
    platform.upload_delay = 1.5  # the client waits a second for an answer
    assert (await dial().send(outgoing(FILM))).state == "sent"
    assert ana.messages[0].body["type"] == "video"


async def test_after_24_hours_no_film_goes_up(dial: Dial, platform: WhatsApp, ana: Person) -> None:
    assert (await dial().send(outgoing(FILM, window_until=None))).state == "waiting"
    invited = dial(templates={"es": ("your_next_step", "es")})
    assert (await invited.send(outgoing(FILM, window_until=None))).state == "sent"
    assert [taken.body["type"] for taken in ana.messages] == ["template"]
    assert platform.uploads == 0
