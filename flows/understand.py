"""What did she mean? From typed words to a choice, and from words to a system flow.

People type a number, a letter, a label, half a word, with typos, accents and emoji. What is not
clear stays not understood: a wrong answer costs more than a question asked twice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from flows.asking import Asking, Option

# How alike two words must be, and how far ahead of the next candidate (0 to 100, rapidfuzz ratio).
LIKENESS = 82
MARGIN = 8
SHORTEST_FUZZY = 4
QUESTION_MARKS = ("?", "¿", "？", "؟")  # alone they ask for help
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def plain(text: str) -> str:
    """Lower case, without accents, emoji, punctuation and doubled spaces: "  Sí!! 👍" -> "si"."""
    out = []
    for char in unicodedata.normalize("NFKD", text.casefold()):
        category = unicodedata.category(char)
        if category in ("Mn", "Cf", "Cs", "Sk") and not _joins_letters(char):
            continue
        out.append(char if category[0] in "LNM" or char in "/+" else " ")
    words = " ".join("".join(out).split())
    return words or ("?" if text.strip() in QUESTION_MARKS else "")


def _joins_letters(char: str) -> bool:
    # Marks of scripts whose vowels are marks (Thai, Devanagari, Khmer ...) carry the word.
    return ord(char) >= 0x0900 and unicodedata.category(char) in ("Mn", "Mc")


@dataclass(frozen=True, slots=True)
class Labels:
    """The words that stand for each option, ready to be compared."""

    exact: Mapping[str, str]
    spoken: tuple[tuple[str, str], ...]

    def joined(self, other: Labels) -> Labels:
        """These words and those of another version; these win."""
        return Labels({**other.exact, **self.exact}, (*self.spoken, *other.spoken))


def labels(options: Iterable[tuple[Option, Sequence[str]]]) -> Labels:
    """Options with all the words for them: label, short label, synonyms."""
    exact: dict[str, str] = {}
    spoken: list[tuple[str, str]] = []
    for option, words in options:
        for word in words:
            key = plain(word)
            if key:
                exact.setdefault(key, option.id)
                spoken.append((key, option.id))
    return Labels(exact, tuple(spoken))


def choice_of(asking: Asking, known: Labels, text: str) -> str | None:
    """The id of the option that somebody typed, or None when it is not clear."""
    said = plain(text)
    if not said:
        return None
    if said in known.exact:
        return known.exact[said]
    return _by_position(asking, said) or _by_likeness(known, said)


def _by_position(asking: Asking, said: str) -> str | None:
    options = asking.options
    if asking.lettered:
        if len(said) == 1 and said in LETTERS[: len(options)]:
            return options[LETTERS.index(said)].id
        return _by_range(options, said)
    if said.isdecimal() and len(said) <= 3 and 1 <= int(said) <= len(options):
        return options[int(said) - 1].id
    if len(said) == 1 and said in LETTERS[: len(options)]:
        return options[LETTERS.index(said)].id
    return None


def _by_range(options: Sequence[Option], said: str) -> str | None:
    numbers = [word for word in said.split() if word.isdecimal()]
    if len(numbers) != 1 or len(numbers[0]) > 6:
        return None
    number = int(numbers[0])
    for option in options:
        if option.low is not None and option.low <= number and (option.high is None or number <= option.high):
            return option.id
    return None


def _by_likeness(known: Labels, said: str) -> str | None:
    if len(said) < SHORTEST_FUZZY:
        return None
    best: dict[str, float] = {}
    for phrase, id in known.spoken:
        likeness = fuzz.ratio(said, phrase)
        if len(said) >= 5 and (f" {said} " in f" {phrase} " or phrase.startswith(said)):
            likeness = max(likeness, 90.0)  # a whole word of the label, or its beginning
        if likeness > best.get(id, 0.0):
            best[id] = likeness
    ranked = sorted(best.items(), key=lambda pair: -pair[1])
    if not ranked or ranked[0][1] < LIKENESS:
        return None
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < MARGIN:
        return None
    return ranked[0][0]


def choices_of(asking: Asking, known: Labels, text: str) -> list[str] | None:
    """Several options typed in one line: "1, 3", "a and c", "cash; qr"."""
    whole = choice_of(asking, known, text)
    parts = [
        part for chunk in text.replace(";", ",").replace("+", ",").split(",") for part in chunk.split(" and ")
    ]
    if len(parts) == 1 and all(word.isdecimal() for word in text.split()):
        parts = text.split()
    found = [choice_of(asking, known, part) for part in parts if plain(part)]
    if not found or any(id is None for id in found):
        return [whole] if whole else None
    return list(dict.fromkeys(id for id in found if id is not None))


def flow_said(phrases: Mapping[str, str], text: str, *, fuzzy: bool) -> str | None:
    """The system flow whose words these are. `phrases` maps plain words to flow ids."""
    if text.startswith("/"):
        text = text.partition("@")[0]  # in groups commands carry the name of the bot
    said = plain(text)
    if not said or len(said) > 60:
        return None
    flow = phrases.get(said) or phrases.get(said.removeprefix("/"))
    if flow or not fuzzy or len(said) < SHORTEST_FUZZY:
        return flow
    match = process.extractOne(said, phrases.keys(), scorer=fuzz.ratio, score_cutoff=LIKENESS + 4)
    return phrases[match[0]] if match else None
