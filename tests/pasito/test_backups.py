"""`pasito backup` and `pasito restore` as an operator types them, and the journal that outlives a database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.worker import microseconds
from flows.values import Inbound
from pasito.backups import ErasureKeeper, kept_erasures
from pasito.deployment import deployment
from pasito.settings import read_settings
from store import erasure
from store import tables as t
from store.backups import journal_of, read_journal
from store.engine import open_database
from store.inbox import Address, Arrival, accept

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret of the tests, 32 bytes."
CANARY = "canary999111222"


@pytest.fixture
def pasito(tmp_path):
    """Runs a command in an empty folder, against the SQLite database of a name."""

    def run(*words, at="first", **environment):
        return subprocess.run(
            [sys.executable, "-m", "pasito", *words],
            cwd=tmp_path, text=True, capture_output=True, timeout=60, check=False,
            env={
                "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                "PASITO_DATA_DIR": str(tmp_path / at), "PASITO_SECRET_KEY": SECRET, **environment,
            },
        )  # fmt: skip

    return run


@pytest.fixture
def open_at(tmp_path):
    """Opens the database of a name, as a process would."""
    opened = []

    def open_one(at):
        database = open_database(f"sqlite:///{tmp_path / at / 'pasito.sqlite3'}", secret=SECRET.encode())
        opened.append(database)
        return database

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def people(tmp_path, open_at):
    """A deployment of the name `first`, to which Ana and Ben have written."""
    here = deployment(read_settings(data_dir=tmp_path / "first", secret_key=SECRET))
    for who in ("ana", "ben"):
        inbound = Inbound(f"{who}:1", text=CANARY, seed="0" * 32)
        arrival = Arrival("base", "web", inbound, microseconds(), Address("web", who))
        here.writer.submit(accept, arrival).result()
    here.close()
    return open_at("first")


def persons(database):
    with database.read() as tx:
        return list(tx.execute(select(t.person.c.id).order_by(t.person.c.id)).scalars())


def erases(database, person):
    with database.begin() as tx:
        assert erasure.erase(tx, [("base", person)], now=microseconds()) == 1


def test_a_backup_is_restored_into_an_empty_place(pasito, people, open_at, tmp_path):
    done = pasito("backup", "today.backup")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Backup written: today.backup, ")
    written = tmp_path / "today.backup"
    assert oct(written.stat().st_mode)[-3:] == "600"
    assert CANARY.encode() not in written.read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["today.backup"]
    again = pasito("restore", "today.backup", at="second")
    assert again.returncode == 0, again.stderr
    assert "person                      2" in again.stdout
    assert "Every row was counted" in again.stdout
    assert "No journal was given" in again.stdout
    assert persons(open_at("second")) == persons(people)
    assert pasito("doctor", at="second").returncode == 0


def test_a_database_that_is_in_use_is_not_overwritten(pasito, people):
    pasito("backup", "today.backup")
    refused = pasito("restore", "today.backup")
    assert refused.returncode == 2
    assert refused.stderr.startswith("today.backup: The database of PASITO_DATABASE_URL holds a programme")
    assert "Traceback" not in refused.stderr
    assert len(persons(people)) == 2


def test_whoever_was_erased_later_stays_erased(pasito, people, open_at):
    ana, ben = persons(people)
    pasito("backup", "yesterday.backup")
    erases(people, ana)
    said = pasito("backup", "erased", "--only-erasures").stdout
    assert said.startswith("Erasures kept in erased: 1.")
    done = pasito("restore", "yesterday.backup", "--journal", "erased", at="second")
    assert "Erased again, as the journal asks: 1 person." in done.stdout
    assert persons(open_at("second")) == [ben]


def test_erasures_can_be_made_up_for_after_a_restore(pasito, people, open_at):
    ana, ben = persons(people)
    pasito("backup", "yesterday.backup")
    erases(people, ana)
    pasito("backup", "newer.backup")
    pasito("restore", "yesterday.backup", at="second")
    assert persons(open_at("second")) == [ana, ben]
    done = pasito("restore", "--only-erasures", "newer.backup", at="second")
    assert done.stdout == "Erased again, as the journal asks: 1 person.\n"
    assert persons(open_at("second")) == [ben]


def test_the_journal_in_the_data_folder_is_used_without_being_named(pasito, people, open_at, tmp_path):
    ana, ben = persons(people)
    pasito("backup", "yesterday.backup")
    erases(people, ana)
    settings = read_settings(data_dir=tmp_path / "first", secret_key=SECRET)
    ErasureKeeper(people, kept_erasures(settings), SECRET.encode()).keep()
    people.close()
    for file in (tmp_path / "first").glob("pasito.sqlite3*"):
        file.unlink()  # the database is lost, the folder is not
    done = pasito("restore", "yesterday.backup")
    assert done.returncode == 0, done.stderr
    assert "1 person." in done.stdout
    assert persons(open_at("first")) == [ben]


def test_a_new_and_empty_database_takes_nothing_out_of_the_kept_journal(people, open_at, tmp_path):
    kept = tmp_path / "erasures"
    erases(people, persons(people)[0])
    first = ErasureKeeper(people, kept, SECRET.encode())
    first.start()
    first.stop()  # with a last look
    journal = journal_of(people)
    assert len(journal) == 1
    other = open_at("other")
    t.metadata.create_all(other.writing)
    ErasureKeeper(other, kept, SECRET.encode()).keep()
    with kept.open("rb") as file:
        assert read_journal(file, SECRET.encode()) == journal
    assert oct(kept.stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize(
    ("words", "environment", "sentence"),
    [
        (("restore", "x.backup"), {"PASITO_SECRET_KEY": "another secret of 32 bytes......"}, "PASITO_SECRET_KEY does not open it"),
        (("restore", "cut.backup"), {}, "cut.backup: It is damaged or cut short"),
        (("restore", "note.txt"), {}, "note.txt: It is not a backup of Pasito."),
        (("restore", "nowhere.backup"), {}, "nowhere.backup"),
        (("restore", "x.backup", "--journal", "cut.backup"), {}, "cut.backup: It is damaged or cut short"),
        (("backup", "note.txt"), {}, "note.txt is there already and is no backup."),
        (("backup", "no/such/folder/x.backup"), {}, "No such file or directory. Nothing was done."),
        (("backup", "y.backup"), {"PASITO_DATA_DIR": "elsewhere"}, "There is no database at elsewhere/pasito.sqlite3."),
    ],
)  # fmt: skip
def test_what_an_operator_can_mend_is_a_sentence(pasito, people, tmp_path, words, environment, sentence):
    pasito("backup", "x.backup")
    whole = (tmp_path / "x.backup").read_bytes()
    (tmp_path / "cut.backup").write_bytes(whole[:-9])
    (tmp_path / "note.txt").write_text("a note")
    done = pasito(*words, at="second" if words[0] == "restore" else "first", **environment)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "note.txt").read_text() == "a note"
    assert not (tmp_path / "y.backup").exists()


def test_a_backup_takes_the_place_of_an_older_one(pasito, people, tmp_path):
    pasito("backup", "x.backup")
    first = (tmp_path / "x.backup").read_bytes()
    assert pasito("backup", "x.backup").returncode == 0
    assert (tmp_path / "x.backup").read_bytes() != first
