"""Is it alive, and can it serve?"""

from __future__ import annotations

import re
import threading
import time

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from flows.values import Inbound
from pasito.app import application
from pasito.health import doctor
from pasito.settings import read_settings
from store import dead_letters, packs
from store import tables as t
from store.clock import SECOND
from store.inbox import Address, Arrival, accept
from store.programmes import keep_account, keep_programme
from tests.api.serving import bearer, now


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


# --- what it looks at -----------------------------------------------------------------------------


@pytest.fixture
def idle(here):
    """Somebody who speaks with a process in which nothing works and nothing is sent."""
    return TestClient(application(here), raise_server_exceptions=False)


def readiness(client):
    answer = client.get("/readyz")
    # Strangers learn one word, whatever is wrong.
    assert (answer.status_code, answer.text) in ((200, "yes\n"), (503, "no\n"))
    return answer.text == "yes\n"


def writes(here, seconds_ago, account="web", who="ana"):
    inbound = Inbound(f"{who}:{seconds_ago}", text="hola", seed="0" * 32)
    address = Address(account.partition("/")[0], who)
    arrival = Arrival("base", account, inbound, now() - seconds_ago * SECOND, address)
    return here.writer.submit(accept, arrival).result()


def test_a_message_that_has_waited_for_a_minute_is_red(here, idle):
    assert readiness(idle)
    writes(here, 50)
    assert readiness(idle)
    writes(here, 61, who="ben")
    assert not readiness(idle)


def test_messages_that_were_answered_do_not_wait(here, client):
    writes(here, 3600)
    here.writer.ring()
    until = time.monotonic() + 10
    while not readiness(client) and time.monotonic() < until:
        time.sleep(0.05)
    assert readiness(client)


@pytest.fixture
def replied(here):
    """Two replies to Ana on Telegram that nobody sends; gives what makes them due so many seconds ago."""
    with here.database.begin() as tx:
        keep_account(tx, "base", "telegram/default", channel="telegram", pulls=False, now=now())
    conversation = writes(here, 0, "telegram/default").conversation
    with here.database.begin() as tx:
        for place in (10, 11):
            tx.execute(
                t.outbox.insert().values(
                    programme_id="base", conversation_id=conversation, account_id="telegram/default",
                    place=place, cause=1, part=place, asks=False, unasked=False, state="queued", attempts=0, doubts=0,
                    due_at=now(), created_at=now(),
                )
            )  # fmt: skip

    def due(seconds_ago, place, state="queued"):
        with here.database.begin() as tx:
            changed = t.outbox.update().where(t.outbox.c.place == place)
            tx.execute(changed.values(due_at=now() - seconds_ago * SECOND, state=state))

    return due


def test_a_reply_that_has_been_due_for_two_minutes_is_red(idle, replied):
    assert readiness(idle)
    replied(110, 10)
    assert readiness(idle)
    replied(121, 10)
    assert not readiness(idle)


def test_a_campaign_that_waits_in_line_is_not_due(here, idle, replied):
    replied(3600, 10)
    assert not readiness(idle)
    with here.database.begin() as tx:
        tx.execute(t.outbox.update().values(unasked=True))
    assert readiness(idle)


def test_a_reply_behind_another_one_is_not_due(idle, replied):
    replied(-30, 10)  # the one before is tried again in half a minute
    replied(600, 11)
    assert readiness(idle)
    replied(600, 10, "sent")
    assert not readiness(idle)


def test_a_reply_that_waits_for_the_person_is_not_due(idle, replied):
    replied(600, 10, "waiting")
    replied(600, 11, "unknown")
    assert readiness(idle)


def test_what_a_platform_has_asked_to_hold_back_is_not_due(here, idle, replied):
    replied(600, 10)
    assert not readiness(idle)
    with here.database.begin() as tx:
        held = {"tat": now(), "held_until": now() + 60 * SECOND}
        key = {"programme_id": "base", "account_id": "telegram/default", "conversation_id": ""}
        tx.execute(t.pace.insert().values(**key, **held))
    assert readiness(idle)


