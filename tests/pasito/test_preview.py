"""The page that a lawyer and a translator read before people read the pack."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.channels.telegram.capabilities import CAPABILITIES as TELEGRAM
from content.problems import Report, render
from content.sources import base_sources
from flows.compiler import compile_pack
from flows.values import ChoiceShown, Link, Reply
from flows.version import Version
from pasito.letters import SettingsError
from pasito.previewing import GENERATOR, SCREENS, bubbles_of, page, write
from tests.flows.small_packs import sources_with

ROOT = Path(__file__).resolve().parents[2]
SCREEN = {screen.id: screen for screen in SCREENS}

EVIL = """
steps:
  - say: "<script>alert(1)</script> & {conversation.code}"
    id: evil
  - ask: colour
    say: Which colour?
    choices: {red: Red, blue: '"><img onerror=a()>'}
"""

ARABIC = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgctxt "welcome/hello/say"
msgid "{hello}"
msgstr "مرحبا! أنا باسيتو."

#, fuzzy
msgctxt "welcome/what_comes/say"
msgid "An older text."
msgstr "نص قديم"

msgctxt "bank/role/ask"
msgid "{role}"
msgstr "لمن تجيب؟"
"""


@pytest.fixture(scope="module")
def base() -> Version:
    return _compiled(dict(base_sources()))


@pytest.fixture(scope="module")
def text(base) -> str:
    return page(base)


@pytest.fixture(scope="module")
def in_arabic() -> str:
    sources = dict(base_sources())
    source = _compiled(sources).texts
    po = ARABIC.replace("{hello}", source["welcome/hello/say"]).replace("{role}", source["bank/role/ask"])
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"languages: [en]", b"languages: [en, ar]")
    return page(_compiled(sources | {"po/ar.po": po.lstrip().encode()}))


def _compiled(sources) -> Version:
    report = Report()
    version = compile_pack(sources, report)
    assert version is not None, render(report.problems)
    return version


