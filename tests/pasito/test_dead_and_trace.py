"""What was given up, and what happened to one conversation: as an operator sees it, without anybody's words."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from flows.values import Inbound
from pasito import dead, tracing
from pasito.letters import SettingsError
from store import dead_letters, outbox
from store import tables as t
from store.inbox import Address, Arrival, accept
from store.outbox import Outcome
from store.pacing import NO_LIMITS
from store.programmes import keep_account
from store.traces import code_of
from tests.api.serving import now

ROOT = Path(__file__).resolve().parents[2]
CANARY = "canary999111222"
PHONE = "51987654321"
ACCOUNT = "telegram/default"


@pytest.fixture
def ana(here):
    """Ana's conversation on Telegram: her first message had its turn, and nothing is sent yet."""
    with here.database.begin() as tx:
        keep_account(tx, "base", ACCOUNT, channel="telegram", pulls=False, now=now())
    conversation = writes(here, CANARY)
    here.worker.start()
    waits(lambda: replies(here))
    return conversation


def writes(here, text):
    """Ana writes; gives back her conversation."""
    inbound = Inbound(f"m:{text}:{now()}", text=text, seed="0" * 32)
    arrival = Arrival("base", ACCOUNT, inbound, now(), Address("telegram", PHONE))
    return here.writer.submit(accept, arrival).result().conversation


def replies(here):
    """The states of the replies to Ana, in order."""
    with here.database.read() as tx:
        return list(tx.execute(select(t.outbox.c.state).order_by(t.outbox.c.place)).scalars())


def waits(what):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def given_up(here, reason="user_gone"):
    """The next reply to Ana is tried and given up."""
    with here.database.begin() as tx:
        (outgoing,) = outbox.claim_due(tx, {("base", ACCOUNT): NO_LIMITS}, 1)
    key = (outgoing.programme, outgoing.conversation, outgoing.place)
    with here.database.begin() as tx:
        outbox.mark(tx, [Outcome(*key, "dead", reason=reason)])


def letters(here):
    with here.database.read() as tx:
        return dead_letters.dead_letters(tx, "base")


def a_message_was_given_up(here, conversation, text=CANARY):
    body = {"kind": "message", "text": text}
    row = dead_letters.row("base", conversation, "inbox", 1, body, "KeyError", 5, now())
    with here.database.begin() as tx:
        dead_letters.add(tx, [row])
    return row["id"]


# --- dead -----------------------------------------------------------------------------------------


def test_the_list_shows_what_was_given_up_and_why_without_words_or_addresses(here, ana, capsys):
    a_message_was_given_up(here, ana)
    given_up(here)
    with here.database.begin() as tx:
        dead_letters.unreadable(tx, [("base", ACCOUNT, f"u:{PHONE}", "it has no sender")])
    dead.show(here.settings, None, None)
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert lines[0].split() == [
        "letter", "since", "(UTC)", "programme", "what", "tries", "conversation", "why",
    ]  # fmt: skip
    assert [re.search(r"a message|a reply|not readable", line)[0] for line in lines[1:4]] == [
        "a message", "a reply", "not readable",
    ]  # fmt: skip
    assert lines[1].endswith("KeyError")
    assert lines[2].endswith("user_gone")
    assert code_of(ana) in lines[1]
    assert ACCOUNT in lines[3]
    assert CANARY not in said
    assert PHONE not in said


def test_the_list_can_be_narrowed(here, ana, capsys):
    a_message_was_given_up(here, ana)
    given_up(here)
    dead.show(here.settings, "outbox", None)
    assert "KeyError" not in capsys.readouterr().out
    dead.show(here.settings, None, "KeyError")
    assert "user_gone" not in capsys.readouterr().out
    dead.show(here.settings, "call", None)
    assert capsys.readouterr().out == "There are no dead letters.\n"


def test_a_message_that_is_tried_again_is_answered(here, ana, capsys):
    id = a_message_was_given_up(here, ana, "menu")
    before = len(replies(here))
    dead.replay(here.settings, id[:10], None, None)
    assert capsys.readouterr().out.startswith("Tried again: 1 of 1.")
    here.writer.ring()
    waits(lambda: len(replies(here)) > before)
    assert letters(here) == []


