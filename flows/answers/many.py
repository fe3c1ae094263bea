"""One or more of the choices."""

from __future__ import annotations

from flows.answers.base import AnswerType
from flows.asking import Asking
from flows.understand import Labels, choices_of
from flows.values import Inbound


def read(asking: Asking, labels: Labels, inbound: Inbound) -> list[str] | None:
    if inbound.choices:
        found: list[str] | None = list(dict.fromkeys(inbound.choices))
    elif inbound.choice is not None:
        found = [inbound.choice]
    else:
        found = choices_of(asking, labels, inbound.text)
    options = [asking.option(id) for id in found or ()]
    if not options or any(option is None for option in options):
        return None
    if len(options) > 1 and any(option is not None and option.exclusive for option in options):
        return None  # "none of these" together with one of these
    return found


MANY = AnswerType("many", "One or more of the choices; an `exclusive` one stands alone.", True, read)
