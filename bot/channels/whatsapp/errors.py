"""Why WhatsApp refuses a message, and what follows: try again, wait for her, give up, tell the operator.

The codes: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
A code that is not here is taken for a passing trouble: nobody is given up for an unknown reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SLOWEST = 900.0  # seconds between two tries, at most


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason.

    next: what becomes of the message. least: seconds before the next try, doubled with each.
    hold: the whole account waits as long. alarm: the operator has to do something.
    """

    name: str
    next: Literal["retry", "waiting", "dead"]
    sentence: str
    least: float = 1.0
    hold: bool = False
    alarm: bool = False


TROUBLE = Refusal("trouble", "retry", "WhatsApp has a passing trouble. We try again.")
TOO_FAST = Refusal(
    "too_fast", "retry", "WhatsApp asks this account to slow down. It waits.", least=2.0, hold=True
)
SUSPECTED = Refusal(
    "suspected", "retry", "Too many people have blocked or reported this number. It waits.",
    least=600.0, hold=True, alarm=True,
)  # fmt: skip
PAIR = Refusal("too_fast_to_her", "retry", "This person got too many messages at once. She gets it later.", 6)
WINDOW = Refusal(
    "window_closed", "waiting", "She has not written for 24 hours. The message waits until she writes."
)
GONE = Refusal(
    "person_gone", "dead", "The person cannot be reached, or does not want to be. It is not sent again."
)
NOT_NOW = Refusal(
    "not_now", "waiting", "WhatsApp does not want her to get more of these now. It waits until she writes."
)
SETUP = Refusal(
    "setup", "retry", "The account is not set up rightly; nothing goes out. Look at its token and its page.",
    least=60.0, hold=True, alarm=True,
)  # fmt: skip
NOT_LISTED = Refusal(
    "not_listed", "waiting", "This is a test number, and the person is not on its list.", alarm=True
)
TEMPLATE = Refusal(
    "template", "waiting", "The template is not approved, or paused. The message waits until she writes.",
    alarm=True,
)  # fmt: skip
FAULT = Refusal(
    "fault", "dead", "WhatsApp does not understand our request. This is a fault of Pasito.", alarm=True
)

_CODES: Mapping[int, Refusal] = {
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 135000), TROUBLE),
    **dict.fromkeys((4, 80007, 130429, 133016), TOO_FAST),
    **dict.fromkeys((131048, 131064), SUSPECTED),
    131056: PAIR,
    131047: WINDOW,
    **dict.fromkeys((131026, 131050), GONE),
    **dict.fromkeys((131049, 130472), NOT_NOW),
    **dict.fromkeys((0, 3, 10, 190, *range(200, 300)), SETUP),
    **dict.fromkeys((368, 130497, 131005, 131031, 131037, 131042, 131044, 131045, 133010), SETUP),
    131030: NOT_LISTED,
    **dict.fromkeys(range(132000, 133000), TEMPLATE),
    **dict.fromkeys((100, 131008, 131009, 131021, 131051, 131052, 131053, 131062), FAULT),
}
# Under 100 ("a parameter is wrong") this one says that the number itself is not ours to use.
_NO_SUCH_NUMBER = (100, 33)


def refusal(status: int, code: int | None, subcode: int | None = None) -> Refusal:
    """The reason behind an answer's HTTP status and its error code, if it has one."""
    if (code, subcode) == _NO_SUCH_NUMBER:
        return SETUP
    if code is not None and code in _CODES:
        return _CODES[code]
    if status == 429:
        return TOO_FAST
    return SETUP if status in (401, 403, 404) else TROUBLE
