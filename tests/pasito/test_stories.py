"""`pasito stories`: what an editor sees of owners' stories, decides, and puts among the cases."""

from __future__ import annotations

import re

import pytest

from content.guarded_yaml import read_yaml
from content.problems import Report
from flows.values import Call, Inbound
from pasito.letters import SettingsError
from pasito.stories import with_entries
from store import stories
from store.calls import Calling
from store.engine import open_database
from store.inbox import Address, Arrival, accept
from store.programmes import keep_account, keep_programme
from store.schema import migrate
from tests.pasito.desks import Desk

NOW = 1_795_000_000_000_000
KEY = "a key of this test, long enough."
TOLD = {
    "before": "Nobody found us.", "did": "I made a page", "changed": "Buyers write {now}", "name": None,
    "times": "crisis", "gap": "findable", "economy": "ZZ", "sector": "crafts_textile", "leader_sex": "woman",
    "language": "en", "agreed": "0" * 64,
}  # fmt: skip


@pytest.fixture
def desk(tmp_path):
    """A pack of an economy, and a database in which Ana has told a story without a name, and Ben one with his."""
    desk = Office(tmp_path)
    desk.type("pack", "new", "zz", "--language", "en")
    desk.swap("pack.yaml", "economy: null", "economy: ZZ  ")
    desk.tells("ana", "aa" * 16)
    desk.tells("ben", "bb" * 16, name="Ben's group", leader_sex="man", language="es-PE", times="normal")
    return desk


class Office(Desk):
    @property
    def environment(self):
        return {"PASITO_DATABASE_URL": f"sqlite:///{self.folder}/p.db", "PASITO_SECRET_KEY": KEY}

    def stories(self, *words):
        return self.type("stories", *words, **self.environment)

    def store(self):
        database = open_database(self.environment["PASITO_DATABASE_URL"], secret=KEY.encode())
        migrate(database)
        return database

    def tells(self, who, id, **more):
        database = self.store()
        with database.begin() as tx:
            keep_programme(tx, "zz", zone="Etc/UTC", now=NOW)
            keep_account(tx, "zz", "web", channel="web", pulls=True, now=NOW)
            arrival = Arrival(
                "zz", "web", Inbound(f"m:{who}", text="hi", seed="0" * 32), NOW, Address("web", who)
            )
            conversation = str(accept(tx, [arrival])[0].conversation)
            call = Call(id, "keep_story", {**TOLD, **more})
            stories_call(tx, conversation, call)
            assert stories.keep_story(tx, Calling("zz", "web", conversation, call, 1), NOW)
        database.close()
        return conversation

    def withdraws(self, conversation):
        database = self.store()
        with database.begin() as tx:
            stories.withdraw(tx, "zz", conversation)
        database.close()


def stories_call(tx, conversation, call):
    from store import tables as t
    from store.calls import rows_of

    tx.execute(t.call.insert().values(rows_of("zz", conversation, [call], NOW)))


def test_the_list_shows_what_waits_without_names_and_words(desk):
    said = desk.stories("list").stdout
    assert re.search(r"^aaaaaaaa .* zz .*en .*crafts_textile", said, re.MULTILINE)
    assert "bbbbbbbb" in said
    assert "Ben's group" not in said
    assert "I made a page" not in said


def test_show_prints_one_story(desk):
    said = desk.stories("show", "bbbb").stdout
    for words in ("Ben's group", "Nobody found us", "I made a page", "Buyers write", "normal times", "es-PE"):
        assert words in said
    assert "without a name" in desk.stories("show", "aaaa").stdout


@pytest.mark.parametrize("name", ["cccc", "x"])
def test_a_story_that_is_not_there_is_said_to_be_none(desk, name):
    done = desk.stories("show", name)
    assert done.returncode == 2
    assert f"There is no story '{name}'" in done.stderr


def test_who_decides_says_so(desk):
    assert desk.stories("approve", "aaaa").returncode != 0
    assert desk.stories("approve", "aaaa", "--by", " ").returncode == 2
    assert desk.stories("approve", "aaaa", "--by", "Chen", "--note", "clear").returncode == 0
    said = desk.stories("show", "aaaa").stdout
    assert "approved by Chen" in said
    assert "clear" in said
    assert "aaaaaaaa" not in desk.stories("list").stdout


