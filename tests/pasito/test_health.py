"""Is it alive, and can it serve?"""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text

from tests.api.serving import bearer


def test_a_process_that_can_serve_says_yes(client):
    for path in ("/healthz", "/readyz"):
        response = client.get(path)
        assert (response.status_code, response.text) == (200, "yes\n")


@pytest.fixture
def away(here):
    """The database stops answering, as long as this block lasts."""
    held, released = threading.Event(), threading.Event()

    def hold():
        if here.database.is_sqlite:
            statements = ("SELECT 1",)  # a transaction that writes keeps all others out
        else:
            statements = ("LOCK TABLE alembic_version, pack_version IN ACCESS EXCLUSIVE MODE",)
        with here.database.begin() as tx:
            for statement in statements:
                tx.execute(text(statement))
            held.set()
            released.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    yield released
    released.set()
    thread.join()


def test_while_the_database_is_away_it_is_alive_but_not_ready(client, away):
    for _ in range(3):
        began = time.monotonic()
        response = client.get("/readyz")
        assert (response.status_code, response.text) == (503, "no\n")
        assert time.monotonic() - began < 2
    began = time.monotonic()
    assert client.get("/healthz").status_code == 200
    assert time.monotonic() - began < 0.5
    away.set()
    until = time.monotonic() + 15
    while client.get("/readyz").status_code != 200 and time.monotonic() < until:
        time.sleep(0.1)
    assert client.get("/readyz").status_code == 200


def test_many_looks_while_the_database_is_away_hold_one_thread(client, away, new_key):
    from concurrent.futures import ThreadPoolExecutor

    before = threading.active_count()
    with ThreadPoolExecutor(20) as pool:
        assert {r.status_code for r in pool.map(lambda _: client.get("/readyz"), range(20))} == {503}
    assert threading.active_count() - before < 6


def test_a_database_that_was_never_migrated_is_not_ready(client, here):
    with here.database.begin() as tx:
        tx.execute(text("DELETE FROM alembic_version"))
    assert client.get("/readyz").status_code == 503
    assert client.get("/v1/summary", headers=bearer("x")).status_code == 401
