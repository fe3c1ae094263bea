"""`pasito pack`, as people type it: new, diff, update, publish, history, rollback."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.pasito.desks import Desk, library_is_in


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A new pack, made once. Nobody speaks tlh as a mother tongue, and ZZ is no economy."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    done = desk.type("pack", "new", "zz", "--language", "tlh")
    assert done.returncode == 0, done.stderr
    return desk


@pytest.fixture
def desk(made, tmp_path):
    shutil.copytree(made.folder / "packs", tmp_path / "packs")
    return Desk(tmp_path)


WELCOME = """\
schema: 1
flow: welcome
changes:
  - after: hello
    insert:
      - say: This service belongs to the state.
        id: who_pays
"""


# --- new ------------------------------------------------------------------------------------------


def test_a_new_pack_checks_green_and_stands_on_a_copy_of_its_parent(desk):
    done = desk.type("check", "zz")
    assert done.returncode == 0
    assert re.match(r"All is well: .* 2 languages \(tlh 0 %\)", done.stdout)
    assert library_is_in(desk.path("pinned"))
    assert desk.path("po/tlh.po").is_file()
    assert "languages: [tlh, en]" in desk.read("pack.yaml")


def test_a_new_pack_says_what_to_do_next_with_commands_that_work(tmp_path):
    desk = Desk(tmp_path, "cl")
    said = desk.type("pack", "new", "cl", "--language", "es-CL").stdout
    settings = dict(
        line.strip().split("=") for line in said.splitlines() if line.strip().startswith("PASITO_")
    )
    assert settings == {"PASITO_PACKS": "packs", "PASITO_PROGRAMME": "cl"}
    assert "1. Español (Chile)" in desk.talk("", **settings)
    pack = desk.read("pack.yaml")
    assert 'title: "Pasito Chile"' in pack
    assert re.search(r"^economy: CL ", pack, re.MULTILINE)
    assert re.search(r"^currency: CLP ", pack, re.MULTILINE)


def test_a_pack_for_a_language_of_another_region_begins_with_its_translations(desk):
    """Ben in Chile does not begin anew where Peru has Spanish already; Peru's facts stay in Peru."""
    desk.swap("pack.yaml", "[tlh, en]", "[es-PE, en]")
    desk.path("po/tlh.po").unlink()
    desk.swap("pack.yaml", "economy: null", "economy: PE  ")
    desk.swap("terms.yaml", "wallet: {}", "wallet: {es-PE: {one: billetera}}")
    desk.write(
        "laws.yaml", "schema: 1\nlaws:\n  receipts: {name: Receipts, say: Who sells gives a receipt.}\n"
    )
    assert desk.type("i18n", "update").returncode == 0
    desk.translate("po/es-PE.po", "engine/more", "Más …")
    said = desk.type("pack", "new", "cl", "--from", "zz", "--language", "es-CL").stdout
    assert "es-CL begins as a copy of es-PE" in said
    chile = Desk(desk.folder, "cl")
    assert 'msgstr "Más …"' in chile.read("po/es-CL.po")
    assert "Language-Team: es-CL" in chile.read("po/es-CL.po")
    assert 'wallet:\n    es-CL: {one: "billetera"}' in chile.read("terms.yaml")
    assert chile.type("check", "cl").returncode == 0
    assert "laws.yaml:14: takes out receipts (belongs to zz)" in chile.type("pack", "diff", "cl").stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("zz", "--language", "vi"), "packs/zz is there already."),
        (("pe", "--language", "es-PE"), "There is a pack 'pe' already."),
        (("Chile!", "--language", "es-CL"), "'Chile!' cannot be the name of a pack."),
        (("../cl", "--language", "es-CL"), "'../cl' cannot be the name of a pack."),
        (("cl", "--language", "spanish"), "'spanish' is not a language tag."),
        (("cl", "--language", "es-CL", "--from", "bsae"), "'bsae' is no pack. Did you mean 'base'?"),
        (("cl", "--language", "es-CL", "--from", "qqqqqq"), "'qqqqqq' is no pack. Known packs: base, "),
        (("cl",), "Missing option '--language'."),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_a_sentence_and_nothing_is_written(desk, words, sentence):
    before = desk.files()
    done = desk.type("pack", "new", *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert desk.files() == before


# --- diff and update ------------------------------------------------------------------------------

QUESTION = (
    "bank.yaml",
    "Somebody looks for your business online.",
    "Somebody looks for you on the internet.",
)


def test_diff_says_what_the_pack_changes_and_what_has_changed_in_its_parent(desk):
    desk.write("flows/welcome.yaml", WELCOME)
    before = desk.type("pack", "diff", "zz").stdout
    assert "flows/welcome.yaml:6: puts in who_pays" in before
    assert before.endswith("What has changed in 'base' since the pin:\n  nothing\n")
    desk.next_base(QUESTION)
    after = desk.type("pack", "diff", "zz").stdout
    assert re.search(r"text changed bank/\w+/ask: 'Somebody looks for your business", after)
    assert "`pasito pack update zz`" in after


def test_diff_says_whether_results_are_compared_with_those_of_the_parent(desk):
    desk.write("scoring.yaml", "schema: 1\nchanges:\n  - {change: targets, set: {one: 4}}\n")
    assert "Results are compared with those of 'base'" in desk.type("pack", "diff", "zz").stdout
    desk.write("scoring.yaml", "schema: 1\nchanges:\n  - {change: weights, set: {sales: 2}}\n")
    assert "Results are not compared with those of 'base'" in desk.type("pack", "diff", "zz").stdout


def test_of_a_long_text_the_words_that_changed_are_shown(desk):
    desk.next_base(("flows/welcome.yaml", "one small step at a time", "little by little"))
    said = desk.type("pack", "diff", "zz").stdout
    assert re.search(r"text changed welcome/hello/say: .*one small step.* → .*little by little", said)


def test_a_dry_run_tells_all_and_changes_nothing(desk):
    desk.next_base(QUESTION)
    before = desk.files()
    done = desk.type("pack", "update", "zz", "--dry-run")
    assert done.returncode == 0
    assert "would stand" in done.stdout
    assert "text changed bank/" in done.stdout
    assert "Nothing was changed: this was a dry run." in done.stdout
    assert desk.files() == before


def test_update_moves_the_pin_and_marks_translations_of_changed_texts(desk):
    [key] = set(
        re.findall(
            r'msgctxt "(bank/\w+/ask)"\nmsgid "Somebody looks for your business', desk.read("po/tlh.po")
        )
    )
    desk.translate("po/tlh.po", key, "nuq tu'lu'?")
    pin = re.search(r"hash: (\w+)", desk.read("pack.yaml"))[1]
    desk.next_base(QUESTION)
    done = desk.type("pack", "update", "zz")
    assert done.returncode == 0
    assert f"po/tlh.po: 0 new, 1 to look at again ({key}), 0 gone." in done.stdout
    assert pin not in desk.read("pack.yaml")
    assert QUESTION[2] in desk.read("pinned/bank.yaml")
    assert re.search(rf'#, fuzzy\n(?:#\|.*\n)+msgctxt "{key}"', desk.read("po/tlh.po"))
    assert "nuq tu'lu'?" in desk.read("po/tlh.po")
    assert desk.type("check", "zz").returncode == 0
    assert "Nothing was changed." in desk.type("pack", "update", "zz").stdout


def test_a_check_says_that_the_base_has_moved_on(desk):
    assert "EXT-011" not in desk.type("check", "zz").stdout
    desk.next_base(QUESTION)
    done = desk.type("check", "zz")
    assert "EXT-011 (hint)" in done.stdout
    assert done.returncode == 0
    desk.type("pack", "update", "zz")
    assert "EXT-011" not in desk.type("check", "zz").stdout


def test_update_keeps_what_a_team_wrote_into_pack_yaml(desk):
    desk.swap("pack.yaml", "zone: Etc/UTC", "zone: Asia/Tokyo")
    notes = [line for line in desk.read("pack.yaml").splitlines() if not line.startswith("pinned:")]
    desk.next_base(QUESTION)
    assert desk.type("pack", "update", "zz").returncode == 0
    assert [line for line in desk.read("pack.yaml").splitlines() if not line.startswith("pinned:")] == notes


def test_update_to_a_base_without_a_step_that_the_pack_needs_says_so_and_fails(desk):
    desk.write("flows/welcome.yaml", WELCOME)
    desk.next_base(("flows/welcome.yaml", "id: hello", "id: good_day"))
    done = desk.type("pack", "update", "zz")
    assert done.returncode == 1
    assert "step gone welcome/hello" in done.stdout
    assert "new step welcome/good_day" in done.stdout
    assert "flows/welcome.yaml:4:12  EXT-001" in done.stdout
    assert "id: good_day" in desk.read(
        "pinned/flows/welcome.yaml"
    )  # what is to be mended is there to be mended
    desk.swap("flows/welcome.yaml", "after: hello", "after: good_day")
    assert desk.type("check", "zz").returncode == 0


def test_a_placeholder_that_the_base_changed_does_not_lock_a_translation_out(desk):
    desk.translate("po/tlh.po", "welcome/hello/say", "Pasito jIH.")
    desk.next_base(("flows/welcome.yaml", "one small step at a time", "{minutes.quick} minutes at a time"))
    done = desk.type("pack", "update", "zz")
    assert done.returncode == 0, done.stdout
    assert "1 to look at again (welcome/hello/say)" in done.stdout


@pytest.mark.parametrize(
    "command", [("pack", "diff"), ("pack", "update"), ("check",), ("i18n", "status"), ("test",)]
)
def test_a_pack_that_is_not_there_is_answered_with_the_one_that_was_meant(desk, command):
    done = desk.type(*command, "zzz")
    assert done.returncode == 2
    assert "'zzz' is no pack and no folder with a pack.yaml. Did you mean 'zz'?" in done.stderr


def test_the_base_extends_nothing_and_cannot_be_updated(desk):
    desk.next_base()
    assert desk.type("pack", "diff", "base").stdout == "'base' extends no other pack.\n"
    done = desk.type("pack", "update", "base")
    assert done.returncode == 2
    assert "Nothing was changed." in done.stderr


# --- publish, history, rollback -------------------------------------------------------------------


def lines(desk):
    """The history, a line for each version: number, whether it is live, its note."""
    said = desk.type("pack", "history").stdout.splitlines()
    found = [re.fullmatch(r" *(\d+) (live)? +\S+ \S+ UTC .*? by [^:]*(?:: (.*))?", line) for line in said]
    return [(int(one[1]), one[2] == "live", one[3] or "") for one in found]


def test_a_pack_is_published_its_history_told_and_the_one_before_brought_back(desk):
    assert "has no published version yet. Run: pasito pack publish" in desk.type("pack", "history").stdout
    assert desk.type("pack", "publish", "--note", "the first").returncode == 0
    desk.write("flows/welcome.yaml", WELCOME)
    assert desk.type("pack", "publish", "--note", "who pays").returncode == 0
    assert lines(desk) == [(2, True, "who pays"), (1, False, "the first")]
    back = desk.type("pack", "rollback")
    assert back.returncode == 0
    assert re.match(r"Version 1 \(\w+\) of 'zz' is live again\.", back.stdout)
    assert lines(desk) == [(2, False, "who pays"), (1, True, "the first")]
    assert desk.type("pack", "rollback", "--to", "2").returncode == 0
    assert lines(desk) == [(2, True, "who pays"), (1, False, "the first")]


def test_there_is_nothing_before_the_first_version(desk):
    desk.type("pack", "publish")
    for words, sentence in (
        ((), "There is no version before the live one"),
        (("--to", "7"), "'7' is not a version"),
    ):
        done = desk.type("pack", "rollback", *words)
        assert done.returncode == 2
        assert sentence in done.stderr
    assert lines(desk) == [(1, True, "")]


def test_a_draft_is_shared_under_one_link_and_nothing_live_changes(desk):
    desk.type("pack", "publish")
    live = lines(desk)
    first = desk.type("pack", "share", "zz")
    assert first.returncode == 0
    link = re.match(r"http://127\.0\.0\.1:8000/\?e=(zz-draft-[0-9a-f]{16})\n", first.stdout)
    assert link, first.stdout
    desk.write("flows/welcome.yaml", WELCOME)
    assert link[1] in desk.type("pack", "share", "zz").stdout
    assert link[1] not in desk.type("pack", "share", "zz", "--new-link").stdout
    assert lines(desk) == live


def test_people_are_counted_once_where_versions_differ_in_words_only(desk):
    desk.talk("")  # somebody is asked the first question
    desk.swap("pack.yaml", 'title: "', 'title: "New ')
    desk.type("pack", "publish", "--note", "another title")
    said = desk.type("pack", "history").stdout.splitlines()
    assert "1 in the middle of it: another title" in said[0]
    assert "in the middle" not in said[1]


def test_a_broken_pack_is_not_published_and_the_live_one_stays(desk):
    desk.type("pack", "publish", "--note", "good")
    desk.write("flows/welcome.yaml", WELCOME.replace("after: hello", "after: helo"))
    done = desk.type("pack", "publish", "--note", "bad")
    assert done.returncode == 1
    assert "Did you mean 'hello'?" in done.stderr
    assert lines(desk) == [(1, True, "good")]
