"""A phone number, kept as its digits with a leading plus if there was one."""

from __future__ import annotations

import re

from flows.answers.base import AnswerType
from flows.asking import Asking
from flows.understand import Labels
from flows.values import Inbound

# ITU-T E.164: at most 15 digits; the shortest national numbers in use have 6.
SHORTEST, LONGEST = 6, 15


def read(asking: Asking, labels: Labels, inbound: Inbound) -> str | None:
    if not re.fullmatch(r"\+?[\d\s().\-/]+", inbound.text.strip()):
        return None
    digits = re.sub(r"\D", "", inbound.text)
    if not SHORTEST <= len(digits) <= LONGEST:
        return None
    return ("+" if inbound.text.strip().startswith("+") else "") + digits


PHONE = AnswerType("phone", "A phone number.", False, read)
