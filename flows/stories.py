"""Her story for others: whether she may be asked, what is sent of it, and that nothing of it stays here.

What she writes lies in the answers of the conversation only while she is being asked; a call takes it to
where stories are kept and reviewed (store/stories.py). The memory of the conversation holds under `story`
no more than {asked, told}: instants in microseconds UTC.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flows import cycles, limits
from flows.package import current_item

if TYPE_CHECKING:
    from flows.talk import Talk

FLOW = "tell_story"
WORDS = ("story_before", "story_did", "story_changed", "story_name")
ANSWERS = (*WORDS, "story_times", "story_consent")
PROFILE = ("sector", "leader_sex")  # what of the business goes along, as codes


def story_facts(talk: Talk) -> dict[str, Any]:
    """The names of the group `story` in conditions."""
    return {"allowed": _is_allowed(talk)}


def is_told(talk: Talk) -> bool:
    """Whether a story of hers was sent from here and not taken back."""
    return "told" in _known(talk)


def _is_allowed(talk: Talk) -> bool:
    """Whether she may be asked: never asked before, what she says may be kept, and no survey in this visit."""
    shown = max((one.get("shown", 0) for one in talk.memory.get("surveys", {}).values()), default=0)
    asked_lately = bool(shown) and talk.now - shown < limits.VISIT_PAUSE * limits.SECOND
    return not _known(talk) and bool(talk.consent.get("guidance")) and not asked_lately


def ask(talk: Talk) -> None:
    """Notes that she is being asked: it happens once."""
    talk.remember("story", {"asked": talk.now})


def send(talk: Talk) -> None:
    """Hands her story to where it is kept, with codes of her business as it is now, and forgets the words."""
    words = {part: talk.answers.get(f"story_{part}") or "" for part in ("before", "did", "changed")}
    name = talk.answers.get("story_name") if talk.answers.get("story_consent") == "name" else None
    profile, economy = talk.the_business().profile, talk.live.pack.economy
    arguments = {
        **words,
        "name": name,
        "times": talk.answers.get("story_times"),
        "gap": _gap(talk),
        "economy": economy.code if economy is not None else None,
        **{field: profile.get(field) for field in PROFILE},
        "language": talk.language,
        "agreed": hashlib.sha256(talk.filled(f"{FLOW}/story_consent/say").encode()).hexdigest(),
    }
    if words["did"]:
        talk.call("keep_story", arguments)
        talk.remember("story", {**_known(talk), "told": talk.now})
        talk.event("story_told", named=name is not None)
    forget(talk)


def withdraw(talk: Talk) -> None:
    """Takes back what she has told, wherever she told it."""
    talk.call("withdraw_story", {})
    talk.remember("story", {"asked": _known(talk).get("asked", talk.now)})


def forget(talk: Talk) -> None:
    """Leaves none of her words in the conversation, nor a way back to the questions."""
    talk.answers = {name: value for name, value in talk.answers.items() if name not in ANSWERS}
    talk.trail = [places for places in talk.trail if all(place[0] != FLOW for place in places)]
    talk.changed()


def forget_if_left(talk: Talk) -> None:
    """Forgets the words when she is not being asked any more, however she went away."""
    if any(name in talk.answers for name in ANSWERS) and all(run.flow != FLOW for run in talk.runs):
        forget(talk)


def _gap(talk: Talk) -> str | None:
    """What her story is about: the gap she has closed, or that of the step she has done."""
    item = current_item(talk) or {}
    closed = (cycles.standing_of(talk).get("change") or {}).get("closed", [])
    gap: str | None = item.get("gap") if item.get("done") == "yes" or not closed else closed[0]
    return gap


def _known(talk: Talk) -> dict[str, int]:
    known: dict[str, int] = talk.memory.get("story", {})
    return known
