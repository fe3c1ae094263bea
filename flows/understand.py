"""What did she mean? From typed words to a choice, and from words to a system flow.

People type a number, a letter, a label, a word of it, with typos, accents and emoji. What is not
clear stays not understood: a wrong answer costs more than a question asked twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from rapidfuzz import fuzz, process

from flows.asking import Asking, Option

# How alike two words must be (0 to 100, rapidfuzz ratio), and how long the shorter one.
LIKENESS = 82
SHORTEST_TYPO = 4
QUESTION_MARKS = ("?", "¿", "？", "؟")  # alone they ask for help
YES = "yes"  # the choice that agrees, in questions that record it
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST_NUMBER = 6  # digits; a longer one is a phone number rather than a count
# From Thai on, Unicode has the scripts that write words together: one sign more is another word there.
WRITTEN_TOGETHER = "\u0e00"


def plain(text: str) -> str:
    """Lower case, without accents, punctuation, doubled spaces, and emoji beside words: "  Sí!! 👍" -> "si"."""
    # Most of what is typed is ASCII: figures, letters, the commands.
    words = " ".join(text.lower().translate(_PLAIN_ASCII).split()) if text.isascii() else _plain(text)
    return words or _sign(text.strip())


# What `_plain` makes of each ASCII character: nothing of "^" and "`", a space of other signs.
_PLAIN_ASCII = {
    code: (chr(code) if chr(code).isalnum() or chr(code) in "/+" else "" if chr(code) in "^`" else " ")
    for code in range(128)
}


# Letters that Unicode does not take apart, as people type them who leave the strokes and dots away.
_PLAIN_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def _plain(text: str) -> str:
    out = []
    for char in unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN_LETTERS):
        category = unicodedata.category(char)
        if category in ("Mn", "Me", "Cf", "Cs", "Sk") and not _joins_letters(char):
            continue
        out.append(char if category[0] in "LNM" or char in "/+" else " ")
    return " ".join("".join(out).split())


def _joins_letters(char: str) -> bool:
    # Marks of scripts whose vowels are marks (Thai, Devanagari, Khmer ...) carry the word. From FE00 on
    # they choose how an emoji is drawn.
    return 0x0900 <= ord(char) < 0xFE00 and unicodedata.category(char) in ("Mn", "Mc")


def _sign(text: str) -> str:
    """A text without words: a question mark, or emoji, each once and in any colour of skin."""
    if text in QUESTION_MARKS:
        return "?"
    return "".join(dict.fromkeys(char for char in text if unicodedata.category(char) == "So"))


def spellings(words: str) -> tuple[str, ...]:
    """The plain words, with and without an apostrophe: "don't" -> ("don t", "dont")."""
    joined = words.replace("'", "").replace("’", "")
    return (plain(words),) if joined == words else (plain(words), plain(joined))


# --- the words of a language -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The lists of one language that say how other words are read. All in plain words.

    yes, no: other words for them. agreed: words that say yes to a request only. negations: turn a meaning
    round; negation finds one. small: carry no meaning of their own.
    around_number: may stand beside a number. numbers: "two" -> "2". between: what parts several answers.
    more: the words of the button that turns a page, which are no answer.
    """

    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    agreed: frozenset[str] = frozenset()
    negations: frozenset[str] = frozenset()
    negation: re.Pattern[str] = re.compile("(?!)")
    small: frozenset[str] = frozenset()
    around_number: frozenset[str] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)
    between: re.Pattern[str] = re.compile("[,;+،、；，]")
    more: str = ""

    def negated(self, said: str) -> bool:
        return self.negation.search(said) is not None

    def telling(self, said: str) -> tuple[str, ...]:
        """The words that tell something: "i am a woman" -> ("woman",)."""
        return tuple([word for word in said.split() if word not in self.small])

    def says_too_little(self, words: Sequence[str]) -> bool:
        """A bare *no*, *not*, *one* or *more* stands in many labels and means none of them."""
        return all(map(self._bare, words)) or self._bare(" ".join(words))

    def _bare(self, said: str) -> bool:
        if said == self.more or said in self.numbers:
            return True
        return said in self.yes or said in self.no or said in self.negations