class Read(HTMLParser):
    """The ids, links, and whatever could ask for something elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.handlers = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            elif name == "href":
                self.links.append(value)
            elif name in ("src", "srcset", "action", "data", "poster") or tag in ("link", "iframe"):
                self.loads.append((tag, name, value))
            elif name.startswith("on"):
                self.handlers.append((tag, name))


def card(text, id):
    """The card of one message."""
    begin = text.index(f'id="m-{id}"')
    return text[begin : text.find("data-find>", begin + 200)]


# --- what it is -----------------------------------------------------------------------------------


def test_the_page_of_the_base_pack_is_small_and_soon_there(base):
    begun = time.perf_counter()
    size = len(page(base).encode())
    assert time.perf_counter() - begun < 5
    assert size < 3_000_000


def test_the_page_asks_nothing_of_any_network(text):
    read = Read(text)
    assert (read.loads, read.handlers) == ([], [])
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import", text)
    assert [link for link in read.links if not link.startswith(("#", "https://"))] == []


def test_only_its_own_script_may_run(text):
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


def test_every_link_within_the_page_leads_somewhere_and_no_name_stands_twice(text):
    read = Read(text)
    assert len(set(read.ids)) == len(read.ids)
    assert {link[1:] for link in read.links if link.startswith("#")} - set(read.ids) == set()


def test_words_of_a_pack_are_never_code():
    drawn = page(_compiled(sources_with(evil=EVIL)))
    assert "<script>alert" not in drawn
    assert "<img" not in drawn
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; <b>{conversation.code}</b>" in drawn
    assert Read(drawn).handlers == []


def test_the_head_names_the_pack_its_hashes_and_who_answers_for_it(base, text):
    head = text[text.index("<header>") : text.index("</header>")]
    for known in (base.pack.title, base.pack.version, base.structure, base.content, base.pack.authority.name):
        assert known in head


# --- what it shows --------------------------------------------------------------------------------


def test_a_question_looks_on_each_channel_as_that_channel_shows_it(text):
    role = card(text, "bank/role")
    telegram, whatsapp, web = (part for part in role.split('<div class="frame ')[1:])
    assert "3. For a group or cooperative" in telegram
    assert "<li>3. My group</li>" in telegram
    assert "<li>My group</li>" in whatsapp
    assert "1. " not in whatsapp
    assert "<li>For a group or cooperative that I belong to</li>" in web


def test_every_text_stands_with_its_length_and_the_limit_of_the_tightest_channel(base, text):
    role = card(text, "bank/role")
    assert f"<code>ask</code> {len(base.texts['bank/role/ask'])} of 1,024</li>" in role
    assert "<code>choices/member</code> 43 of 72</li>" in role
    assert "<code>choices/member#short</code> 8 of 20</li>" in role


def test_a_long_list_is_shown_page_by_page(base):
    choices = tuple(ChoiceShown(f"1:c{n}", f"Choice {n}") for n in range(14))
    reply = Reply("Which?", "question", expects="one", choices=choices, more=ChoiceShown("1:+1", "More"))
    whatsapp = bubbles_of([reply], SCREEN["whatsapp"], base)
    assert [len(bubble.keys) for bubble in whatsapp] == [10, 6]
    assert whatsapp[0].opens == base.words.of("engine/choices", "en")
    assert whatsapp[0].keys[-1].label == "More"
    telegram = bubbles_of([reply], SCREEN["telegram"], base)
    assert len(telegram[0].keys) == TELEGRAM.rows
    (web,) = bubbles_of([reply], SCREEN["web"], base)
    assert len(web.keys) == 14


def test_a_text_that_is_too_long_for_a_message_is_shown_cut_as_it_is_sent(base):
    parts = bubbles_of([Reply("word " * 1000)], SCREEN["telegram"], base)
    assert len(parts) == 2
    assert all(len(part.text) <= TELEGRAM.text for part in parts)


def test_a_link_stands_behind_its_button_with_its_address(base):
    reply = Reply("Read this.", "link", link=Link("More", "https://example.org/a"))
    for screen in SCREENS:
        (bubble,) = bubbles_of([reply], screen, base)
        assert [(key.label, key.leads) for key in bubble.keys] == [("More", "https://example.org/a")]


def test_the_drawing_of_a_flow_leads_to_the_flows_it_names(text):
    menu = text[text.index('id="s-menu"') : text.index('id="m-menu/')]
    assert '<a href="#s-my_result">My result</a>' in menu
    assert "answers.menu == &#34;check&#34;" in menu


def test_conversations_are_played_with_everybodys_words(text):
    played = text[text.index('id="conversations"') :]
    assert "Ana takes the quick check between two customers" in played
    assert "✗ did not go as written" not in played
    assert '<p dir="auto">  MY own Business </p>' in played


# --- languages --------------------------------------------------------------------------------------


def test_words_of_another_language_say_which_and_which_way_they_run(in_arabic):
    assert 'lang="ar" dir="rtl"' in card(in_arabic, "welcome/hello/say")
    assert "مرحبا! أنا باسيتو." in card(in_arabic, "welcome/hello/say")


def test_a_translation_to_be_looked_at_again_is_marked_and_not_shown_as_said(in_arabic):
    found = card(in_arabic, "welcome/what_comes/say")
    assert "fuzzy: to be looked at again" in found
    assert "said in en" in found
    assert "نص قديم" not in found


def test_what_a_half_translated_question_lacks_is_marked_text_by_text(in_arabic):
    found = card(in_arabic, "bank/role")
    assert "said in en" in found
    assert "waits for the rest of its message" in found
    assert "not translated" in found


def test_the_page_says_how_far_each_language_is(in_arabic):
    table = in_arabic[in_arabic.index('id="coverage"') : in_arabic.index("</table>")]
    assert '<th scope="row">ar</th>' in table


# --- the file and the command ---------------------------------------------------------------------------


def test_a_file_that_is_no_preview_stays_as_it_is(base, tmp_path):
    mine = tmp_path / "thesis.html"
    mine.write_text("Three years of work")
    with pytest.raises(SettingsError, match="no preview"):
        write(base, mine)
    assert mine.read_text() == "Three years of work"
    write(base, mine, force=True)
    assert GENERATOR in mine.read_text("utf-8")


def test_an_older_preview_is_written_over(base, tmp_path):
    file = write(base, tmp_path / "a.html")
    file.write_text(file.read_text("utf-8") + "older", "utf-8")
    write(base, file)
    assert not file.read_text("utf-8").endswith("older")


def test_a_file_that_cannot_be_written_is_a_sentence(base, tmp_path):
    with pytest.raises(SettingsError, match="cannot be written"):
        write(base, tmp_path / "nowhere" / "a.html")


@pytest.fixture
def pasito(tmp_path):
    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "pasito", *words],
            cwd=tmp_path, text=True, capture_output=True, timeout=60, check=False,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    return run


def test_the_command_writes_the_page_and_says_where(pasito, tmp_path):
    done = pasito("preview", "base")
    assert done.returncode == 0, done.stderr
    assert "preview-base.html" in done.stdout
    assert done.stderr == ""
    assert (tmp_path / "preview-base.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_command_loses_nobodys_file(pasito, tmp_path):
    (tmp_path / "mine.html").write_text("mine")
    done = pasito("preview", "base", "--into", "mine.html")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "--force" in done.stderr
    assert (tmp_path / "mine.html").read_text() == "mine"


def test_a_part_can_still_be_printed(pasito):
    assert pasito("preview", "--as", "script").stdout.startswith("# Pasito base pack")
