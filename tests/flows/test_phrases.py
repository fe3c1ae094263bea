"""The sentences that the engine itself says: each exists, and its placeholders are filled where it is said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import flows
from content.directory import Cost, Need
from content.words import placeholders
from flows.answers import ANSWERS
from flows.facts import PLACEHOLDERS, PURPOSES
from flows.version import Version

ROOM = Path(flows.__file__).parent
SAID = re.compile(r'"engine/([a-z_]+)"')
# Filled where the sentence is said, beside the common placeholders.
EXTRA = {
    "progress": {"place", "count"}, "answers_kept": {"count"}, "dimension": {"name", "score"},
    "dimension_not_measured": {"name"}, "picture_alt": {"level"}, "quiz_right": {"explain", "right"},
    "chapter_gap": {"name", "tip"},
    "knowledge_right": {"right"}, "knowledge_other": {"right"}, "meetings_kept": {"names"},
    "change_dimension": {"name", "before", "after"}, "film_size": {"size"},
    **{f"path_{how}": {"number", "name"} for how in ("done", "partly", "open", "waiting")},
    "quiz_other": {"explain", "right"}, "case_named": {"who", "say"}, "case_unnamed": {"say"}, "language_guessed": {"language"}, "sells_well": {"names"},
}  # fmt: skip


def said() -> set[str]:
    """Every sentence that code names, and those it puts together from a type or a purpose."""
    found = {name for file in ROOM.rglob("*.py") for name in SAID.findall(file.read_text())}
    found |= {f"not_understood_{name}" for name, answer in ANSWERS.items() if not answer.has_choices}
    found |= {"choices"}  # what opens a list on WhatsApp; said by its channel
    found |= {
        f"directory_{word}" for word in (*get_args(Cost), *get_args(Need), "phone", "no_phone", "abroad")
    }
    return found | {f"purpose_{purpose}" for purpose in PURPOSES}


def test_every_sentence_exists_and_none_is_there_for_nothing(base: Version) -> None:
    there = {key.removeprefix("engine/") for key in base.words.texts if key.startswith("engine/")}
    assert there == said()


@pytest.mark.parametrize("name", sorted(said()))
def test_a_sentence_holds_only_what_can_be_filled(base: Version, name: str) -> None:
    known = set(PLACEHOLDERS) | EXTRA.get(name, set())
    assert set(placeholders(base.words.of(f"engine/{name}", "en"))) <= known