def test_export_puts_approved_ones_among_the_cases(desk):
    desk.stories("approve", "aaaa", "--by", "Chen")
    desk.stories("approve", "bbbb", "--by", "Chen")
    done = desk.stories("export", "zz")
    assert done.returncode == 0, done.stderr
    document = read_yaml(desk.read("cases.yaml").encode(), "cases.yaml", Report())
    assert document is not None
    assert document.value["cases"] == {
        "story_aaaaaaaa": {
            "economy": "ZZ", "sector": "crafts_textile", "gaps": ["findable"], "women_led": "yes",
            "times": "crisis", "say": "Nobody found us. I made a page. Buyers write now.", "told": "yes",
            "consent": "no_name",
        },
        "story_bbbbbbbb": {
            "who": "Ben's group", "economy": "ZZ", "sector": "crafts_textile", "gaps": ["findable"],
            "women_led": "no", "times": "normal", "told": "yes", "consent": "given",
            "say": "[es-PE: Nobody found us. I made a page. Buyers write now.]",
        },
    }  # fmt: skip
    assert desk.type("check", "zz").returncode == 0


def test_what_is_exported_is_text_to_translate(desk):
    desk.stories("approve", "bbbb", "--by", "Chen")
    desk.stories("export", "zz")
    desk.swap("pack.yaml", "[en]", "[en, qu]")
    desk.type("i18n", "update", "zz")
    assert 'msgctxt "cases/story_bbbbbbbb/say"' in desk.read("po/qu.po")
    assert "cases/muong_hoa" not in desk.read("po/qu.po")


def test_what_waits_or_was_refused_is_not_exported(desk):
    desk.stories("refuse", "aaaa", "--by", "Chen")
    done = desk.stories("export", "zz")
    assert "There is no approved story" in done.stdout
    assert not desk.path("cases.yaml").exists()


def test_export_writes_each_once_and_lists_what_has_to_go(desk):
    conversation = desk.tells("dora", "dd" * 16)
    for id in ("aaaa", "dddd"):
        desk.stories("approve", id, "--by", "Chen")
    desk.stories("export", "zz")
    before = desk.read("cases.yaml")
    desk.withdraws(conversation)
    done = desk.stories("export", "zz")
    assert "they are taken back or refused: story_dddddddd" in done.stdout
    assert desk.read("cases.yaml") == before


def test_a_pack_without_an_economy_tells_nobodys_story(desk):
    done = desk.stories("export", "base")
    assert done.returncode == 2
    assert "belongs to no economy" in done.stderr


def test_cases_and_stories_are_counted_against_the_targets(desk):
    desk.stories("approve", "aaaa", "--by", "Chen")
    said = desk.stories("list", "--targets").stdout
    assert re.search(r"^cases +17 +20$", said, re.MULTILINE)
    assert re.search(r"^economies +7 +10$", said, re.MULTILINE)
    assert re.search(r"^led by women +59 % +40 %$", said, re.MULTILINE)
    assert re.search(r"^economies with 5 businesses +1 +7$", said, re.MULTILINE)
    assert "VN 7, ZZ 1" in said
    assert "Verified cases 16, of which 0 may be shown; approved stories 1." in said


ENTRY = ["one:", "  say: x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("schema: 1\n", "schema: 1\ncases:\n\n  one:\n    say: x\n"),
        ("schema: 1\ncases: {}\n", "schema: 1\ncases:\n\n  one:\n    say: x\n"),
        (
            "cases:\n    a: {}  # kept\n\nchanges:\n  - x\n",
            "cases:\n    a: {}  # kept\n\n    one:\n      say: x\n\nchanges:\n  - x\n",
        ),
    ],
)
def test_entries_come_at_the_end_of_the_cases(text, expected):
    assert with_entries(text, [ENTRY]) == expected


def test_cases_in_braces_are_left_alone():
    with pytest.raises(SettingsError, match="stand in braces"):
        with_entries("cases: {a: {}}\n", [ENTRY])
