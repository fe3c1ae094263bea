"""What can happen: the events, one schema each. The data dictionary is made from this table.

Data are declared codes and numbers: never free text, names, phones or ids of platforms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["code", "yes_no", "number", "whole"]
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Field:
    """One value of an event. A code is a word of ours or of a pack; `optional` may be null."""

    kind: Kind
    optional: bool = False


@dataclass(frozen=True, slots=True)
class EventKind:
    """One thing that can happen. `outside`: other parties may report it."""

    about: str
    data: Mapping[str, Field] = field(default_factory=dict)
    outside: bool = False
    version: int = 1


_CODE, _YES_NO, _NUMBER, _WHOLE = Field("code"), Field("yes_no"), Field("number"), Field("whole")
_CODE_OR_NOT, _NUMBER_OR_NOT = Field("code", optional=True), Field("number", optional=True)

EVENTS: dict[str, EventKind] = {
    "visit_started": EventKind("A message after a pause of more than 30 minutes.", outside=True),
    "person_registered": EventKind(
        "Consent and the required fields are there for the first time.",
        {"org_type": _CODE, "sector": _CODE},
        outside=True,
    ),
    "consent_given": EventKind("A purpose was agreed to or refused.", {"purpose": _CODE, "given": _YES_NO}),
    "profile_answered": EventKind(
        "A question about the business was answered.", {"field": _CODE, "value": _CODE}, outside=True
    ),
    "diagnostic_started": EventKind("A check was begun.", {"mode": _CODE}, outside=True),
    "question_answered": EventKind(
        "An item was answered; `again` if it replaces an earlier answer.",
        {"item": _CODE, "choice": _CODE, "points": _WHOLE, "again": _YES_NO},
    ),
    "question_skipped": EventKind(
        "An item was skipped, not known, or does not fit (`how`).",
        {"item": _CODE, "how": _CODE, "again": _YES_NO},
    ),
    "diagnostic_completed": EventKind(
        "A check was scored.",
        {"mode": _CODE, "level": _CODE_OR_NOT, "overall": _NUMBER_OR_NOT, "minutes": _NUMBER},
        outside=True,
    ),
    "looked_ahead": EventKind("Somebody with only an idea finished a check.", {"mode": _CODE}),
    "result_shown": EventKind("A result was shown.", {"mode": _CODE}),
    "item_assigned": EventKind("A gap came into the package.", {"gap": _CODE, "rank": _WHOLE}, outside=True),
    "item_opened": EventKind("A package item was opened.", {"gap": _CODE}, outside=True),
    "film_read": EventKind("The words of a film were read.", {"film": _CODE, "gap": _CODE_OR_NOT}),
    "video_opened": EventKind("The link of a film was opened.", {"film": _CODE}, outside=True),
    "video_played": EventKind("A film was played.", {"film": _CODE}, outside=True),
    "video_completed": EventKind("A film was played to the end.", {"film": _CODE}, outside=True),
    "quiz_answered": EventKind(
        "A quiz was answered.", {"gap": _CODE, "right": _YES_NO, "first": _YES_NO}, outside=True
    ),
    "action_confirmed": EventKind(
        "She said whether she did what a tip says: yes, partly, no.",
        {"gap": _CODE, "how": _CODE, "evidence": _CODE},
        outside=True,
    ),
    "language_changed": EventKind("Another language was chosen.", {"language": _CODE}),
    "opted_out": EventKind("No more messages of our own accord.", outside=True),
}


def wrong_data(kind: str, data: Mapping[str, Any]) -> list[str]:
    """What is wrong with the data of an event, as sentences; empty when it fits its schema."""
    fields = EVENTS[kind].data
    wrong = [f"'{name}' is not a value of {kind}." for name in data if name not in fields]
    for name, wanted in fields.items():
        if name not in data:
            wrong.append(f"'{name}' is missing.")
        elif not _fits(wanted, data[name]):
            wrong.append(f"'{name}' should be {_EXPECTED[wanted.kind]}.")
    return wrong


_EXPECTED: dict[Kind, str] = {
    "code": "a code of letters, digits, _ . + and -, at most 64 characters",
    "yes_no": "true or false",
    "number": "a number",
    "whole": "a whole number",
}


def _fits(wanted: Field, value: Any) -> bool:
    if value is None:
        return wanted.optional
    if wanted.kind == "yes_no":
        return isinstance(value, bool)
    if wanted.kind == "code":
        return isinstance(value, str) and CODE.fullmatch(value) is not None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9:
        return False
    return wanted.kind == "number" or isinstance(value, int)