def lexicon(words_of: Callable[[str], str]) -> Lexicon:
    """The lists of a language. words_of: gives the words of a key in it."""

    def listed(key: str) -> list[str]:
        return [word.strip() for word in words_of(key).split("|")]

    def every(key: str) -> frozenset[str]:
        return frozenset(spelling for word in listed(key) for spelling in spellings(word))

    def single(key: str) -> frozenset[str]:
        return frozenset(word for spelling in every(key) for word in spelling.split())

    negations = every("engine/words_negation")
    turning = "|".join(re.escape(word) for word in negations)
    parting = "|".join(re.escape(word) for word in listed("engine/words_between"))
    return Lexicon(
        yes=every("engine/words_yes"),
        no=every("engine/words_no"),
        agreed=every("engine/words_agreed"),
        negations=negations,
        negation=re.compile(f"(?:^| )(?:{turning})(?: |$)"),
        small=single("engine/words_small"),
        around_number=single("engine/words_around_number"),
        numbers={plain(word): str(place) for place, word in enumerate(listed("engine/words_number"), 1)},
        between=re.compile(rf"[,;+،、；，]|\s(?:{parting})\s", re.IGNORECASE),
        more=plain(words_of("engine/more")),
    )


# --- the words of a question -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand for an option, as they are compared: those that tell something, in order.

    shown: she reads them, so some of them are enough. Of a synonym all are needed.
    """

    id: str
    words: tuple[str, ...]
    negated: bool
    shown: bool


@dataclass(frozen=True)
class Labels:
    """The words that stand for each option, ready to be compared."""

    exact: Mapping[str, str]
    spoken: tuple[Phrase, ...]
    lexicon: Lexicon = field(default_factory=Lexicon)

    def joined(self, other: Labels) -> Labels:
        """These words and those of another version; these win."""
        return Labels({**other.exact, **self.exact}, (*self.spoken, *other.spoken), self.lexicon)

    def alike(self, said: str) -> frozenset[str]:
        """The words of these options that a typed word may be."""
        return frozenset(word for word in self._by_letter.get(said[0], ()) if _alike(said, word))

    def holding(self, words: Iterable[str]) -> list[Phrase]:
        """The phrases that hold one of these words."""
        return list(dict.fromkeys(phrase for word in words for phrase in self._by_word[word]))

    def run_together(self, letters: str) -> list[Phrase]:
        """The phrases with these letters, whatever the spaces: "webshop" is "web shop"."""
        return self._by_letters.get(letters, [])

    # What is typed is mostly found among the exact words; these are made when something is not.

    @cached_property
    def _by_word(self) -> Mapping[str, list[Phrase]]:
        return _grouped((word, phrase) for phrase in self.spoken for word in dict.fromkeys(phrase.words))

    @cached_property
    def _by_letter(self) -> Mapping[str, list[str]]:
        return _grouped((word[0], word) for word in self._by_word)

    @cached_property
    def _by_letters(self) -> Mapping[str, list[Phrase]]:
        return _grouped(("".join(phrase.words), phrase) for phrase in self.spoken)


T = TypeVar("T")


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


Spoken = tuple[Option, Sequence[str], Sequence[str]]  # an option, what she reads, its synonyms


def labels(options: Iterable[Spoken], lexicon: Lexicon) -> Labels:
    """The words for options. What she reads counts before synonyms, and these before what we add.

    Words that stand for two options stand for none.
    """
    options = tuple(options)
    shown = [(option.id, word) for option, words, _ in options for word in words]
    synonyms = [(option.id, word) for option, _, words in options for word in words]
    tiers = [[(id, key) for id, word in tier for key in spellings(word)] for tier in (shown, synonyms)]
    tiers.append([*_yes_and_no(options, (*shown, *synonyms), lexicon), *_ids(options, lexicon)])
    exact: dict[str, str] = {}
    taken: set[str] = set()
    for tier in tiers:
        found: dict[str, set[str]] = {}
        for id, key in tier:
            if key and key not in taken:
                found.setdefault(key, set()).add(id)
        exact |= {key: ids.pop() for key, ids in found.items() if len(ids) == 1}
        taken |= found.keys()
    phrases = [_phrase(id, word, True, lexicon) for id, word in shown]
    phrases += [_phrase(id, word, False, lexicon) for id, word in synonyms]
    return Labels(exact, tuple(phrase for phrase in dict.fromkeys(phrases) if phrase.words), lexicon)


def _phrase(id: str, words: str, shown: bool, lexicon: Lexicon) -> Phrase:
    said = plain(words)
    return Phrase(id, lexicon.telling(said), lexicon.negated(said), shown)


def _ids(options: Sequence[Spoken], lexicon: Lexicon) -> list[tuple[str, str]]:
    """Ids are plain words too; the tags of languages are not, nor is what turns a page."""
    ids = [(option.id, option.id.replace("_", " ")) for option, _, _ in options if option.label is None]
    return [(id, word) for id, word in ids if word != lexicon.more]


def _yes_and_no(
    options: Sequence[Spoken], spoken: Sequence[tuple[str, str]], lexicon: Lexicon
) -> list[tuple[str, str]]:
    """All words for yes go to the option called `yes`, or to the only one that says it: "Yes, on paper"."""
    ids = {option.id for option, _, _ in options}
    out: list[tuple[str, str]] = []
    for name, words in (("yes", lexicon.yes), ("no", lexicon.no)):
        meant = {name} if name in ids else {id for id, word in spoken if _opening(word) in words}
        if len(meant) == 1:
            out += [(id, word) for id in meant for word in words]
    return out


def _opening(words: str) -> str:
    """What stands before the first comma or stop: "No, it is fine" -> "no"; "No time" is no no."""
    return plain(re.split("[,.;:!،、，。！：；]", words, maxsplit=1)[0])


# --- one choice ------------------------------------------------------------------------------------


def choice_of(asking: Asking, known: Labels, text: str) -> str | None:
    """The id of the option that somebody typed, or None when it is not clear."""
    said = plain(text)
    if asking.exact and any(mark in text for mark in QUESTION_MARKS):
        return None  # who asks back has not agreed
    if said in known.exact:
        return known.exact[said]
    found = _by_place(asking, said, text)
    if asking.exact and said in known.lexicon.agreed:
        return YES
    if found or asking.exact or not said:
        return found
    if asking.lettered and (found := _by_range(asking, known, said, text)):
        return found
    return _by_words(asking, known, said)


# A minus that does not stand between two numbers, or a fraction: plain words would lose it.
_NOT_A_COUNT = re.compile(r"(?:^|[^\d\s])\s*[-−–]\s*\d|\d[.,]\d")


def _by_place(asking: Asking, said: str, text: str) -> str | None:
    """By the letter or number that stands before an option; where numbers are answers, only letters do."""
    options = asking.options
    if len(said) == 1 and said in LETTERS[: len(options)]:
        return options[LETTERS.index(said)].id
    if asking.lettered or not said.isdecimal() or len(said) > 3 or _NOT_A_COUNT.search(text):
        return None
    return options[int(said) - 1].id if 1 <= int(said) <= len(options) else None


def _by_range(asking: Asking, known: Labels, said: str, text: str) -> str | None:
    """By a number alone, or beside words that do not change it: "12", "about two people", "2-4"."""
    lexicon = known.lexicon
    numbers = [lexicon.numbers.get(word, word) for word in said.split() if word not in lexicon.around_number]
    if _NOT_A_COUNT.search(text) or any(not _is_number(word) for word in numbers):
        return None
    found = {_standing_for(asking.options, int(number)) for number in numbers}
    return found.pop() if len(found) == 1 else None


def _is_number(word: str) -> bool:
    return word.isdecimal() and len(word) <= LONGEST_NUMBER


def _standing_for(options: Sequence[Option], number: int) -> str | None:
    for option in options:
        if option.low is not None and option.low <= number and (option.high is None or number <= option.high):
            return option.id
    return None


def _by_words(asking: Asking, known: Labels, said: str) -> str | None:
    """By the words of an option, some of them, or nearly so; None if that fits no option or two."""
    if said in known.lexicon.numbers:
        return _by_number_word(asking, known, said)
    words = known.lexicon.telling(said)
    if len(said) < 2 or known.lexicon.says_too_little(words):
        return None
    typed = _Typed(words, tuple([known.alike(word) for word in words]))
    near = [*known.holding(typed.alike[0]), *known.run_together("".join(words))]
    negated = known.lexicon.negated(said) if near else False
    for fits in (typed.is_same, typed.is_near, typed.is_some_nearly):
        found = [phrase for phrase in near if phrase.negated == negated and fits(phrase.words)]
        if found:
            one = len({phrase.id for phrase in found}) == 1
            clear = any(phrase.shown or typed.is_whole(phrase.words) for phrase in found)
            return found[0].id if one and clear else None
    return None


def _by_number_word(asking: Asking, known: Labels, said: str) -> str | None:
    """ "two" is the second option, unless a label speaks of two."""
    place = int(known.lexicon.numbers[said])
    if asking.lettered or place > len(asking.options):
        return None
    id = asking.options[place - 1].id
    return id if all(phrase.id == id for phrase in known.spoken if said in phrase.words) else None


Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Typed:
    """Typed words, each with the words of the options that it may be."""

    words: Words
    alike: tuple[frozenset[str], ...]

    def is_same(self, phrase: Words) -> bool:
        return self.words == phrase or "".join(self.words) == "".join(phrase)

    def is_whole(self, phrase: Words) -> bool:
        """All of its words, perhaps with typos."""
        if len(self.words) != len(phrase):
            return self.is_same(phrase)
        return all(word in alike for word, alike in zip(phrase, self.alike, strict=True))

    def is_near(self, phrase: Words) -> bool:
        """All of its words with typos, or some of them without."""
        return self.is_whole(phrase) or _in_order([{word} for word in self.words], phrase)

    def is_some_nearly(self, phrase: Words) -> bool:
        """Some of its words, with typos."""
        return _in_order(self.alike, phrase)


def _in_order(said: Iterable[Set[str]], phrase: Words) -> bool:
    """In this order: "not for some" is not "for some, but not all"."""
    left = iter(phrase)
    return all(any(word in meant for word in left) for meant in said)


def _alike(said: str, word: str) -> bool:
    """The same word, perhaps with a slip of the thumb.

    The first letter counts: what stands before a word often turns it round ("unregistered").
    """
    if said == word:
        return True
    if said[0] != word[0] or min(len(said), len(word)) < SHORTEST_TYPO or abs(len(said) - len(word)) > 1:
        return False
    if not said.isalpha() or not word.isalpha() or max(word) >= WRITTEN_TOGETHER:
        return False
    return fuzz.ratio(said, word) >= LIKENESS


# --- several choices -------------------------------------------------------------------------------


def choices_of(asking: Asking, known: Labels, text: str) -> list[str] | None:
    """Several options typed in one line: "1, 3", "a and c", "cash; qr"."""
    whole = choice_of(asking, known, text)
    parts = known.lexicon.between.split(text)
    if len(parts) == 1 and all(word.isdecimal() for word in text.split()):
        parts = text.split()
    found = [choice_of(asking, known, part) for part in parts if plain(part)]
    if not found or any(id is None for id in found):
        return [whole] if whole else None
    return list(dict.fromkeys(id for id in found if id is not None))


# --- system flows ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """The words that start system flows: plain words -> flow. The typos of a negation stay one."""

    flows: Mapping[str, str]
    lexicon: Lexicon


def flow_said(known: Said, text: str, *, fuzzy: bool) -> str | None:
    """The system flow whose words these are."""
    if text.startswith("/"):
        text = text.partition("@")[0]  # in groups commands carry the name of the bot
    said = plain(text)
    if not said or len(said) > 60:
        return None
    flow = known.flows.get(said) or known.flows.get(said.removeprefix("/"))
    if flow or not fuzzy or len(said) < SHORTEST_TYPO:
        return flow
    match = process.extractOne(said, known.flows.keys(), scorer=fuzz.ratio, score_cutoff=LIKENESS + 4)
    if match is None or known.lexicon.negated(match[0]) != known.lexicon.negated(said):
        return None
    return known.flows[match[0]]
