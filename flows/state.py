"""The state of a conversation: a value that is read from JSON before a turn and written after it.

It has three parts, because two channels of one person may share the last two:
the conversation itself, the business she speaks for, and its current assessment.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]
Place = tuple[Any, ...]  # flow, structure, at, and perhaps notes


@dataclass(frozen=True, slots=True)
class Frame:
    """One run of a flow. `structure` names the version of the pack it is pinned to.

    at: index of the instruction to run next (or, while waiting, the one that waits).
    aside: it was called in the middle of a question; when it ends, that question is asked again.
    notes: what its steps remember (where a list of questions stands, what is being shown).
    """

    flow: str
    structure: str
    at: int = 0
    aside: bool = False
    notes: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The question that waits for an answer.

    number: counts the questions of this conversation; a button carries it, so that a press on an
        old keyboard is recognised.
    """

    number: int
    page: int = 0
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Business:
    """What a person speaks for. `version` is the store's compare-and-set number, 0 for new.

    consent: guidance and statistics -> True or False, as the one whose business it is has said;
        absent means not asked yet.
    registered: whether `person_registered` has been said of it.
    profile: field -> choice id; a key with None was asked and skipped.
    standing: the latest completed assessment: {assessment, mode, completed, result, package}, where
        package is the list of package items a person works on now. `baseline` is the assessment that
        later ones are compared with, see flows/cycles.py.
    """

    id: str
    role: str | None = None
    profile: Json = field(default_factory=dict)
    standing: Json | None = None
    consent: dict[str, bool] = field(default_factory=dict)
    registered: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class Assessment:
    """One taking of the diagnostic.

    answers: item id -> choice id, or `unknown`, `not_applicable`, `skipped`.
    result: scores, level and factors once it is complete; see `content.scoring`.
    cycle: which measurement it is (T0, 30d, T1, T2) where it belongs to one.
    """

    id: str
    mode: str
    instrument: str
    answers: Json = field(default_factory=dict)
    result: Json | None = None
    started: int = 0
    completed: int | None = None
    cycle: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Everything a turn needs to know of a conversation.

    asked: how many questions were asked so far (see Waiting.number).
    trail: where earlier questions stood, for *back*: for each the runs there were, as
        (flow, structure, at) with the notes behind it if there were any.
    consent: what is hers and not the business's: reminders -> True or False.
    businesses: the other businesses of this person: [{id, label, role}]; the label is the sector.
    last_inbound: microseconds UTC of the latest inbound of the person.
    memory: what follow-up remembers: `settings` (flows/facts.py), `films` (flows/films.py), `surveys`
        (flows/surveys.py), `meetings` (flows/meetings.py), `unasked` and `held`
        (flows/reminders.py), `experiments` -> the way that was drawn, `story` (flows/stories.py), `cases` ->
        those she was told; instants in microseconds UTC.
    """

    language: str = ""
    frames: tuple[Frame, ...] = ()
    waiting: Waiting | None = None
    asked: int = 0
    paused: bool = False
    stopped: bool = False
    trail: tuple[tuple[Place, ...], ...] = ()
    answers: Json = field(default_factory=dict)
    consent: dict[str, bool] = field(default_factory=dict)
    last_inbound: int = 0
    business: Business | None = None
    assessment: Assessment | None = None
    businesses: tuple[Json, ...] = ()
    memory: Json = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether business and assessment may be kept beyond this conversation."""
        return self.business is not None and self.business.consent.get("guidance", False)

    @property
    def counted(self) -> bool:
        """Whether events of this business may be written: nothing is counted that may not be kept."""
        return self.kept and self.business is not None and self.business.consent.get("statistics", False)


def to_json(state: State) -> Json:
    """The whole state as plain JSON values; `from_json(to_json(s)) == s`."""
    out = conversation_to_json(state)
    out["business"] = business_to_json(state.business) if state.business else None
    out["assessment"] = assessment_to_json(state.assessment) if state.assessment else None
    return out


def from_json(data: Json) -> State:
    """The state that `to_json` wrote. An empty mapping is a conversation that has not begun.

    What is no state raises KeyError, TypeError, ValueError or AttributeError.
    """
    waiting = data.get("waiting")
    business, assessment = data.get("business"), data.get("assessment")
    return State(
        language=data.get("language", ""),
        frames=tuple(
            Frame(f["flow"], f["structure"], f["at"], f.get("aside", False), dict(f.get("notes", {})))
            for f in data.get("frames", ())
        ),
        waiting=Waiting(waiting["number"], waiting.get("page", 0), waiting.get("tries", 0))
        if waiting
        else None,
        asked=data.get("asked", 0),
        paused=data.get("paused", False),
        stopped=data.get("stopped", False),
        trail=tuple([tuple([tuple(place) for place in places]) for places in data.get("trail", ())]),
        answers=dict(data.get("answers", {})),
        consent=dict(data.get("consent", {})),
        last_inbound=data.get("last_inbound", 0),
        business=business_from_json(business) if business else None,
        assessment=assessment_from_json(assessment) if assessment else None,
        businesses=tuple(data.get("businesses", ())),
        memory=dict(data.get("memory", {})),
    )


def conversation_to_json(state: State) -> Json:
    """The conversation's own part, without what is still at its default."""
    out: Json = {
        "language": state.language,
        "frames": [_frame_to_json(frame) for frame in state.frames],
        "asked": state.asked,
        "last_inbound": state.last_inbound,
    }
    if state.waiting:
        w = state.waiting
        out["waiting"] = {"number": w.number, "page": w.page, "tries": w.tries}
    for name in ("paused", "stopped", "answers", "consent", "memory"):
        value = getattr(state, name)
        if value:
            out[name] = value
    if state.trail:
        out["trail"] = [[list(place) for place in places] for places in state.trail]
    if state.businesses:
        out["businesses"] = list(state.businesses)
    return out


def _frame_to_json(frame: Frame) -> Json:
    out: Json = {"flow": frame.flow, "structure": frame.structure, "at": frame.at}
    if frame.aside:
        out["aside"] = True
    if frame.notes:
        out["notes"] = frame.notes
    return out


def business_to_json(business: Business) -> Json:
    return {
        "id": business.id,
        "role": business.role,
        "profile": business.profile,
        "standing": business.standing,
        "consent": business.consent,
        "registered": business.registered,
        "version": business.version,
    }


def business_from_json(data: Json) -> Business:
    return Business(**data)


def assessment_to_json(assessment: Assessment) -> Json:
    return {name: getattr(assessment, name) for name in Assessment.__dataclass_fields__}


def assessment_from_json(data: Json) -> Assessment:
    return Assessment(**data)


def with_parts(state: State, business: Business | None, assessment: Assessment | None) -> State:
    """The same conversation with the shared parts as they were found in the database."""
    return replace(state, business=business, assessment=assessment)