def test_many_dead_letters_in_an_hour_are_red(here, idle):
    with here.database.begin() as tx:
        items = [("base", "web", f"u:{number}", "it has no sender") for number in range(99)]
        dead_letters.unreadable(tx, items)
    assert readiness(idle)
    with here.database.begin() as tx:
        dead_letters.unreadable(tx, [("base", "web", "u:100", "it has no sender")])
    assert not readiness(idle)
    with here.database.begin() as tx:
        tx.execute(t.dead_letter.update().values(at=t.dead_letter.c.at - 3700 * SECOND))
    assert readiness(idle)


@pytest.mark.parametrize(
    ("total", "free", "well"),
    [
        (10_000_000_000, 1_000_000_000, True),
        (10_000_000_000, 499_000_000, False),  # less than 5 %
        (1_000_000_000, 201_000_000, True),
        (1_000_000_000, 199_000_000, False),  # less than 200 MB
    ],
)
def test_a_disk_that_is_nearly_full_is_red(idle, monkeypatch, total, free, well):
    usage = type("usage", (), {"total": total, "free": free})
    monkeypatch.setattr("pasito.health.shutil.disk_usage", lambda folder: usage)
    assert readiness(idle) == well


def test_every_programme_needs_a_live_pack_that_can_be_read(here, idle):
    with here.database.begin() as tx:
        keep_programme(tx, "pe", zone="America/Lima", now=now())
    assert not readiness(idle)
    with here.database.begin() as tx:
        packs.publish(tx, "pe", {"pack.yaml": "nonsense"}, structure="s", content="c", by="a test", now=now())
    assert not readiness(idle)


def test_a_database_that_can_only_be_read_is_red(here, idle):
    if not here.database.is_sqlite:
        with here.database.writing.connect() as connection:
            connection.exec_driver_sql("SET default_transaction_read_only = on")
            connection.commit()
        assert not readiness(idle)


def test_the_log_says_once_what_is_not_well(here, idle, caplog):
    writes(here, 600)
    for _ in range(3):
        assert not readiness(idle)
    said = [record.getMessage() for record in caplog.records if record.name == "pasito.health"]
    assert len(said) == 1
    assert said[0].startswith("Not ready: oldest waiting message: 60")
    assert said[0].endswith("Limit: 60 s.")


# --- doctor ---------------------------------------------------------------------------------------


def test_the_doctor_names_every_check_with_value_limit_and_consequence(here, capsys):
    assert doctor(here.settings) == 0
    said = capsys.readouterr().out
    names = [
        "database",
        "tables",
        "packs",
        "oldest waiting message",
        "oldest due reply",
        "dead letters",
        "disk",
        "approved messages",
    ]
    assert re.findall(r"^well  ([a-z ]+): \S", said, re.MULTILINE) == names
    assert len(re.findall(r"^      Limit: .+\. Beyond it: .+\.$", said, re.MULTILINE)) == len(names)
    assert said.endswith("All is well.\n")


def test_the_doctor_says_what_is_red(here, capsys):
    writes(here, 600)
    assert doctor(here.settings) == 1
    said = capsys.readouterr().out
    assert re.search(
        r"^RED   oldest waiting message: 60\d s\n      Limit: 60 s\. Beyond it: people wait",
        said,
        re.MULTILINE,
    )
    assert said.endswith("1 of 8 checks are red.\n")


def test_the_doctor_looks_on_where_something_cannot_be_looked_at(tmp_path, capsys):
    settings = read_settings(data_dir=tmp_path, database_url="postgresql://ana:hush@127.0.0.1:1/x")
    assert doctor(settings) == 1
    said = capsys.readouterr().out
    assert "RED   database: it could not be looked at (OperationalError)" in said
    assert "well  disk" in said
    assert "hush" not in said


def test_the_doctor_says_that_programmes_share_a_file(here, capsys):
    with here.database.begin() as tx:
        keep_programme(tx, "pe", zone="America/Lima", now=now())
    doctor(here.settings)
    assert ("2 programmes share one SQLite file" in capsys.readouterr().out) == here.database.is_sqlite


def test_the_doctor_makes_no_database(tmp_path, capsys):
    assert doctor(read_settings(data_dir=tmp_path / "none")) == 1
    assert not (tmp_path / "none" / "pasito.sqlite3").exists()
    assert "There is no database at" in capsys.readouterr().out
