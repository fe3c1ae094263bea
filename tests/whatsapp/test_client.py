"""The client against a platform that refuses, stumbles, hangs and breaks off."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.channels.delivery import Courtesy
from bot.channels.whatsapp.client import WhatsAppClient
from bot.channels.whatsapp.errors import SLOWEST
from flows.values import Image, Reply
from store.clock import DAY, HOUR, SECOND
from store.outbox import Outcome
from tests.standins.films import no_films, uploads
from tests.standins.whatsapp import Fault, Person, Rules, WhatsApp
from tests.whatsapp.replies import outgoing, question
from tests.whatsapp.webhooks import NOW, PHONE, SCOPED, TOKEN, account

PICTURE = Reply("Your result", "image", "es-PE", image=Image("picture:p1", "A chart"))
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
Dial = Callable[..., WhatsAppClient]


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


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
def clock() -> Clock:
    return Clock()


def nothing(name: str, language: str) -> str:
    """Nothing speaks against any approved message."""
    return ""


@pytest.fixture
async def dial(platform: WhatsApp, clock: Clock) -> AsyncIterator[Dial]:
    """Makes a client of the platform; the account's facts may be given."""
    clients: list[WhatsAppClient] = []

    def dial(
        templates: Any = None, words: Any = None, why_not: Any = nothing, **facts: Any
    ) -> WhatsAppClient:
        pictures = {("pe", "talk", "p1"): PNG}
        client = WhatsAppClient(
            account(**{"api_url": platform.url, **facts}),
            lambda *which: pictures.get(which),
            no_films(),
            uploads(),
            templates or {},
            words,
            why_not=why_not,
            now=clock,
            chance=lambda: 1.0,
            answer_seconds=1.0,
        )
        clients.append(client)
        return client

    yield dial
    for client in clients:
        await client.close()


def said(platform: WhatsApp) -> list[str]:
    return [taken.text for taken in platform.taken]


# --- what goes well ----------------------------------------------------------------------------------------


async def test_a_message_is_sent_with_its_name(dial: Dial, platform: WhatsApp, ana: Person) -> None:
    outcome = await dial().send(outgoing("Hola, Ana."))
    (taken,) = platform.taken
    assert outcome == Outcome("pe", "talk", 7, "sent", provider_id=taken.id, attempt=1)
    assert (taken.to, taken.text, taken.name) == (PHONE, "Hola, Ana.", "talk:7")


async def test_who_hides_her_phone_gets_it_too(dial: Dial, platform: WhatsApp, ana: Person) -> None:
    outcome = await dial().send(outgoing(address=SCOPED, address_kind="whatsapp_id"))
    assert outcome.state == "sent"
    assert ana.messages == platform.taken


async def test_the_word_that_opens_a_list_is_hers(dial: Dial, platform: WhatsApp, ana: Person) -> None:
    client = dial(words={"es": "Elegir", "en": "Choose"})
    await client.send(outgoing(question("A", "B", "C", "D")))
    await client.send(outgoing(Reply("?", "question", "qu", "one", question("A", "B", "C", "D").choices)))
    assert [t.body["interactive"]["action"]["button"] for t in platform.taken] == ["Elegir", "☰"]


async def test_a_picture_of_ours_is_uploaded(dial: Dial, platform: WhatsApp, ana: Person) -> None:
    assert (await dial().send(outgoing(PICTURE))).state == "sent"
    (id,) = platform.media
    assert platform.taken[0].body["image"] == {"id": id, "caption": "Your result"}


