"""Spoken words in pieces that are read at a glance: at most seven words, broken where one would breathe.

Scripts without spaces between words break by their width, and never within a sign and its marks.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

MOST_WORDS = 7
MOST_SIGNS = 46  # of a chunk of several words: three lines in large type
_BEST_WORDS = 5

_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।။៕][\"”»’)\]]*$")
_CLAUSE_END = re.compile(r"[,;:،、，；：–—][\"”»’)\]]*$")
_OPENING = frozenset('"“«‘([¿¡「『（')
_BEFORE_ITS_SIGN = re.compile(r"[\u0e40-\u0e44\u0ec0-\u0ec4]")  # vowels written before what they belong to
_WITH_ITS_SIGN = frozenset("\u0e33\u0eb3\u0e30\u0eb0\u0e32\u0eb2\u0e46\u0ec6\u0e45")  # and behind it
_UNSPACED = (
    (re.compile(r"[\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]"), 0.5),
    (re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"), 0.2),
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a text. start: of its first sign in the text with single spaces. words: for scripts
    without spaces an estimate."""

    text: str
    start: int
    words: float


@dataclass(frozen=True, slots=True)
class _Token:
    """What is never broken. spaced: whether a space stands before it."""

    text: str
    words: float
    spaced: bool


def chunks(text: str) -> tuple[Chunk, ...]:
    """The text in pieces, about equally long; nothing of it is lost but double spaces."""
    tokens = tuple(_tokens(" ".join(text.split())))
    best: list[tuple[float, int]] = [
        (0.0, 0)
    ]  # for each number of tokens: cost, and where the last chunk begins
    for end in range(1, len(tokens) + 1):
        ways = [(best[start][0] + _cost(tokens, start, end), start) for start in _starts(tokens, end)]
        best.append(min(ways))
    return tuple(_laid_out(tokens, [start for _, start in best]))


def ends_sentence(text: str) -> bool:
    return _SENTENCE_END.search(text.rstrip()) is not None


def _starts(tokens: tuple[_Token, ...], end: int) -> Iterator[int]:
    """Where a chunk may begin that ends here: one token always fits."""
    words = signs = 0.0
    for start in range(end - 1, -1, -1):
        words += tokens[start].words
        signs += len(tokens[start].text) + tokens[start].spaced
        if start < end - 1 and (words > MOST_WORDS + 0.01 or signs > MOST_SIGNS):
            return
        yield start


def _cost(tokens: tuple[_Token, ...], start: int, end: int) -> float:
    """How badly a chunk reads: too long or short, broken within a phrase, with the end of a sentence inside."""
    words = sum(token.words for token in tokens[start:end])
    last = tokens[end - 1].text
    cost = 0.3 * (words - _BEST_WORDS) ** 2 + 1  # each chunk is one more thing to look at
    cost += 5.0 * sum(ends_sentence(token.text) for token in tokens[start : end - 1])
    if ends_sentence(last):
        whole = start == 0 or ends_sentence(tokens[start - 1].text)
    else:
        whole = False
        cost += 1.5 if _CLAUSE_END.search(last) else 4.0
        # A short word that leads on ("the", "de", "và") belongs to what follows.
        cost += 1.5 if len(last) <= 3 and last.isalpha() and end < len(tokens) else 0.0
    if words < 2:
        cost += 6.0 if whole else 12.0
    elif words < 3 and not whole:
        cost += 3.0
    return cost


def _laid_out(tokens: tuple[_Token, ...], starts: list[int]) -> Iterator[Chunk]:
    ends = [len(tokens)]
    while ends[-1] > 0:
        ends.append(starts[ends[-1]])
    ends.reverse()
    place = 0
    for start, end in pairwise(ends):
        parts = tokens[start:end]
        place += parts[0].spaced
        text = parts[0].text + "".join(f"{' ' * token.spaced}{token.text}" for token in parts[1:])
        yield Chunk(text, place, math.fsum(token.words for token in parts))
        place += len(text)


def _tokens(text: str) -> Iterator[_Token]:
    spaced = False
    for word in text.split(" ") if text else ():
        pieces = list(_pieces(word))
        if len(pieces) == 1 and not any(char.isalnum() for char in word):
            yield _Token(word, 0.0, spaced)  # a dash alone is no word
        else:
            for number, piece in enumerate(pieces):
                yield _Token(piece, _words(piece), spaced and number == 0)
        spaced = True


def _pieces(word: str) -> Iterator[str]:
    """A word as it is; one in a script without spaces, sign by sign."""
    if _weight(word) == 1.0:
        yield word
        return
    piece = ""
    for char in word:
        if piece and not _belongs(piece, char):
            yield piece
            piece = ""
        piece += char
    yield piece


def _belongs(piece: str, char: str) -> bool:
    """Whether a sign cannot begin a line: it belongs to the one before it."""
    category = unicodedata.category(char)
    if category[0] == "M" or char in _WITH_ITS_SIGN or piece[-1] in "\u200d\u17d2\u1039":
        return True
    if piece[-1] in _OPENING or unicodedata.category(piece[-1]) == "Ps" or _BEFORE_ITS_SIGN.match(piece[-1]):
        return True
    if category[0] == "P" and char not in _OPENING and category != "Ps":
        return True
    foreign = _sign_weight(char) == 1.0 and _sign_weight(piece[-1]) == 1.0
    return foreign and char.isalnum() and piece[-1].isalnum()  # a Latin word or a number in a Thai text


def _weight(word: str) -> float:
    return min((_sign_weight(char) for char in word), default=1.0)


def _sign_weight(char: str) -> float:
    return next((weight for signs, weight in _UNSPACED if signs.match(char)), 1.0)


def _words(piece: str) -> float:
    """What a piece counts: a word is one."""
    spoken = [char for char in piece if unicodedata.category(char)[0] not in "MP"]
    weights = [_sign_weight(char) for char in spoken]
    if not weights:
        return 0.0
    return 1.0 if max(weights) == 1.0 else math.fsum(weights)
