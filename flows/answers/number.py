"""A number, in digits of any script or as a word up to ten, with words around it if she likes: "about 12"."""

from __future__ import annotations

import re

from flows.answers.base import AnswerType
from flows.asking import Asking
from flows.understand import Labels, plain
from flows.values import Inbound

NUMBER_IN_WORDS = re.compile(r"[-+]?\d[\d\s.,']*")
LONGEST = 18


def read_number(text: str) -> float | None:
    """The one number in a text, or None when there is none or more than one.

    A last group of exactly three digits behind a dot or comma is a thousand, as shop owners write
    it: "1.200" is 1200; "2,5" is 2.5.
    """
    found = NUMBER_IN_WORDS.findall(text)
    if len(found) != 1 or len(found[0]) > LONGEST:
        return None
    digits = re.sub(r"[\s']", "", found[0]).rstrip(".,")
    whole, mark, rest = digits, "", ""
    if match := re.search(r"[.,](?=\d*$)", digits):
        whole, mark, rest = digits[: match.start()], match.group(), digits[match.end() :]
    if mark and len(rest) == 3:
        whole, rest = whole + rest, ""
    whole = re.sub(r"[.,]", "", whole)
    try:
        return float(f"{whole}.{rest or 0}")
    except ValueError:
        return None


def read(asking: Asking, labels: Labels, inbound: Inbound) -> float | int | None:
    said = plain(inbound.text)
    number = read_number(labels.lexicon.numbers.get(said, inbound.text))
    if number is None or labels.lexicon.negated(said):
        return None
    if asking.least is not None and number < asking.least:
        return None
    if asking.most is not None and number > asking.most:
        return None
    return int(number) if number.is_integer() else number


NUMBER = AnswerType("number", "A number; `least` and `most` bound it.", False, read)
