"""A day: 2026-11-22, 22/11/2026 or 22.11.2026, day before month."""

from __future__ import annotations

import datetime as dt
import re

from flows.answers.base import AnswerType
from flows.asking import Asking
from flows.understand import Labels
from flows.values import Inbound


def read(asking: Asking, labels: Labels, inbound: Inbound) -> str | None:
    numbers = [int(n) for n in re.findall(r"\d{1,4}", inbound.text)]
    if len(numbers) != 3:
        return None
    year_first = numbers[0] > 31
    year, month, day = numbers if year_first else reversed(numbers)
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None


DATE = AnswerType("date", "A day, kept as 2026-11-22.", False, read)
