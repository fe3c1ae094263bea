"""The stand-in holds what it promises to the tests that use it; and a talk goes through both webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from aiohttp import web

from bot.channels.delivery import Delivery
from bot.channels.whatsapp.client import WhatsAppClient
from bot.channels.whatsapp.receive import read
from bot.channels.whatsapp.signature import is_signed
from bot.worker import microseconds
from tests.standins import whatsapp as standin
from tests.standins.films import no_films, uploads
from tests.standins.whatsapp import Fault, Hooks, RefusedError, Rules, WhatsApp, check_message
from tests.whatsapp.replies import outgoing, question
from tests.whatsapp.webhooks import NOW, PHONE, SCOPED, account


class Listener:
    """A webhook address of ours: keeps what came, and can be down for some requests."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.down = 0
        self.posts = 0

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.posts += 1
        header = request.headers.get("x-hub-signature-256")
        if not is_signed(body, header, (standin.APP_SECRET,)):
            return web.Response(status=403)
        if self.down:
            self.down -= 1
            return web.Response(status=503)
        # The stand-in's clock is the real one.
        self.deliveries.append(read(body, account(), microseconds()))
        return web.Response()

    @property
    def keys(self) -> list[str]:
        return [arrival.inbound.key for one in self.deliveries for arrival in one.arrivals]

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(noted.name, noted.state) for one in self.deliveries for noted in one.statuses]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def platform(listener: Listener) -> AsyncIterator[WhatsApp]:
    app = web.Application()
    app.router.add_post("/hook", listener.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    async with WhatsApp(webhook_url=url, hooks=Hooks(scale=0.01), rules=Rules.lifted()) as platform:
        yield platform
    await runner.cleanup()


@pytest.fixture
async def client(platform: WhatsApp) -> AsyncIterator[WhatsAppClient]:
    ours = account(api_url=platform.url, token=standin.TOKEN)
    client = WhatsAppClient(ours, lambda *_: None, no_films(), uploads(), {}, now=lambda: NOW)
    yield client
    await client.close()


async def test_what_she_writes_and_presses_comes_signed(
    platform: WhatsApp, listener: Listener, client: WhatsAppClient
) -> None:
    ana = platform.person(PHONE, SCOPED)
    await ana.writes("hola")
    await client.send(outgoing(question("Sí", "No")))
    await client.send(outgoing(question("A", "B", "C", "Other")))
    assert [list(taken.buttons) for taken in ana.messages] == [["Sí", "No"], ["A", "B", "C", "Other"]]
    await ana.presses("No")
    await ana.presses("Other")
    await platform.quiet()
    inbounds = {a.inbound.key: a.inbound for one in listener.deliveries for a in one.arrivals}
    assert [inbound.text or inbound.choice for _, inbound in sorted(inbounds.items())] == [
        "hola",
        "4:c1",
        "4:c3",
    ]


async def test_what_became_of_a_message_is_told(
    platform: WhatsApp, listener: Listener, client: WhatsAppClient
) -> None:
    await platform.person(PHONE).writes("hola")
    await client.send(outgoing())
    await platform.quiet()
    assert sorted(listener.states) == [("talk:7", "delivered"), ("talk:7", "read"), ("talk:7", "sent")]


async def test_a_webhook_comes_again_until_it_is_answered(platform: WhatsApp, listener: Listener) -> None:
    listener.down = 4
    id = await platform.person(PHONE).writes("hola")
    await platform.quiet()
    assert (listener.keys, listener.posts) == ([id], 5)


async def test_items_come_in_batches_twice_and_in_disorder(platform: WhatsApp, listener: Listener) -> None:
    platform.hooks = Hooks(batch=8, wait=0.05, duplicates=0.5, shuffled=True, scale=0.01)
    ana = platform.person(PHONE)
    ids = [await ana.writes(str(number)) for number in range(40)]
    await platform.quiet()
    assert set(listener.keys) == set(ids)
    assert len(listener.keys) > len(ids)
    assert listener.keys != sorted(listener.keys)
    assert listener.posts < len(ids)


async def test_a_changed_number_is_told(platform: WhatsApp, listener: Listener) -> None:
    ana = platform.person(PHONE)
    await ana.changes_number("51911111111")
    await platform.quiet()
    (arrival,) = listener.deliveries[0].arrivals
    assert arrival.moved_from is not None
    assert (arrival.moved_from.value, arrival.address and arrival.address.value) == (PHONE, "51911111111")


async def test_too_fast_to_one_person_is_refused_and_counted(
    platform: WhatsApp, client: WhatsAppClient
) -> None:
    platform.rules = Rules(pair_every=6, pair_burst=3, account_per_second=0)
    await platform.person(PHONE).writes("hola")
    states = [(await client.send(outgoing())).state for _ in range(5)]
    assert states == ["sent", "sent", "sent", "retry", "retry"]
    assert [violation.code for violation in platform.violations] == [131056, 131056]


async def test_too_fast_from_one_number_is_refused_and_counted(
    platform: WhatsApp, client: WhatsAppClient
) -> None:
    platform.rules = Rules(pair_every=0, account_per_second=10)
    await platform.person(PHONE).writes("hola")
    states = [(await client.send(outgoing())).state for _ in range(13)]
    assert states.count("sent") in (11, 12)
    assert {violation.code for violation in platform.violations} == {130429}


async def test_who_has_not_written_gets_nothing_but_a_template(
    platform: WhatsApp, client: WhatsAppClient
) -> None:
    platform.person(PHONE)
    assert (await client.send(outgoing())).state == "waiting"


async def test_faults_come_as_often_as_they_were_asked_for(
    platform: WhatsApp, client: WhatsAppClient
) -> None:
    platform.fault_shares = {Fault("500"): 0.2, Fault("error", code=131026): 0.2}
    await platform.person(PHONE).writes("hola")
    states = [(await client.send(outgoing())).state for _ in range(100)]
    assert 8 <= states.count("retry") <= 35
    assert 8 <= states.count("dead") <= 35


async def test_an_answer_takes_as_long_as_was_asked_for(platform: WhatsApp, client: WhatsAppClient) -> None:
    platform.rules = Rules.lifted(answer_delay=0.1)
    await platform.person(PHONE).writes("hola")
    before = asyncio.get_running_loop().time()
    await client.send(outgoing())
    assert asyncio.get_running_loop().time() - before >= 0.1


REFUSED: dict[str, Any] = {
    "nobody": {"to": None},
    "both_kinds": {"type": "nothing"},
    "no_words": {"text": {"body": ""}},
    "spaces": {"text": {"body": "  \n"}},
    "long_words": {"text": {"body": "x" * 4097}},
    "long_name": {"biz_opaque_callback_data": "x" * 513},
    "unknown_picture": {"type": "image", "image": {"id": "404"}},
    "two_pictures": {"type": "image", "image": {"id": "1", "link": "https://example.org/p.png"}},
    "unknown_template": {"type": "template", "template": {"name": "x", "language": {"code": "es"}}},
}
BUTTON: dict[str, Any] = {"type": "reply", "reply": {"id": "1", "title": "Yes"}}
ACTIONS: dict[str, tuple[str, Any]] = {
    "four_buttons": ("button", {"buttons": [
        {"type": "reply", "reply": {"id": str(n), "title": str(n)}} for n in range(4)]}),
    "one_title_twice": ("button", {"buttons": [BUTTON, {"type": "reply", "reply": {"id": "2", "title": "Yes"}}]}),
    "long_title": ("button", {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "x" * 21}}]}),
    "link_beside_buttons": ("cta_url", {"name": "cta_url", "buttons": [BUTTON], "parameters": {}}),
    "link_to_a_number": ("cta_url", {"name": "cta_url", "parameters": {
        "display_text": "Go", "url": "http://127.0.0.1/v"}}),
    "eleven_rows": ("list", {"button": "Go", "sections": [{"rows": [
        {"id": str(n), "title": str(n)} for n in range(11)]}]}),
    "long_row": ("list", {"button": "Go", "sections": [{"rows": [{"id": "1", "title": "x" * 25}]}]}),
    "long_description": ("list", {"button": "Go", "sections": [{"rows": [
        {"id": "1", "title": "x", "description": "x" * 73}]}]}),
    "no_button": ("list", {"button": "", "sections": [{"rows": [{"id": "1", "title": "x"}]}]}),
}  # fmt: skip


@pytest.mark.parametrize("case", [*REFUSED, *ACTIONS])
def test_it_refuses_what_the_platform_refuses(case: str) -> None:
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "to": PHONE,
        "type": "text",
        "text": {"body": "hola"},
    }
    assert check_message(body, media={}, templates=set()) == PHONE
    if case in ACTIONS:
        kind, action = ACTIONS[case]
        interactive = {"type": kind, "body": {"text": "?"}, "action": action}
        body |= {"type": "interactive", "interactive": interactive}
    else:
        body |= REFUSED[case]
    with pytest.raises(RefusedError):
        check_message(body, media={"1": "image/png"}, templates={("x", "en")})


def test_only_its_raw_bytes_can_be_verified() -> None:
    platform = WhatsApp()
    body = platform.webhook([{"messages": [{"text": {"body": "https://example.org ñ"}}]}])
    assert is_signed(body, platform.sign(body), (standin.APP_SECRET,))
    assert not is_signed(orjson.dumps(orjson.loads(body)), platform.sign(body), (standin.APP_SECRET,))
