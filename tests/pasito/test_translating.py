"""`pasito i18n`, as a translator uses it: extract, update, status."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.pasito.desks import Desk


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("desk"))
    assert desk.type("pack", "new", "zz", "--language", "tlh").returncode == 0
    return desk


@pytest.fixture
def desk(made, tmp_path):
    shutil.copytree(made.folder / "packs", tmp_path / "packs")
    return Desk(tmp_path)


def status(desk):
    """The lines of a language by their first word."""
    said = desk.type("i18n", "status").stdout
    return {line.split()[0]: line for line in said.splitlines() if line.strip()}


# --- extract --------------------------------------------------------------------------------------


def test_extract_writes_every_text_with_a_note_where_it_appears(desk):
    done = desk.type("i18n", "extract")
    assert re.fullmatch(r"packs/zz/po/messages\.pot: \d{4} texts\.\n", done.stdout)
    template = desk.read("po/messages.pot")
    assert '#. a conversation: a message\nmsgctxt "welcome/hello/say"\n' in template
    assert "#. At most 20 characters." in template


# --- update ---------------------------------------------------------------------------------------


def test_a_second_update_changes_nothing(desk):
    desk.translate("po/tlh.po", "engine/more", "latlh …")
    desk.type("i18n", "update")
    before = desk.files()
    done = desk.type("i18n", "update")
    assert done.stdout == "packs/zz/po/tlh.po: 0 new, 0 to look at again, 0 gone.\n"
    assert desk.files() == before


def test_the_words_of_a_changed_text_stay_and_are_marked(desk):
    desk.translate("po/tlh.po", "welcome/hello/say", "nuqneH")
    desk.write(
        "flows/welcome.yaml",
        "schema: 1\nflow: welcome\nchanges:\n  - {change: hello, set: {say: Good day.}}\n",
    )
    assert "TEXT-007" in desk.type("check").stdout
    done = desk.type("i18n", "update")
    assert done.stdout == "packs/zz/po/tlh.po: 0 new, 1 to look at again (welcome/hello/say), 0 gone.\n"
    assert 'msgid "Good day."\nmsgstr "nuqneH"' in desk.read("po/tlh.po")
    assert "TEXT-007" not in desk.type("check").stdout
    assert "1 to look at again: welcome/hello/say" in status(desk)["flows"]


def test_what_reviewers_wrote_beside_a_text_stays(desk):
    desk.swap(
        "po/tlh.po",
        '#. a conversation: a message\nmsgctxt "welcome/hello/say"',
        '# Ben: shorter?\n#. a conversation: a message\nmsgctxt "welcome/hello/say"',
    )
    desk.type("i18n", "update")
    assert '# Ben: shorter?\n#. a conversation: a message\nmsgctxt "welcome/hello/say"' in desk.read(
        "po/tlh.po"
    )


def test_a_translation_whose_text_is_gone_is_kept_at_the_end_and_comes_back(desk):
    desk.translate("po/tlh.po", "welcome/what_comes/say", "ghel")
    desk.write(
        "flows/welcome.yaml",
        "schema: 1\nflow: welcome\nchanges:\n  - {remove: what_comes, reason: too long}\n",
    )
    assert "1 gone." in desk.type("i18n", "update").stdout
    assert '#~ msgctxt "welcome/what_comes/say"' in desk.read("po/tlh.po")
    desk.path("flows/welcome.yaml").unlink()
    desk.type("i18n", "update")
    assert '\nmsgctxt "welcome/what_comes/say"' in desk.read("po/tlh.po")
    assert 'msgstr "ghel"' in desk.read("po/tlh.po")


def test_a_new_language_begins_with_all_texts(desk):
    desk.swap("pack.yaml", "[tlh, en]", "[tlh, qu, en]")
    done = desk.type("i18n", "update", "--language", "qu")
    assert re.fullmatch(r"packs/zz/po/qu\.po: \d{4} new, 0 to look at again, 0 gone\.\n", done.stdout)


def test_a_language_that_the_pack_does_not_speak_is_refused(desk):
    before = desk.files()
    done = desk.type("i18n", "update", "--language", "fr")
    assert done.returncode == 2
    assert "'fr' is not among the languages of 'zz'. Add it to 'languages' in pack.yaml." in done.stderr
    assert desk.files() == before


def test_a_broken_file_is_a_sentence_and_no_file_is_written(desk):
    desk.swap("pack.yaml", "[tlh, en]", "[qu, tlh, en]")
    desk.write("po/tlh.po", 'msgctxt "welcome/hello/say"\nmsgid "Hello\nmsgstr broken\n')
    before = desk.files()
    done = desk.type("i18n", "update")
    assert done.returncode == 2
    assert "packs/zz/po/tlh.po cannot be read as a PO file" in done.stderr
    assert "Nothing was changed." in done.stderr
    assert desk.files() == before


def test_a_translation_with_other_placeholders_can_still_be_brought_up_to_date(desk):
    desk.translate("po/tlh.po", "engine/progress", "{wrong}")
    assert desk.type("check").returncode == 1
    assert desk.type("i18n", "update").returncode == 0


def test_a_file_that_notepad_saved_is_read(desk):
    desk.translate("po/tlh.po", "engine/more", "latlh …")
    text = desk.read("po/tlh.po").replace("\n", "\r\n")
    desk.path("po/tlh.po").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert desk.type("i18n", "update").returncode == 0
    assert desk.type("check").returncode == 0
    assert 'msgstr "latlh …"' in desk.read("po/tlh.po")


def test_gettext_finds_nothing_wrong(desk):
    if shutil.which("msgfmt") is None:
        pytest.skip("gettext is not installed")
    desk.translate("po/tlh.po", "welcome/hello/say", "nuqneH")
    desk.type("i18n", "update")
    done = subprocess.run(
        ["msgfmt", "--check", "-o", "-", str(desk.path("po/tlh.po"))],
        capture_output=True,
        text=False,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# --- status ---------------------------------------------------------------------------------------


def test_status_counts_part_by_part_in_the_order_in_which_people_meet_them(desk):
    parts = list(status(desk))
    assert parts[:4] == ["tlh", "engine", "web", "player"]
    before = int(re.search(r"(\d+) missing", status(desk)["engine"])[1])
    desk.translate("po/tlh.po", "engine/more", "latlh …")
    assert f"{before - 1} missing" in status(desk)["engine"]


def test_status_names_what_is_missing_when_little_is(desk):
    desk.write(
        "laws.yaml", "schema: 1\nlaws:\n  receipts: {name: Receipts, say: Who sells gives a receipt.}\n"
    )
    assert "2 missing: laws/receipts/name, laws/receipts/say" in status(desk)["laws"]


def test_status_says_what_is_translated_and_not_yet_read_by_anybody(desk):
    """A question is said in one language with its choices, or not at all."""
    desk.translate("po/tlh.po", "bank/role/ask", "'Iv SoH?")
    said = desk.type("i18n", "status").stdout
    assert "1 translated, but something else is missing in the same message: bank/role/ask" in said


def test_status_names_labels_that_fit_no_button(desk):
    key = "bank/role/choices/own"
    desk.translate("po/tlh.po", key, "a label that is a little too long")
    assert f"1 too long for a button: {key}" in status(desk)["bank"]
    desk.translate("po/tlh.po", f"{key}#short", "short enough")
    assert "too long" not in status(desk)["bank"]


def test_a_pack_in_english_only_needs_no_translation(desk):
    for command in ("update", "status"):
        assert desk.type("i18n", command, "base").stdout == (
            "'base' speaks English only, which is the language of the texts themselves.\n"
        )
