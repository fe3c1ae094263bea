"""The webhook's addresses: only WhatsApp is heard, and only what is kept is acknowledged."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Iterator, MutableMapping
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from access.hooks import Hooks
from bot.channels.delivery import Delivery
from bot.channels.whatsapp import webhook as hooks
from bot.channels.whatsapp.signature import signature
from tests.whatsapp.test_signature import REFUSED
from tests.whatsapp.webhooks import (
    NEW_SECRET,
    NOW,
    SECRET,
    TOKEN,
    VERIFY,
    account,
    change,
    message,
    status,
    webhook,
)

PATH = "/hooks/whatsapp/default"
POST = orjson.dumps(webhook(change(messages=[message()], statuses=[status()])))
CANARIES = (SECRET, NEW_SECRET, VERIFY, TOKEN)


class Kept:
    """Takes deliveries as the ingest does; can be made to fail or to hang."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.trouble: Exception | None = None
        self.hangs = False

    async def take(self, delivery: Delivery) -> None:
        if self.hangs:
            await asyncio.sleep(60)
        if self.trouble:
            raise self.trouble
        self.deliveries.append(delivery)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def client(kept: Kept) -> Iterator[TestClient]:
    accounts = [
        account(secrets=(SECRET, NEW_SECRET)),
        account(name="lima", programme="pe2", phone_id="222", secrets=(SECRET,)),
        account(name="lagos", programme="ng", phone_id="333", secrets=("another app's secret, of others",)),
        account(channel="telegram", name="bot"),
    ]
    app = FastAPI()
    app.add_middleware(Hooks, routes=hooks.routes(accounts, kept, now=lambda: NOW))
    with TestClient(app) as client:
        yield client


def post(client: TestClient, body: bytes = POST, secret: str = SECRET, path: str = PATH) -> int:
    headers = {"x-hub-signature-256": signature(body, secret)}
    return client.post(path, content=body, headers=headers).status_code


def holds_a_secret(text: str) -> bool:
    """Whether any 16 characters of a secret stand in it."""
    parts = {secret[at : at + 16] for secret in CANARIES for at in range(len(secret) - 15)}
    return any(part in text for part in parts)


# --- the challenge ---------------------------------------------------------------------------------------


def test_whoever_knows_the_verify_token_gets_the_challenge_back(client: TestClient) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}
    answer = client.get(PATH, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"hub.mode": "subscribe", "hub.challenge": "1158201444"},
        {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1158201444"},
        {"hub.mode": "subscribe", "hub.verify_token": VERIFY[:-1], "hub.challenge": "1158201444"},
        {"hub.mode": "unsubscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"},
    ],
)
def test_nobody_else_gets_anything_echoed(client: TestClient, asked: dict[str, str]) -> None:
    answer = client.get(PATH, params=asked)
    assert answer.status_code == 403
    assert "1158201444" not in answer.text
    assert not holds_a_secret(answer.text)


def test_an_account_without_a_verify_token_is_nobodys(kept: Kept) -> None:
    app = FastAPI()
    app.add_middleware(Hooks, routes=hooks.routes([account(verify_token="")], kept))
    asked = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
    assert TestClient(app).get(PATH, params=asked).status_code == 403


# --- what comes in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [SECRET, NEW_SECRET])
def test_a_signed_webhook_is_kept_and_acknowledged(client: TestClient, kept: Kept, secret: str) -> None:
    assert post(client, secret=secret) == 200
    (delivery,) = kept.deliveries
    assert (len(delivery.arrivals), len(delivery.statuses)) == (1, 1)
    assert delivery.arrivals[0].received_at == NOW


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_signature_is_refused_without_effect(client: TestClient, kept: Kept, case: str) -> None:
    header = REFUSED[case]
    headers = [] if header is None else [(b"x-hub-signature-256", header.encode("utf-8", "replace"))]
    answer = client.post(PATH, content=POST, headers=headers)
    assert answer.status_code == 403
    assert kept.deliveries == []
    assert not holds_a_secret(answer.text)


def test_whatever_is_wrong_the_answer_is_the_same(client: TestClient) -> None:
    headers = {"x-hub-signature-256": signature(POST, SECRET)}
    answers = [
        client.post(PATH, content=POST),
        client.post(PATH, content=POST + b" ", headers=headers),
        client.post("/hooks/whatsapp/nobody", content=POST, headers=headers),
        client.post("/hooks/whatsapp/bot", content=POST, headers=headers),
        client.post("/hooks/whatsapp/lagos", content=POST, headers=headers),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1


def test_numbers_of_one_app_come_through_one_address(client: TestClient, kept: Kept) -> None:
    body = orjson.dumps(webhook(change(messages=[message()]), change("222", messages=[message(id="w2")])))
    assert post(client, body) == 200
    assert [arrival.account for arrival in kept.deliveries[0].arrivals] == [
        "whatsapp/default",
        "whatsapp/lima",
    ]


def test_one_app_cannot_speak_for_the_number_of_another(client: TestClient, kept: Kept) -> None:
    body = orjson.dumps(webhook(change("333", messages=[message()])))
    assert post(client, body) == 200
    assert kept.deliveries[0].arrivals == ()
    assert len(kept.deliveries[0].unreadable) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"NaN", b"[" * 100_000, gzip.compress(POST)])
def test_what_is_no_json_is_answered_with_400(client: TestClient, kept: Kept, body: bytes) -> None:
    assert post(client, body) == 400
    assert kept.deliveries == []


@pytest.mark.parametrize("trouble", [OSError("disk full"), RuntimeError(SECRET)])
def test_what_cannot_be_kept_is_not_acknowledged(
    client: TestClient, kept: Kept, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    kept.trouble = trouble
    headers = {"x-hub-signature-256": signature(POST, SECRET)}
    answer = client.post(PATH, content=POST, headers=headers)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert not holds_a_secret(answer.text)
    kept.trouble = None
    assert post(client) == 200
    assert len(kept.deliveries) == 1


def test_a_store_that_hangs_is_answered_in_time(
    client: TestClient, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "PATIENCE_SECONDS", 0.05)
    kept.hangs = True
    assert post(client) == 503


# --- what is too large ---------------------------------------------------------------------------------------


def test_a_body_of_four_megabytes_is_refused(client: TestClient, kept: Kept) -> None:
    assert post(client, b" " * 4_000_000) == 413
    assert kept.deliveries == []


async def test_a_body_without_a_declared_length_is_read_only_so_far(kept: Kept) -> None:
    app, read, answered = FastAPI(), 0, []
    app.add_middleware(Hooks, routes=hooks.routes([account()], kept))

    async def endless() -> dict[str, Any]:
        nonlocal read
        read += 100_000
        return {"type": "http.request", "body": b" " * 100_000, "more_body": True}

    async def send(said: MutableMapping[str, Any]) -> None:
        answered.append(said.get("status"))

    scope = {
        "type": "http", "method": "POST", "path": PATH, "raw_path": PATH.encode(), "query_string": b"",
        "headers": [(b"transfer-encoding", b"chunked")], "http_version": "1.1", "scheme": "http",
    }  # fmt: skip
    await app(scope, endless, send)
    assert answered[0] == 413
    assert read == 3_100_000
    assert kept.deliveries == []


def test_no_log_line_holds_a_secret_or_a_phone(
    client: TestClient, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bot")
    kept.trouble = OSError("disk full")
    post(client)
    post(client, secret="wrong")
    post(client, b"{")
    assert not holds_a_secret(caplog.text)
    assert "51987654321" not in caplog.text
