"""Logs say what went wrong and where, and never what somebody wrote, nor a key, nor a cookie."""

from __future__ import annotations

import io
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pasito import logs
from tests.api.serving import bearer, played

CANARY = "canary999111222"


@pytest.fixture
def logged():
    """Everything is logged as a process logs it at its loudest; gives what was logged so far."""
    root = logging.getLogger()
    level, raising = root.level, logging.raiseExceptions
    logs.begin("DEBUG")
    written = io.StringIO()
    root.handlers[0].setStream(written)
    yield written.getvalue
    root.setLevel(level)
    root.handlers = [one for one in root.handlers if not isinstance(one.formatter, logs.WithoutWords)]
    logging.raiseExceptions = raising
    for room in logs.ROOMS:
        logging.getLogger(room).setLevel(logging.NOTSET)


def talk(client, *words):
    """A browser opens the page and writes; gives back its cookie."""
    client.get("/")
    for number, said in enumerate(words):
        sent = client.post("/web/messages", json={"client_msg_id": f"m{number}", "text": said})
        assert sent.status_code in (200, 202), sent.text
    return client.cookies["pasito"]


def test_a_conversation_leaves_no_word_of_it_in_the_logs(client, new_key, logged):
    cookie = talk(client, CANARY, "own", f"my name is {CANARY}")
    key = new_key("events", "operator", source=CANARY)
    batch = {"events": [played("1", CANARY), played("2", f"{CANARY}2")]}
    for headers in (bearer(key), bearer(key[:-1] + "x"), {**bearer(key), "idempotency-key": CANARY}):
        client.post("/v1/events", headers=headers, json=batch)
        client.get(f"/v1/summary?{CANARY}", headers=headers)
    client.get(f"/{CANARY}")
    logging.getLogger("bot").debug("The log is open.")
    seen = logged()
    assert "The log is open." in seen
    for secret in (CANARY, key.split("_")[2], cookie, cookie.partition(".")[0]):
        assert secret not in seen


def test_a_turn_that_fails_is_logged_with_its_place_and_without_her_words(client, logged, monkeypatch):
    def broken(versions, state, inbound, *_, **__: object):
        raise KeyError(inbound.text) from ValueError(CANARY)

    client.get("/")
    monkeypatch.setattr("bot.turns.advance", broken)
    monkeypatch.setattr("bot.door.PATIENCE_SECONDS", 0.5)
    cookie = talk(client, CANARY)
    seen = logged()
    assert "A turn failed" in seen
    assert "builtins.KeyError" in seen
    assert "test_logs.py" in seen
    assert CANARY not in seen
    assert cookie not in seen


def test_a_row_that_the_database_refused_is_not_shown(client, new_key, logged, monkeypatch):
    def refused(tx, *_):
        tx.execute(text("INSERT INTO programme (id) VALUES (:id)"), {"id": CANARY})

    monkeypatch.setattr("store.intake.receive", refused)
    headers = {**bearer(new_key("events", source="portal")), "idempotency-key": "1"}
    answer = client.post("/v1/events", headers=headers, json={"events": [played("1")]})
    assert answer.status_code == 500
    seen = logged()
    assert "A request failed: POST /v1/events" in seen
    assert "IntegrityError" in seen or "NotNullViolation" in seen
    assert CANARY not in seen


def test_the_words_would_have_been_seen():
    """What the formatter keeps back does stand in the exceptions."""
    error = DBAPIError("INSERT", {"id": CANARY}, Exception(CANARY))
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "It failed.", None, (type(error), error, None))
    assert CANARY in logging.Formatter().format(record)
    assert CANARY not in logs.WithoutWords().format(record)


def test_libraries_stay_quiet_at_any_level(logged):
    for name in ("sqlalchemy.engine", "httpx", "httpcore", "telegram", "aiohttp", "multipart"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    assert logging.getLogger("bot.worker").isEnabledFor(logging.DEBUG)
