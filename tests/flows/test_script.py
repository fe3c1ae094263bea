"""The script that an editor prints and reads aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from content.problems import Report
from flows.compiler import compile_pack
from flows.script import script
from flows.version import Version
from pasito.settings import Settings
from pasito.showing import script as show_script
from tests.flows.small_packs import compiled, sources_with

SHOP = """
said: [shop, "/shop"]
when: consent.guidance == true
steps:
  - say: |-
      Hello *you*
      # and all
  - ask: sells_online
    say: Do you sell on the internet?
    help: A page or a marketplace.
    choices:
      no: No
      sometimes: {text: "Sometimes, by chat", short: Sometimes}
    required: yes
  - branch:
      - if: answers.sells_online == "no"
        then:
          - branch:
              - if: todo.left > 0
                then: [{say: Deep inside.}]
              - else: []
      - else: []
  - do: skip
  - show: result
  - call: consent
  - remind: did_you_do_it
    after: 2d
    at: "10:00"
"""


@pytest.fixture(scope="module")
def shop() -> str:
    text = script(compiled(shop=SHOP), "en")
    return text[text.index("## shop") :]


@pytest.fixture(scope="module")
def whole(base: Version) -> str:
    return script(base, "en")


def test_it_says_when_a_flow_starts(shop: str) -> None:
    assert "*Starts when the person writes:* shop, /shop\n" in shop
    assert "*Only if `consent.guidance == true`*" in shop


def test_words_keep_their_lines_and_lose_their_signs(shop: str) -> None:
    assert "**Pasito:** Hello \\*you\\*\\\n\\# and all\n" in shop


def test_a_question_stands_with_its_choices_and_its_help(shop: str) -> None:
    assert (
        "**Pasito:** Do you sell on the internet?\n"
        "\n"
        "**Person:** one of\n"
        "\n"
        "- No\n"
        "- Sometimes, by chat (Sometimes)\n"
        "\n"
        "*Needs an answer.*\n"
        "\n"
        "*Help:* A page or a marketplace.\n"
    ) in shop


def test_ways_are_set_in_under_their_conditions(shop: str) -> None:
    assert (
        '*If `answers.sells_online == "no"`:*\n'
        ">\n"
        "> *One of these ways:*\n"
        ">\n"
        "> *If `todo.left > 0`:*\n"
        "> >\n"
        "> > **Pasito:** Deep inside.\n"
        ">\n"
        "> *Otherwise:* *go on.*\n"
        "\n"
        "*Otherwise:* *go on.*\n"
    ) in shop


def test_what_is_not_said_is_told_in_words(shop: str) -> None:
    assert "*Does `skip`: Skips the question that waits." in shop
    assert "*Shows `result`: Her level in words" in shop
    assert "*Runs* **What I may keep** (`consent`) and comes back\n" in shop
    assert "*After 2d, not before 10:00, if the person agreed to reminders:* **Did you do it?**" in shop


def test_it_begins_where_a_person_begins(base: Version, whole: str) -> None:
    headings = [line for line in whole.splitlines() if line.startswith("## ")]
    assert headings[0] == f"## {base.flows[base.pack.opening].title}"
    assert len(headings) == len(base.flows) + 12


def test_questions_of_the_bank_count_on(whole: str) -> None:
    assert "*The 9 questions of `quick`, those that fit and are still open:*" in whole
    assert "*`A1` (1 of 9)*" in whole
    assert "(9 of 9)*" in whole
    assert "(10 of 9)*" not in whole


def test_everything_that_is_said_stands_in_it(base: Version, whole: str) -> None:
    """Every text; words that people may type for a choice are not said."""
    flat = whole.replace("\\\n", " ").replace("\\", "").replace("> ", "")
    missing = [
        key
        for key, text in base.words.texts.items()
        if "/synonyms/" not in key
        and not key.endswith("/said")
        and key != "bank/how_to_answer"  # flows say it in their own words
        and " ".join(text.split()) not in flat
    ]
    assert missing == []


def test_it_speaks_the_languages_of_the_pack() -> None:
    sources = sources_with(example="steps:\n  - say: Hello\n    id: hello\n")
    sources["pack.yaml"] = sources["pack.yaml"].replace(b"languages: [en]", b"languages: [en, es]")
    sources["po/es.po"] = (
        b'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgctxt "example/hello/say"\nmsgid "Hello"\nmsgstr "Hola"\n'
    )
    version = compile_pack(sources, Report())
    assert version is not None
    assert "**Pasito:** Hola\n" in script(version, "es")


def test_preview_prints_it(capsys: pytest.CaptureFixture[str], tmp_path: Path, whole: str) -> None:
    show_script(Settings(data_dir=tmp_path), None)
    assert capsys.readouterr().out == whole
