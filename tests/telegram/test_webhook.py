"""Telegram's way in: who may come in, and what happens to what they bring."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from access import problems
from access.hooks import Hooks
from bot.channels.telegram import webhook
from bot.channels.telegram.webhook import MOST_BYTES, SECRET_HEADER, path, path_part, routes
from tests.standins.telegram import TelegramStandIn
from tests.telegram.conftest import OTHER_SECRET, SECRET, Taker, account_at, eventually

HERE = account_at("https://telegram.example")
FOREIGN_SECRET = "the-secret-of-another-account"
FOREIGN = account_at("https://telegram.example", name="market", secrets=(FOREIGN_SECRET,))
POLLING = account_at("https://telegram.example", name="laptop", polling=True)
OPEN = account_at("https://telegram.example", name="open", secrets=())

UPDATE: dict[str, Any] = {
    "update_id": 1,
    "message": {"message_id": 1, "date": 1, "chat": {"id": 7001, "type": "private"}, "text": "hola"},
}


def application(taker: webhook.Takes) -> FastAPI:
    app = FastAPI(openapi_url=None)
    problems.install(app)
    app.add_middleware(Hooks, routes=routes((HERE, FOREIGN, POLLING, OPEN), taker))
    return app


@pytest.fixture
def post(taker: Taker) -> Iterator[Any]:
    with TestClient(application(taker)) as client:

        def send(where: str = path(HERE), secret: Any = SECRET, content: Any = None, **headers: str) -> Any:
            if secret is not None:
                headers[SECRET_HEADER] = secret
            body = json.dumps(UPDATE).encode() if content is None else content
            return client.post(where, content=body, headers=headers)

        yield send


def test_an_update_is_taken(post: Any, taker: Taker) -> None:
    answer = post()
    assert (answer.status_code, answer.content) == (200, b"")
    assert taker.texts == ["hola"]


@pytest.mark.parametrize("secret", [SECRET, OTHER_SECRET])
@pytest.mark.parametrize("of_path", [SECRET, OTHER_SECRET])
def test_while_a_secret_is_changed_both_are_good(post: Any, taker: Taker, secret: str, of_path: str) -> None:
    assert post(f"/hooks/telegram/default/{path_part(HERE, of_path)}", secret).status_code == 200
    assert taker.texts == ["hola"]


@pytest.mark.parametrize(
    "secret",
    [
        None,
        "",
        SECRET[:16],
        SECRET.upper(),
        SECRET + "x",
        SECRET[:-1],
        "ñ" * 20,
        FOREIGN_SECRET,
        path_part(HERE, SECRET),
    ],
)
def test_without_the_right_secret_nothing_comes_in(
    post: Any, taker: Taker, secret: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    answer = post(secret=secret.encode() if secret else secret)
    assert answer.status_code == 403
    assert taker.deliveries == []
    assert "was called on its right path with a wrong secret" in caplog.text
    for said in (answer.text, caplog.text):
        assert SECRET not in said
        assert "hola" not in said
        assert not (secret and secret in said)


@pytest.mark.parametrize(
    "where",
    [
        "/hooks/telegram/default/",
        f"/hooks/telegram/default/{'0' * 32}",
        f"/hooks/telegram/default/{SECRET}",
        f"/hooks/telegram/default/{path_part(HERE, SECRET).upper()}",
        f"/hooks/telegram/market/{path_part(HERE, SECRET)}",
        f"/hooks/telegram/default/{path_part(FOREIGN, FOREIGN_SECRET)}",
        f"/hooks/telegram/nobody/{path_part(HERE, SECRET)}",
        f"/hooks/telegram/default/{'%C3%B1' * 32}",
        path(POLLING),
        f"/hooks/telegram/open/{path_part(OPEN, '')}",
    ],
)
def test_without_the_right_path_nothing_comes_in(post: Any, taker: Taker, where: str) -> None:
    for secret in (SECRET, "", None):
        answer = post(where, secret)
        assert answer.status_code in (403, 404)
        assert SECRET not in answer.text
    assert taker.deliveries == []


def test_a_foreign_bot_cannot_speak_for_this_one(post: Any, taker: Taker) -> None:
    assert post(path(FOREIGN), SECRET).status_code == 403
    assert post(path(FOREIGN), FOREIGN_SECRET).status_code == 200
    assert [arrival.account for delivery in taker.deliveries for arrival in delivery.arrivals] == [
        "telegram/market"
    ]


def test_who_is_refused_does_not_learn_why(post: Any) -> None:
    answers = [post("/hooks/telegram/nobody/x"), post(f"/hooks/telegram/default/{'0' * 32}"), post(secret="")]
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 5000, 400),
        (b'{"update_id": NaN}', 400),
        (b"{" + b" " * MOST_BYTES + b"}", 413),
        (iter([b"{" + b" " * MOST_BYTES, b"}"]), 413),
    ],
    ids=["empty", "half", "no text", "deep", "no number", "too large", "too large in pieces"],
)
def test_a_body_that_is_none_has_no_effect(post: Any, taker: Taker, content: Any, status: int) -> None:
    answer = post(content=content)
    assert answer.status_code == status
    assert taker.deliveries == []


@pytest.mark.parametrize("content", [b"[]", b"7", b'"hola"', b'{"update_id": 3, "message": "hola"}'])
def test_what_telegram_does_not_promise_is_kept_for_the_operator(
    post: Any, taker: Taker, content: bytes
) -> None:
    """Refused it would come again for a day."""
    assert post(content=content).status_code == 200
    assert [len(delivery.unreadable) for delivery in taker.deliveries] == [1]


def test_a_body_just_small_enough_is_taken(post: Any, taker: Taker) -> None:
    body = json.dumps(UPDATE).encode()
    assert post(content=body + b" " * (MOST_BYTES - len(body))).status_code == 200
    assert taker.texts == ["hola"]


def test_a_store_that_is_away_makes_telegram_come_again(
    post: Any, taker: Taker, caplog: pytest.LogCaptureFixture
) -> None:
    taker.away = [OSError("the disk is full")]
    answer = post()
    assert answer.status_code == 503
    assert "disk" not in answer.text
    assert "Telegram brings it again" in caplog.text
    assert post().status_code == 200


def test_an_outage_fills_the_log_with_lines_and_not_with_tracebacks(
    post: Any, taker: Taker, caplog: pytest.LogCaptureFixture
) -> None:
    taker.away = [OperationalError("INSERT", None, sqlite3.OperationalError("database or disk is full"))]
    assert post().status_code == 503
    assert "Telegram brings it again" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_store_that_hangs_makes_telegram_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hangs:
        async def take(self, _: object) -> None:
            await asyncio.sleep(60)

    monkeypatch.setattr(webhook, "PATIENCE_SECONDS", 0.05)
    with TestClient(application(Hangs())) as client:
        answer = client.post(path(HERE), json=UPDATE, headers={SECRET_HEADER: SECRET})
    assert answer.status_code == 503


def test_the_path_does_not_give_the_secret_away() -> None:
    assert SECRET not in path(HERE)
    assert len(path_part(HERE, SECRET)) == 32
    assert path_part(HERE, SECRET) != path_part(FOREIGN, SECRET)


# --- brought by a server ------------------------------------------------------------------------------------------


@asynccontextmanager
async def served(taker: Taker) -> AsyncIterator[str]:
    """The webhook behind a real server; gives its address."""
    config = uvicorn.Config(application(taker), port=0, log_level=logging.CRITICAL, lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.ensure_future(server.serve())
    await eventually(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await running


def hooked(telegram: TelegramStandIn, url: str) -> None:
    telegram.bot().webhook = {"url": url + path(HERE), "secret_token": SECRET}


async def test_what_people_write_is_brought_in_order_until_it_is_kept(taker: Taker) -> None:
    taker.away = [OSError("the disk is full")] * 3
    async with TelegramStandIn(scale=0.01) as telegram, served(taker) as url:
        hooked(telegram, url)
        people = [telegram.person(name) for name in ("Ana", "Ben", "Dora")]
        for n in range(5):
            for person in people:
                await person.write(f"{person.name} {n}")
        await eventually(lambda: not telegram.bot().updates)
    for person in people:
        mine = [text for text in taker.texts if text.startswith(person.name)]
        assert mine == [f"{person.name} {n}" for n in range(5)]
    assert telegram.refused_deliveries == [503, 503, 503]


async def test_twice_and_out_of_order_everything_has_its_key(taker: Taker) -> None:
    async with TelegramStandIn(duplicates=0.3, shuffles=0.3) as telegram, served(taker) as url:
        hooked(telegram, url)
        ana = telegram.person("Ana")
        ids = [await ana.write(f"{n}") for n in range(40)]
        await eventually(lambda: not telegram.bot().updates)
    keys = [inbound.key for inbound in taker.inbounds]
    assert len(keys) > 40
    assert set(keys) == {f"m:{ana.id}:{id}:0" for id in ids}
    assert list(dict.fromkeys(keys)) != [f"m:{ana.id}:{id}:0" for id in ids]
