"""The command line as people type it: each command in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from access.keys import SCOPES
from content.guarded_yaml import read_yaml
from content.problems import Report
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.conversations import play_file
from flows.version import Versions

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = [
    "run",
    "serve",
    "worker",
    "talk",
    "check",
    "test",
    "preview",
    "key",
    "key new",
    "key list",
    "key revoke",
    "campaign",
    "campaign list",
    "campaign estimate",
    "campaign start",
    "campaign stop",
    "campaign status",
    "pack",
    "pack new",
    "pack diff",
    "pack update",
    "pack publish",
    "pack history",
    "pack rollback",
    "pack share",
    "i18n",
    "i18n extract",
    "i18n update",
    "i18n status",
    "backup",
    "restore",
    "doctor",
    "trace",
    "stories",
    "stories list",
    "stories show",
    "stories approve",
    "stories refuse",
    "stories export",
    "meetings",
    "meetings list",
    "meetings qr",
    "dead",
    "dead list",
    "dead replay",
    "dead drop",
    "video",
    "video build",
    "video list",
    "video clean",
    "video sheet",
    "video parts",
]
# What a command that only speaks must not wait for.
HEAVY = {
    "fastapi",
    "sqlalchemy",
    "telegram",
    "cel",
    "celpy",
    "rich",
    "uvicorn",
    "yaml",
    "pydantic",
    "cryptography",
}


@pytest.fixture
def pasito(tmp_path):
    """Runs a command in an empty folder, with an empty environment."""

    def run(*words, says="", **environment):
        return subprocess.run(
            [sys.executable, "-m", "pasito", *words],
            cwd=tmp_path, input=says, text=True, capture_output=True, timeout=60, check=False,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "COLUMNS": "100", "LC_ALL": "C.UTF-8", **environment},
        )  # fmt: skip

    return run


@pytest.fixture
def pack(tmp_path):
    """A copy of the base pack, to be broken."""
    folder = tmp_path / "mine"
    with resources.as_file(resources.files("content") / "packs" / "base") as base:
        shutil.copytree(base, folder)
    return folder


# --- help -----------------------------------------------------------------------------------------


def test_help_names_every_command(pasito):
    said = pasito("--help").stdout
    listed = re.findall(r"^  ([a-z0-9]+)  ", said.partition("Commands:")[2], re.MULTILINE)
    assert set(listed) == {command.split()[0] for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_says_what_it_does_and_what_each_option_is(pasito, command):
    done = pasito(*command.split(), "--help")
    assert done.returncode == 0
    about = done.stdout.split("\n\n")[1].strip()
    assert about.endswith(".")
    for option in re.findall(r"^  --[a-z-]+.*$", done.stdout, re.MULTILINE):
        assert re.search(r" {2,}[A-Z]|^ +--\S+ (?:<\S+>)?$", option), option


def test_the_help_of_key_new_names_every_scope(pasito):
    said = pasito("key", "new", "--help").stdout
    assert all(scope in said for scope in SCOPES)


def test_help_waits_for_nothing_heavy():
    code = (
        "import sys; sys.argv = ['pasito', '--help']\n"
        "from pasito.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stderr.split()) & HEAVY == set()
    assert "Commands:" in done.stdout


def test_a_command_that_does_not_exist_is_a_sentence(pasito):
    done = pasito("chek")
    assert done.returncode == 2
    assert "chek" in done.stderr
    assert "Traceback" not in done.stderr


# --- packs ----------------------------------------------------------------------------------------


def test_the_base_pack_is_well(pasito):
    done = pasito("check")
    assert done.returncode == 0, done.stderr
    assert "All is well: " in done.stdout  # cases that wait for consent are a hint


def test_a_broken_pack_shows_all_its_problems_with_their_places(pasito, pack):
    (pack / "flows" / "wrong.yaml").write_text(
        "schema: 1\nflow: wrong\ntitle: Wrong\nsteps:\n  - say: Hello\n    id: one\n  - go: nowhere\n  - sy: Hello\n"
    )
    (pack / "pack.yaml").write_text(
        (pack / "pack.yaml").read_text().replace("opening: welcome", "opening: welcom")
    )
    done = pasito("check", "mine")
    assert done.returncode == 1
    places = re.findall(r"^(\S+:\d+:\d+)  ([A-Z]+-\d{3})$", done.stdout, re.MULTILINE)
    assert {place.partition(":")[0] for place, _ in places} >= {"flows/wrong.yaml", "pack.yaml"}
    assert "Traceback" not in done.stderr


def test_a_folder_that_does_not_exist_is_a_sentence(pasito):
    done = pasito("check", "nowhere")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_conversations_of_the_base_pack_go_as_written(pasito):
    done = pasito("test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^[1-9]\d* conversations went as written, 0 did not\.$", done.stdout, re.MULTILINE)


def test_a_conversation_that_goes_otherwise_fails_and_says_where(pasito, pack):
    (pack / "tests").mkdir(exist_ok=True)
    (pack / "tests" / "mine.yaml").write_text(
        "test_cases:\n  - test_case: mine\n    steps:\n      - user: hola\n      - bot: Good night\n"
    )
    done = pasito("test", "mine")
    assert done.returncode == 1
    assert "tests/mine.yaml:5:" in done.stdout
    assert ", 1 did not." in done.stdout


def test_preview_prints_a_script_a_manifest_and_a_diagram(pasito):
    assert "Pasito" in pasito("preview").stdout
    assert json.loads(pasito("preview", "--as", "manifest").stdout)["pack"]["id"] == "base"
    assert pasito("preview", "--as", "diagram", "--flow", "menu").stdout.startswith("flowchart")
    unknown = pasito("preview", "--as", "diagram", "--flow", "mneu")
    assert unknown.returncode == 2
    assert "'mneu' is not a flow of this pack. Did you mean 'menu'?" in " ".join(unknown.stderr.split())


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_is_shown_once_listed_without_its_secret_and_ended(pasito):
    made = pasito("key", "new", "the ministry's dashboard", "--scope", "operator")
    prefix, secret = re.fullmatch(r"pasito_([0-9a-f]+)_([0-9a-f]+)\n", made.stdout).groups()
    listed = pasito("key", "list").stdout
    assert f"{prefix}  in use" in listed
    assert "the ministry's dashboard" in listed
    assert secret not in listed
    assert pasito("key", "revoke", prefix).stdout == f"The key {prefix} is revoked.\n"
    assert f"{prefix}  revoked" in pasito("key", "list").stdout
    again = pasito("key", "revoke", prefix)
    assert (again.returncode, again.stderr) == (
        2, f"There is no key '{prefix}' in use. `pasito key list` shows them.\n",
    )  # fmt: skip


def test_a_scope_that_does_not_exist_is_answered_with_those_that_do(pasito):
    done = pasito("key", "new", "x", "--scope", "everything")
    assert done.returncode == 2
    assert "'everything' is not a scope." in done.stderr
    assert all(scope in done.stderr for scope in SCOPES)


def test_a_key_for_events_needs_a_source(pasito):
    done = pasito("key", "new", "x", "--scope", "events")
    assert done.returncode == 2
    assert "needs --source" in done.stderr
    assert pasito("key", "new", "x", "--scope", "events", "--source", "portal").returncode == 0


# --- talk -----------------------------------------------------------------------------------------

TYPED = ["own", 'I "sell" \\ 100% *wool* [1] {x}: #1', "", "yes", "👍", "لا", "- yes", "menu"]


def test_the_conversation_can_be_held_through_a_pipe(pasito):
    done = pasito("talk", says="own\nyes\n")
    assert done.returncode == 0, done.stderr
    assert "I am Pasito" in " ".join(done.stdout.split())
    assert done.stderr == ""


def test_what_was_recorded_is_a_conversation_test_that_goes_as_written(pasito):
    done = pasito("talk", "--record", says="\n".join(TYPED) + "\n")
    assert done.returncode == 0, done.stderr
    assert "I am Pasito" in " ".join(done.stderr.split())  # the talk itself
    report = Report()
    document = read_yaml(done.stdout.encode(), "recorded.yaml", report)
    version = compile_pack(base_sources(), report)
    played = play_file(document.value, document.marks, document.file, Versions(version), report)
    assert report.problems == ()
    assert [one.ok for one in played] == [True]
    said = [line["user"] for line in document.value["test_cases"][0]["steps"] if "user" in line]
    assert said[1:] == TYPED


# --- run ------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_a_sentence_and_nothing_is_begun(pasito, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = pasito("run", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == (
        f"PASITO_PORT is {port}, but another program listens there already. Pasito does not start. "
        f"Stop the other one, or choose another: PASITO_PORT={port + 1}\n"
    )
    assert done.stdout == ""
    assert not (tmp_path / "data" / "pasito.sqlite3").exists()


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("PASITO_HOST", "nowhere.invalid", "PASITO_HOST is 'nowhere.invalid'"),
        ("PASITO_PORT", "eighty", "PASITO_PORT is 'eighty'"),
        ("PASITO_ENV", "production", "PASITO_SECRET_KEY is empty"),
        ("PASITO_PROGRAMME", "xx", "PASITO_PROGRAMME is 'xx', but no such pack travels with Pasito, and no folder of PASITO_PACKS holds it."),
        ("PASITO_DATABASE_URL", "postgresql://ana:hush@127.0.0.1:1/x", "The database of PASITO_DATABASE_URL does not answer"),
    ],
)  # fmt: skip
def test_what_an_operator_can_mend_is_a_sentence(pasito, setting, value, sentence):
    done = pasito("run", **{"PASITO_PORT": "8765", setting: value})
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "hush" not in done.stderr


# --- pack -----------------------------------------------------------------------------------------


def test_production_starts_only_after_a_pack_was_published(pasito):
    production = {"PASITO_ENV": "production", "PASITO_SECRET_KEY": "x" * 40}
    refused = pasito("talk", **production)
    assert refused.returncode == 2
    assert "Run: pasito pack publish" in refused.stderr
    published = pasito("pack", "publish", **production)
    assert published.returncode == 0
    assert published.stdout.startswith("'base' is live: structure ")
    assert "Hello! I am Pasito." in pasito("talk", says="", **production).stdout
