"""Figures for Prometheus: well formed, true, and not for strangers."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from flows.values import Inbound
from pasito.app import application
from store.inbox import Address, Arrival, accept
from tests.api.serving import bearer, now

TOKEN = "a token of the tests"


@pytest.fixture
def from_here(here):
    """Somebody on this machine."""
    with TestClient(
        application(here),
        base_url="http://127.0.0.1:8000",
        client=("127.0.0.1", 1),
        raise_server_exceptions=False,
    ) as opened:
        yield opened


def families(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(found, name, **labels):
    (sample,) = [s for s in found[name].samples if s.labels == labels]
    return sample.value


def test_every_figure_has_a_type_a_help_and_a_name_by_the_rules(from_here):
    text = from_here.get("/metrics").text
    found = families(from_here)
    ours = {name for name in found if name.startswith("pasito_")}
    assert len(ours) >= 10
    for name, family in found.items():
        assert family.type in ("gauge", "counter"), name
        assert len(family.documentation) > 10, name
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert not re.search(r"_(count|sum|bucket|milliseconds|minutes|kilobytes|gauge|counter)$", name)
        assert len(re.findall(rf"^# HELP {name}(?:_total)? ", text, re.MULTILINE)) == 1
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter")
    assert text.endswith("\n")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len({line.rpartition(" ")[0] for line in lines}) == len(lines)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_accepts_it(from_here):
    text = from_here.get("/metrics").text
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_figures_follow_what_happens(here, new_key):
    client = TestClient(application(here), base_url="http://127.0.0.1", client=("127.0.0.1", 1))
    before = families(client)  # nothing runs: the application was not started
    assert value(before, "pasito_inbox_waiting") == 0
    inbound = Inbound("ana:1", text="hola", seed="0" * 32)
    arrival = Arrival("base", "web", inbound, now() - 90_000_000, Address("web", "ana"))
    here.writer.submit(accept, arrival).result()
    waiting = families(client)
    assert value(waiting, "pasito_inbox_waiting") == 1
    assert 89 < value(waiting, "pasito_inbox_oldest_waiting_seconds") < 120
    assert value(waiting, "pasito_conversations") == 1
    assert value(waiting, "pasito_database_size_bytes") > 10_000
    assert value(waiting, "pasito_database_up") == 1
    assert value(waiting, "pasito_turns") == 0
    for state in ("queued", "sending", "unknown", "waiting"):
        assert value(waiting, "pasito_outbox_replies", state=state) == 0


def test_an_answered_conversation_is_counted(from_here):
    from_here.get("/")
    from_here.post("/web/messages", json={"client_msg_id": "1", "text": "hello"})
    found = families(from_here)
    assert value(found, "pasito_turns") >= 1
    assert value(found, "pasito_inbox_waiting") == 0
    assert value(found, "pasito_inbox_oldest_waiting_seconds") == 0


def test_a_database_that_does_not_answer_is_a_figure_too(from_here, here, monkeypatch):
    def away(tx):
        raise ConnectionError

    monkeypatch.setattr("store.health.figures", away)
    found = families(from_here)
    assert value(found, "pasito_database_up") == 0
    assert "pasito_inbox_waiting" not in found


# --- who may read them --------------------------------------------------------------------------


def with_token(here, **client):
    object.__setattr__(here, "settings", here.settings.model_copy(update={"metrics_token": TOKEN}))
    return TestClient(application(here), raise_server_exceptions=False, **client)


@pytest.mark.parametrize(
    ("address", "asked", "headers", "status"),
    [
        ("127.0.0.1", "127.0.0.1", {}, 200),
        ("::1", "[::1]:8000", {}, 200),
        ("127.0.0.1", "localhost", {}, 200),
        ("203.0.113.7", "pasito.example", {}, 404),
        ("203.0.113.7", "127.0.0.1", {}, 404),
        # Behind a proxy on this machine everybody comes from here.
        ("127.0.0.1", "127.0.0.1", {"x-forwarded-for": "203.0.113.7"}, 404),
        ("127.0.0.1", "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 404),
        ("127.0.0.1", "127.0.0.1", {"forwarded": "for=203.0.113.7"}, 404),
        ("127.0.0.1", "127.0.0.1", {"via": "1.1 proxy"}, 404),
        # A page elsewhere whose name points at this machine.
        ("127.0.0.1", "pasito.example", {}, 404),
        ("203.0.113.7", "pasito.example", bearer(TOKEN), 200),
        ("127.0.0.1", "pasito.example", {**bearer(TOKEN), "x-forwarded-for": "203.0.113.7"}, 200),
        ("203.0.113.7", "pasito.example", bearer(TOKEN + "x"), 404),
        ("203.0.113.7", "pasito.example", bearer(""), 404),
        ("203.0.113.7", "pasito.example", {"authorization": TOKEN}, 404),
        ("203.0.113.7", "pasito.example", {"authorization": "Bearer é"}, 404),
    ],
)
def test_who_may_read_them(here, address, asked, headers, status):
    if here.database.is_sqlite:
        client = with_token(here, client=(address, 1), base_url=f"http://{asked}")
        raw = {name: said.encode("latin-1") for name, said in headers.items()}
        answer = client.get("/metrics", headers=raw)
        assert answer.status_code == status
        assert ("pasito_" in answer.text) == (status == 200)


def test_without_a_token_nobody_is_let_in_with_an_empty_one(here):
    client = TestClient(application(here), base_url="http://pasito.example", client=("203.0.113.7", 1))
    for headers in ({}, bearer(""), {"authorization": "Bearer"}):
        assert client.get("/metrics", headers=headers).status_code == 404
        assert client.get("/metrics", headers=headers).json() == client.get("/nothing").json()
