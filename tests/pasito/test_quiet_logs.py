"""At its loudest the log holds no token, no phone and no word: over the web, Telegram and WhatsApp."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import logging
import time

import pytest
from starlette.testclient import TestClient

from bot.channels.accounts import ChannelAccount
from bot.channels.telegram import webhook as telegram
from bot.channels.telegram.capabilities import LIMITS
from pasito import logs
from pasito.app import application
from pasito.deployment import deployment
from pasito.settings import read_settings
from store import tables as t

WORDS = "canary999111222"
PHONE = "51987654321"
TOKEN = "1234567:canarytoken5555"
SECRET = "canarysecret0123456789"
NOWHERE = "http://127.0.0.1:9"  # nobody listens there, so every call fails with its address


@pytest.fixture
def logged():
    """Everything is logged as a process logs it at its loudest; gives what was logged so far."""
    root = logging.getLogger()
    level, raising, handlers = root.level, logging.raiseExceptions, root.handlers
    logs.begin("DEBUG")
    written = io.StringIO()
    root.handlers[0].setStream(written)
    yield written.getvalue
    root.setLevel(level)
    root.handlers = handlers
    logging.raiseExceptions = raising
    for room in logs.ROOMS:
        logging.getLogger(room).setLevel(logging.NOTSET)


@pytest.fixture
def here(tmp_path):
    """A deployment with a bot and a number, both on platforms that do not answer."""
    made = deployment(
        read_settings(
            data_dir=tmp_path,
            telegram_token=TOKEN,
            telegram_mode="webhook",
            telegram_webhook_secret=SECRET,
            telegram_api_url=NOWHERE,
            whatsapp_token=TOKEN,
            whatsapp_phone_id="100200300",
            whatsapp_app_secret=SECRET,
            whatsapp_verify_token=SECRET,
            whatsapp_api_url=NOWHERE,
        )
    )
    yield made
    made.close()


def writes_on_the_web(client):
    client.get("/")
    for number, said in enumerate((WORDS, "own", f"my number is {PHONE}")):
        sent = client.post("/web/messages", json={"client_msg_id": f"m{number}", "text": said})
        assert sent.status_code in (200, 202)


def writes_on_telegram(client, here):
    (account,) = (one for one in here.accounts if one.channel == "telegram")
    who = {"id": int(PHONE), "first_name": WORDS, "username": WORDS, "is_bot": False}
    message = {
        "message_id": 1, "date": int(time.time()), "text": WORDS, "from": who,
        "chat": {"id": int(PHONE), "type": "private", "first_name": WORDS},
    }  # fmt: skip
    headers = {telegram.SECRET_HEADER: SECRET}
    for update in ({"message": message}, {"message": {**message, "chat": WORDS}}, {WORDS: WORDS}):
        sent = client.post(telegram.path(account), headers=headers, json={"update_id": 1, **update})
        assert sent.status_code == 200
    client.post(telegram.path(account), headers={telegram.SECRET_HEADER: SECRET + "x"}, json=message)


def writes_on_whatsapp(client):
    message = {
        "from": PHONE,
        "id": f"wamid.{WORDS}",
        "timestamp": "1795000000",
        "type": "text",
        "text": {"body": WORDS},
    }
    value = {
        "messaging_product": "whatsapp", "metadata": {"phone_number_id": "100200300"},
        "contacts": [{"wa_id": PHONE, "profile": {"name": WORDS}}],
        "messages": [message, {**message, "id": 7, "from": WORDS}],
    }  # fmt: skip
    body = json.dumps(
        {
            "object": "whatsapp_business_account",
            "entry": [{"changes": [{"field": "messages", "value": value}]}],
        }
    ).encode()
    signed = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    for signature, status in ((signed, 200), (signed[:-1] + "x", 403)):
        headers = {"x-hub-signature-256": f"sha256={signature}", "content-type": "application/json"}
        assert client.post("/hooks/whatsapp/default", headers=headers, content=body).status_code == status


def attempts(here):
    with here.database.read() as tx:
        return {row.account_id: row.attempts for row in tx.execute(t.outbox.select()) if row.attempts}


def test_a_whole_conversation_on_every_channel_leaves_no_secret_in_the_log(here, logged):
    with TestClient(application(here), raise_server_exceptions=False) as client:
        writes_on_the_web(client)
        writes_on_telegram(client, here)
        writes_on_whatsapp(client)
        until = time.monotonic() + 15
        while len(attempts(here)) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert set(attempts(here)) == {"telegram/default", "whatsapp/default"}, "both platforms were tried"
    seen = logged()
    assert "bot." in seen  # it was loud
    for secret in (WORDS, PHONE, TOKEN, TOKEN.partition(":")[2], SECRET, "wamid"):
        assert secret not in seen


def test_what_a_library_says_is_not_shown_only_where_it_said_it(logged):
    for name in ("telegram.ext", "httpx", "aiohttp.client", "asyncio", "sqlalchemy.pool", "root"):
        library = logging.getLogger(name)
        library.debug("GET %s/bot%s/getUpdates", NOWHERE, TOKEN)
        library.error("GET %s/bot%s/getUpdates", NOWHERE, TOKEN)
    seen = logged()
    assert TOKEN not in seen
    assert seen.count("A library says something: ") == 6
    assert "aiohttp.client" in seen
    assert "test_quiet_logs." in seen


def test_a_task_whose_exception_nobody_asked_for_tells_its_kind_and_not_its_address(logged):
    async def calls():
        raise ConnectionError(f"{NOWHERE}/bot{TOKEN}/getUpdates")

    async def forgets():
        task = asyncio.ensure_future(calls())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(forgets())
    seen = logged()
    assert "ConnectionError" in seen
    assert TOKEN not in seen


def test_an_account_does_not_show_its_secrets():
    shown = repr(ChannelAccount("base", "telegram", "default", NOWHERE, LIMITS, TOKEN, secrets=(SECRET,)))
    assert TOKEN not in shown
    assert SECRET not in shown