def test_a_reply_that_is_tried_again_is_queued_again(here, ana):
    given_up(here)
    assert replies(here)[0] == "dead"
    dead.replay(here.settings, None, "outbox", None)
    assert replies(here)[0] == "queued"
    assert letters(here) == []


def test_what_cannot_be_tried_again_is_said_and_stays(here, capsys):
    with here.database.begin() as tx:
        dead_letters.unreadable(tx, [("base", ACCOUNT, "u:1", "it has no sender")])
    (letter,) = letters(here)
    dead.replay(here.settings, letter.id, None, None)
    told = capsys.readouterr()
    assert told.out.startswith("Tried again: 0 of 1.")
    assert told.err.startswith(f"{letter.id} could not be tried again")
    assert len(letters(here)) == 1


def test_a_letter_that_is_dropped_is_gone(here, ana, capsys):
    kept, gone = a_message_was_given_up(here, ana), a_message_was_given_up(here, ana)
    dead.drop(here.settings, gone, None, None)
    assert capsys.readouterr().out == "Dropped: 1 of 1.\n"
    assert [letter.id for letter in letters(here)] == [kept]


def test_a_name_that_fits_no_letter_or_several_is_a_sentence(here, ana):
    with pytest.raises(
        SettingsError, match=r"There is no dead letter 'zz'\. `pasito dead list` shows them\."
    ):
        dead.drop(here.settings, "zz", None, None)
    a_message_was_given_up(here, ana)
    a_message_was_given_up(here, ana)
    with pytest.raises(SettingsError, match="2 letters begin with ''"):
        dead.drop(here.settings, "", None, None)
    with pytest.raises(SettingsError, match=r"'letters' is no kind of letter\. Known: inbox, outbox"):
        dead.show(here.settings, "letters", None)
    assert len(letters(here)) == 2


# --- trace ----------------------------------------------------------------------------------------


def test_a_trace_tells_what_happened_and_what_is_open_without_words_or_addresses(here, ana, capsys):
    tracing.show(here.settings, code_of(ana))
    said = capsys.readouterr().out
    assert "message from the person  came in" in said
    assert "message from the person  had its turn" in said
    assert re.search(r"question +waits to be sent", said)
    assert re.search(r"^Open: \d+ to be sent\.$", said, re.MULTILINE)
    for secret in (CANARY, PHONE, ana):
        assert secret not in said


def test_a_trace_shows_what_was_given_up_and_why(here, ana, capsys):
    given_up(here, "user_gone")
    tracing.show(here.settings, code_of(ana).upper().replace("-", " "))
    assert re.search(r"given up +user gone$", capsys.readouterr().out, re.MULTILINE)


def test_a_message_that_waits_for_its_turn_is_open(here, ana, capsys):
    here.worker.stop()
    writes(here, "are you there?")
    tracing.show(here.settings, code_of(ana)[:4])
    assert "Open: 1 for a turn, " in capsys.readouterr().out


@pytest.mark.parametrize("code", ["ffff-ffff-ffff", "", "a", "what?", "%"])
def test_a_code_of_nobody_is_a_sentence(here, code):
    with pytest.raises(SettingsError, match=f"There is no conversation with the code '{re.escape(code)}'."):
        tracing.show(here.settings, code)


# --- as they are typed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("dead", "list"), 0, "There are no dead letters."),
        (("dead", "replay"), 2, "Name one letter, or say --all."),
        (("dead", "drop", "abc", "--all"), 2, "Name one letter, or say --all."),
        (("dead", "drop", "--all"), 0, "Dropped: 0 of 0."),
        (("dead", "replay", "abc"), 2, "There is no dead letter 'abc'."),
        (("trace", "3f2a-91bc-07de"), 2, "There is no conversation with the code '3f2a-91bc-07de'."),
        (("dead",), 2, "replay"),
    ],
)
def test_commands_answer_with_sentences(tmp_path, words, code, sentence):
    done = subprocess.run(
        [sys.executable, "-m", "pasito", *words],
        cwd=tmp_path, text=True, capture_output=True, timeout=60, check=False,
        env={"PYTHONPATH": str(ROOT), "COLUMNS": "100"},
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert sentence in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stderr
