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
    "film_sent": EventKind(
        "A film went out to her, as a video or a link. Whether it was played in the chat itself nobody knows.",
        {"film": _CODE, "gap": _CODE_OR_NOT, "small": _YES_NO},
    ),
    "video_opened": EventKind(
        "The page of a film was opened.", {"film": _CODE, "source": _CODE_OR_NOT}, outside=True, version=2
    ),
    "video_played": EventKind(
        "A film was played, once per person and film in half an hour. `source`: `player` for our page, `said`"
        " for her own word, which says nothing of its end unless `video_completed` follows.",
        {"film": _CODE, "source": _CODE_OR_NOT},
        outside=True,
        version=2,
    ),
    "video_progress": EventKind(
        "A quarter of a film was played on our page.", {"film": _CODE, "part": _WHOLE}
    ),
    "video_completed": EventKind(
        "A film was played to the end: 90 % on our page, or her word when enough time had passed.",
        {"film": _CODE, "source": _CODE_OR_NOT},
        outside=True,
        version=2,
    ),
    "guide_opened": EventKind(
        "A paper was opened by its link from the chat, once per link in half an hour. `paper`: `guide` for the"
        " guidebook, `plan` for the training plan. Openings of the public page are counted without a person.",
        {"paper": _CODE},
        version=1,
    ),
    "quiz_answered": EventKind(
        "A quiz was answered.", {"gap": _CODE, "right": _YES_NO, "first": _YES_NO}, outside=True
    ),
    "action_promised": EventKind("She said that she will do what a tip says.", {"gap": _CODE}),
    "barrier_told": EventKind("She said what is in the way of an action.", {"gap": _CODE, "barrier": _CODE}),
    "item_put_aside": EventKind("A package item does not fit her; it made room for another.", {"gap": _CODE}),
    "action_confirmed": EventKind(
        "She said whether she did what a tip says: yes, partly, no.",
        {"gap": _CODE, "how": _CODE, "evidence": _CODE},
        outside=True,
    ),
    "reassessed": EventKind(
        "A check was compared with the first one, over the items that have points both times (`matched`)."
        " `before` and `after` are their weighted means, levels those of full checks.",
        {
            "cycle": _CODE_OR_NOT,
            "mode": _CODE,
            "asked": _WHOLE,
            "matched": _WHOLE,
            "better": _WHOLE,
            "worse": _WHOLE,
            "closed": _WHOLE,
            "before": _NUMBER_OR_NOT,
            "after": _NUMBER_OR_NOT,
            "level_before": _CODE_OR_NOT,
            "level_after": _CODE_OR_NOT,
        },
    ),
    "survey_shown": EventKind(
        "A survey began; `about` is the gap or the meeting that was talked about.",
        {"survey": _CODE, "about": _CODE_OR_NOT},
    ),
    "survey_answered": EventKind(
        "A question of a survey was answered; `again` if it had been before, about the same.",
        {"survey": _CODE, "question": _CODE, "answer": _CODE, "about": _CODE_OR_NOT, "again": _YES_NO},
    ),
    "case_shown": EventKind(
        "She was told what another business did; `gap` is the one that was talked about.",
        {"case": _CODE, "gap": _CODE_OR_NOT},
    ),
    "story_told": EventKind(
        "She told a story of hers for others; `named` if a name may be shown with it.", {"named": _YES_NO}
    ),
    "meeting_joined": EventKind(
        "She has joined a meeting by its link or QR code. `economy` is an ISO 3166 code, or OTHER.",
        {
            "meeting": _CODE,
            "kind": _CODE,
            "role": _CODE_OR_NOT,
            "economy": _CODE_OR_NOT,
            "sex": _CODE_OR_NOT,
            "age": _CODE_OR_NOT,
        },
    ),
    "meeting_attended": EventKind(
        "She was at a meeting: she joined on one of its days, or said that she is or was there.",
        {"meeting": _CODE},
    ),
    "knowledge_answered": EventKind(
        "One of the two questions about what people know was answered, before or after a meeting (`when`);"
        " `again` if it replaces an earlier answer.",
        {"meeting": _CODE, "question": _WHOLE, "when": _CODE, "right": _YES_NO, "again": _YES_NO},
    ),
    "experiment_drawn": EventKind(
        "Chance decided, once, which of several ways she is taken.", {"experiment": _CODE, "arm": _CODE}
    ),
    "reminder_said": EventKind(
        "We wrote of our own accord; `campaign` names the one it belongs to, if it does.",
        {"reminder": _CODE, "campaign": _CODE_OR_NOT},
        version=2,
    ),
    "setting_changed": EventKind("She set something for herself.", {"setting": _CODE, "on": _YES_NO}),
    "language_changed": EventKind("Another language was chosen.", {"language": _CODE}),
    "opted_out": EventKind(
        "No more messages of our own accord; `after` names the last one, if it was within the cap's days, and"
        " `campaign` the one that belonged to, if it did.",
        {"after": _CODE_OR_NOT, "campaign": _CODE_OR_NOT},
        outside=True,
        version=3,
    ),
}


def wrong_data(kind: str, data: Mapping[str, Any]) -> list[str]:
    """What is wrong with the data of an event, as sentences; empty when it fits its schema."""
    fields = EVENTS[kind].data
    wrong = [f"'{name}' is not a value of {kind}." for name in data if name not in fields]
    for name, wanted in fields.items():
        if name not in data and wanted.optional:
            continue
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