async def test_a_picture_whose_day_is_over_leaves_its_words(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    gone = Reply("", "image", "es-PE", image=Image("picture:gone", "Your level: Building"))
    assert (await dial().send(outgoing(gone))).state == "sent"
    assert said(platform) == ["Your level: Building"]


async def test_her_message_is_marked_as_read(dial: Dial, platform: WhatsApp, ana: Person) -> None:
    id = await ana.writes("sí")
    await dial().show(Courtesy("whatsapp/default", "read", id, PHONE))
    assert platform.reads == [id]


async def test_what_is_polite_may_fail(dial: Dial, platform: WhatsApp, free_port: int) -> None:
    await dial().show(Courtesy("whatsapp/default", "read", "wamid.unknown", PHONE))
    await dial(api_url=f"http://127.0.0.1:{free_port}").show(Courtesy("whatsapp/default", "read", "w", PHONE))
    assert platform.reads == []


# --- what goes wrong ---------------------------------------------------------------------------------------

# code -> state, name of the reason, whether the whole account is silent
CODES = {
    131000: ("retry", "trouble", False),
    131016: ("retry", "trouble", False),
    131057: ("retry", "trouble", False),
    999999: ("retry", "trouble", False),
    4: ("retry", "too_fast", True),
    80007: ("retry", "too_fast", True),
    130429: ("retry", "too_fast", True),
    133016: ("retry", "too_fast", True),
    131048: ("retry", "suspected", True),
    131056: ("retry", "too_fast_to_her", False),
    131026: ("dead", "person_gone", False),
    131050: ("dead", "person_gone", False),
    131049: ("waiting", "not_now", False),
    0: ("retry", "setup", True),
    10: ("retry", "setup", True),
    190: ("retry", "setup", True),
    200: ("retry", "setup", True),
    299: ("retry", "setup", True),
    131031: ("retry", "setup", True),
    131042: ("retry", "setup", True),
    368: ("retry", "setup", True),
    132001: ("waiting", "template", False),
    132015: ("waiting", "template", False),
    100: ("dead", "fault", False),
    131008: ("dead", "fault", False),
    131009: ("dead", "fault", False),
    131051: ("dead", "fault", False),
}


@pytest.mark.parametrize("code", CODES)
async def test_each_refusal_has_its_consequence(
    code: int, dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    state, name, silent = CODES[code]
    platform.fail(Fault("error", code=code))
    outcome = await dial().send(outgoing())
    assert (outcome.state, outcome.reason.split(" ")[0], outcome.hold > 0) == (state, name, silent)
    assert f"({code})" in outcome.reason
    assert (outcome.after > 0) == (state == "retry")
    assert platform.taken == []


@pytest.mark.parametrize("kind", ["500", "503"])
async def test_a_broken_platform_is_asked_again(
    kind: Any, dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    platform.fail(Fault(kind, seconds=120))
    outcome = await dial().send(outgoing())
    assert (outcome.state, outcome.after, outcome.hold) == ("retry", 120, 0)


@pytest.mark.parametrize(("asked", "hold"), [(0, 2), (300, 300)])
async def test_too_many_requests_hold_the_account_as_long_as_asked(
    asked: float, hold: float, dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    platform.fail(Fault("429", seconds=asked))
    outcome = await dial().send(outgoing())
    assert (outcome.state, outcome.hold, outcome.after >= hold) == ("retry", hold, True)


async def test_a_picture_that_is_refused_has_the_same_consequences(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    outcome = await dial(token="no longer good").send(outgoing(PICTURE))
    assert (outcome.state, outcome.reason.split(" ")[0]) == ("retry", "setup")
    assert platform.media == {}


async def test_the_time_between_tries_doubles_up_to_a_quarter_of_an_hour(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    client = dial()
    waits = []
    for attempts in (1, 2, 3, 4, 30):
        platform.fail(Fault("500"))
        waits.append((await client.send(outgoing(attempts=attempts))).after)
    assert waits == [2.0, 4.0, 8.0, 16.0, SLOWEST]


async def test_chance_spreads_the_tries(platform: WhatsApp, ana: Person) -> None:
    drawn = iter([0.0, 0.5])
    client = WhatsAppClient(
        account(api_url=platform.url), lambda *_: None, no_films(), uploads(), {},
        now=Clock(), chance=lambda: next(drawn),
    )  # fmt: skip
    platform.fail(Fault("500"), Fault("500"))
    waits = [(await client.send(outgoing(attempts=6))).after for _ in range(2)]
    await client.close()
    assert waits == [1.0, 32.0]


async def test_who_got_too_much_waits_at_least_six_seconds(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    platform.rules = Rules(pair_every=6, pair_burst=1)
    client = dial()
    assert (await client.send(outgoing())).state == "sent"
    outcome = await client.send(outgoing())
    assert outcome.state == "retry"
    assert outcome.after >= 6
    assert [violation.code for violation in platform.violations] == [131056]


# --- no answer ---------------------------------------------------------------------------------------------


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_who_cannot_connect_tries_again(dial: Dial, free_port: int) -> None:
    outcome = await dial(api_url=f"http://127.0.0.1:{free_port}").send(outgoing())
    assert outcome.state == "retry"


@pytest.mark.parametrize("fault", [Fault("reset"), Fault("slow", seconds=1.3), Fault("not_json")])
async def test_without_a_clear_answer_nobody_knows(
    fault: Fault, dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    platform.fail(fault)
    outcome = await dial().send(outgoing())
    assert (outcome.state, outcome.provider_id) == ("unknown", None)


async def test_delivered_but_reset_is_unknown_and_was_delivered(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    client = dial()
    await client.send(outgoing("uno"))  # the connection is in use already
    platform.fail(Fault("delivered_but_reset"))
    assert (await client.send(outgoing("dos"))).state == "unknown"
    assert said(platform) == ["uno", "dos"]
    assert (await client.send(outgoing("tres"))).state == "sent"


async def test_a_server_that_accepts_and_says_nothing_is_in_doubt(dial: Dial) -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert (await dial(api_url=f"http://127.0.0.1:{port}").send(outgoing())).state == "unknown"
    server.close()


async def test_a_picture_that_was_not_uploaded_is_never_in_doubt(dial: Dial, ana: Person) -> None:
    async def breaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.close()

    server = await asyncio.start_server(breaks, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outcome = await dial(api_url=f"http://127.0.0.1:{port}").send(outgoing(PICTURE))
    assert outcome.state == "retry"
    server.close()


async def test_nobody_is_followed_elsewhere_with_our_token(dial: Dial) -> None:
    came: list[str] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(elsewhere, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert (await dial(api_url=f"http://127.0.0.1:{port}").send(outgoing())).state == "retry"
    assert len(came) == 1
    server.close()


# --- the 24 hours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("until", [None, NOW, NOW - HOUR])
async def test_after_24_hours_a_message_waits_and_says_why(
    until: int | None, dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    outcome = await dial({"qu": ("hello", "qu")}).send(outgoing(window_until=until))
    assert outcome.state == "waiting"
    assert "24 hours" in outcome.reason
    assert "es-PE" in outcome.reason
    assert platform.requests == 0


async def test_after_24_hours_a_template_goes_in_her_language(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    client = dial({"es": ("your_next_step", "es"), "en": ("your_next_step", "en")})
    assert (await client.send(outgoing(window_until=None))).state == "sent"
    (taken,) = platform.taken
    assert taken.body["template"] == {"name": "your_next_step", "language": {"code": "es"}}
    assert taken.name == "talk:7"


async def test_she_is_invited_once_a_day_and_the_rest_waits(
    dial: Dial, platform: WhatsApp, ana: Person, clock: Clock
) -> None:
    client = dial({"es": ("your_next_step", "es")})
    states = [(await client.send(outgoing(window_until=None, place=place))).state for place in (1, 2, 3)]
    other = await client.send(outgoing(window_until=None, conversation="another"))
    clock.now += DAY + SECOND
    later = await client.send(outgoing(window_until=None, place=4))
    assert [*states, other.state, later.state] == ["sent", "waiting", "waiting", "sent", "sent"]


async def test_a_window_that_closed_unnoticed_is_treated_as_closed(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    platform.rules = Rules.lifted()
    platform.rules.window = 0
    assert (await dial().send(outgoing())).state == "waiting"
    assert (await dial({"es": ("your_next_step", "es")}).send(outgoing())).state == "sent"
    assert [taken.body["type"] for taken in platform.taken] == ["template"]


async def test_a_template_that_is_not_approved_makes_the_message_wait(
    dial: Dial, platform: WhatsApp, ana: Person, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = await dial({"es": ("unknown", "es")}).send(outgoing(window_until=None))
    assert (outcome.state, outcome.reason.split(" ")[0]) == ("waiting", "template")
    assert "132001" in caplog.text


async def test_nobody_is_invited_with_a_template_that_whatsapp_has_paused(
    dial: Dial, platform: WhatsApp, ana: Person
) -> None:
    asked = []

    def why_not(name: str, language: str) -> str:
        asked.append((name, language))
        return "your_next_step (es): PAUSED"

    client = dial({"es": ("your_next_step", "es")}, why_not=why_not)
    outcome = await client.send(outgoing(window_until=None))
    assert outcome.state == "waiting"
    assert "PAUSED" in outcome.reason
    assert (asked, platform.requests) == ([("your_next_step", "es")], 0)


# --- the operator ------------------------------------------------------------------------------------------


async def test_a_wrong_token_is_told_to_the_operator_once_an_hour(
    dial: Dial, platform: WhatsApp, ana: Person, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    client = dial(token="an old token, no longer good")
    for _ in range(3):
        outcome = await client.send(outgoing())
    assert (outcome.state, outcome.after >= 60, outcome.hold) == ("retry", True, 60)
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "whatsapp/default" in line
    assert "nothing goes out" in line
    assert "190" in line
    clock.now += 2 * HOUR
    await client.send(outgoing(window_until=clock.now + HOUR))
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 2


async def test_a_wrong_phone_id_loses_no_message(dial: Dial, platform: WhatsApp, ana: Person) -> None:
    outcome = await dial(phone_id="404").send(outgoing())
    assert (outcome.state, outcome.reason.split(" ")[0]) == ("retry", "setup")


async def test_token_phone_and_words_stand_in_no_log_and_no_reason(
    dial: Dial, platform: WhatsApp, ana: Person, free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = dial()
    outcomes = []
    for fault in (Fault("500"), Fault("reset"), Fault("not_json"), Fault("error", code=190), None):
        platform.fail(fault)
        outcomes.append(await client.send(outgoing("canary words")))
    outcomes.append(await dial(api_url=f"http://127.0.0.1:{free_port}").send(outgoing("canary words")))
    outcomes.append(await dial(api_url="not an address").send(outgoing("canary words")))
    told = caplog.text + repr(outcomes) + repr(client) + repr(client.account)
    assert not [word for word in (TOKEN, PHONE, "canary words") if word in told]


async def test_closing_twice_or_unused_is_fine(dial: Dial) -> None:
    client = dial()
    await client.close()
    await client.close()
