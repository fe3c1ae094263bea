"""What a pack asks and records: the analyst's data dictionary, made from the pack itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from content.bank import SPECIAL, Choice, Question
from flows.events import EVENTS
from flows.facts import NAMES, PURPOSES
from flows.steps.ask import Ask
from flows.steps.draw import Draw

if TYPE_CHECKING:
    from content.conditions import Condition
    from flows.version import Flow, Instruction, Version

Json = dict[str, Any]

WAYS = ("call", "link", "begin", "remind")

# The events that a step may write: by its kind, or by its kind and what it names.
# Consent and language stand under `ask save`, fields and items under `question`.
STEP_EVENTS = {
    "ask save consent": ("consent_given",),
    "ask save language": ("language_changed",),
    "question field": ("profile_answered",),
    "question item": ("question_answered", "question_skipped"),
    "questions quick": ("diagnostic_started",),
    "questions full": ("diagnostic_started",),
    "questions package": ("diagnostic_started",),
    "ask save settings": ("setting_changed",),
    "ask survey": ("survey_answered",),
    "film": ("film_sent",),
    "draw": ("experiment_drawn",),
    "remind": ("reminder_said",),
    "knowledge": ("knowledge_answered",),
    "do join_meeting": ("meeting_joined", "meeting_attended"),
    "do attend_meeting": ("meeting_attended",),
    "score": ("diagnostic_completed", "item_assigned", "looked_ahead", "reassessed"),
    "quiz": ("quiz_answered",),
    "show result": ("result_shown",),
    "show case": ("case_shown",),
    "do skip": ("question_skipped",),
    "do answer_unknown": ("question_skipped",),
    "do answer_not_applicable": ("question_skipped",),
    "do stop_messages": ("opted_out",),
    "do next_item": ("item_opened",),
    "do item_done": ("action_confirmed",),
    "do item_partly": ("action_confirmed",),
    "do item_not_done": ("action_confirmed",),
    "do read_film": ("film_read",),
    "do film_watched": ("video_played", "video_completed"),
    "do promise": ("action_promised",),
    "do note_barrier": ("barrier_told",),
    "do other_item": ("item_put_aside", "item_assigned"),
    "do new_package": ("item_assigned",),
    "do send_story": ("story_told",),
}
# Events that no step writes: the engine does, or a channel, or another party.
OTHER_EVENTS = (
    "guide_opened",
    "visit_started",
    "person_registered",
    "video_opened",
    "video_progress",
    "survey_shown",
)


def manifest(version: Version) -> Json:
    """Everything an analyst may meet in the data of this pack, as plain JSON values.

    flows: what each asks, what it records with all possible values, where it leads, which events it
    writes. fields, items: the bank, with the choices and their points. codes: what stands behind the
    codes in events. events: every kind with its data.
    """
    pack = version.pack
    return {
        "pack": {
            "id": pack.id,
            "title": pack.title,
            "version": pack.version,
            "instrument": pack.bank.instrument,
            "languages": list(pack.languages),
            "structure": version.structure,
            "content": version.content,
        },
        "flows": [_flow(version, flow) for flow in version.flows.values()],
        "fields": [_question(version, field) for field in pack.bank.fields],
        "items": [_question(version, item) for item in pack.bank.items],
        "codes": _codes(version),
        "events": _events(),
    }


# --- flows ---------------------------------------------------------------------------------------


def _flow(version: Version, flow: Flow) -> Json:
    steps = [instruction for instruction in flow.instructions if instruction.id]
    return {
        "flow": flow.id,
        "title": flow.title,
        "said": list(flow.said),
        "when": _source(flow.when),
        "asks": [asked for at in steps for asked in _asks(version, at)],
        "records": _once(record for at in steps for record in _records(version, at)),
        "leads_to": _once(_ways_out(at) for at in steps if at.step.kind in WAYS),
        "events": sorted({event for at in steps for event in events_of(version, at)}),
    }


def _once(entries: Any) -> list[Json]:
    """Each entry once, in order."""
    found: list[Json] = []
    for entry in entries:
        if entry not in found:
            found.append(entry)
    return found


def _source(condition: Condition | None) -> str | None:
    return condition.source if condition else None


def _asks(version: Version, at: Instruction) -> Iterator[Json]:
    step = at.step
    if isinstance(step, Ask):
        yield {
            "step": at.id,
            "type": step.type,
            "text": _text(version, f"{at.key}/say"),
            "choices": _choices(version, at),
            "required": step.required,
            "when": step.when,
        }
    elif step.kind == "quiz":
        yield {"step": at.id, "type": "one", "quiz": "of the package item", "when": step.when}
    elif step.kind == "knowledge":
        yield {"step": at.id, "type": "one", "knowledge": f"{named(at)} the meeting", "when": step.when}
    else:
        for question in questions_of(version, at):
            yield {"step": at.id, "type": "one", question.kind: question.id, "when": step.when}


def questions_of(version: Version, at: Instruction) -> list[Question]:
    """The fields and items that a step may ask, in the order of the bank."""
    bank = version.pack.bank
    if at.step.kind == "question":
        return [version.questions[named(at)]]
    if at.step.kind == "questions":
        return list(_SETS[named(at)](bank.fields, bank.items))
    return []


Questions = tuple[Question, ...]
_SETS: dict[str, Callable[[Questions, Questions], Iterator[Question]]] = {
    "stage_1": lambda fields, items: (field for field in fields if field.stage == 1),
    "stage_2": lambda fields, items: (field for field in fields if field.stage == 2),
    "quick": lambda fields, items: (item for item in items if item.quick),
    "full": lambda fields, items: iter(items),
    "package": lambda fields, items: (item for item in items if item.gap),
}


def named(at: Instruction) -> str:
    """What stands behind the word that names the kind: `call: consent` -> "consent"."""
    return str(getattr(at.step, at.step.kind))


def _choices(version: Version, at: Instruction) -> Json | None:
    assert isinstance(at.step, Ask)  # the caller looked
    if at.step.choices == "languages":
        return {tag: tag for tag in version.pack.languages}
    return {option.id: _text(version, option.key) for option in at.options} or None


def _records(version: Version, at: Instruction) -> Iterator[Json]:
    step = at.step
    if isinstance(step, Ask):
        yield _answer(version, at, step)
    elif step.kind == "quiz":
        yield {"name": "quiz of the package item", "type": "one", "values": ["right", "wrong"]}
    elif step.kind == "knowledge":
        name = f"knowledge {named(at)} the meeting, questions 1 and 2"
        yield {"name": name, "type": "one", "values": ["right", "wrong"]}
    elif step.kind == "score":
        yield {"name": "score.overall", "type": "number", "values": None}
        yield {
            "name": "score.level",
            "type": "one",
            "values": [level.id for level in version.pack.scoring.levels],
        }
        yield {"name": "package", "type": "many", "values": list(version.pack.gaps)}
    elif isinstance(step, Draw):
        yield {"name": f"answers.{step.draw}", "type": "one", "values": list(step.arms)}
    elif step.kind == "action":
        yield {"name": f"answers of the action {named(at)}", "type": "any", "values": None}
    for question in questions_of(version, at):
        name = f"profile.{question.id}" if question.kind == "field" else f"items.{question.id}"
        yield {"name": name, "type": "one", "values": _values(question)}


def _answer(version: Version, at: Instruction, step: Ask) -> Json:
    """What an `ask` keeps. A skipped one is null."""
    if step.save == "language":
        return {"name": "language", "type": "one", "values": list(version.pack.languages)}
    if step.save:
        return {"name": step.save, "type": "yes_no", "values": [True, False]}
    choices = [*(_choices(version, at) or ()), *([step.own_words] if step.own_words else ())]
    return {
        "name": f"answers.{step.ask}",
        "type": step.type,
        "values": choices or None,
        **{key: value for key in ("least", "most") if (value := getattr(step, key)) is not None},
    }


def _values(question: Question) -> list[str]:
    choices = [choice.id for choice in question.choices]
    return choices if question.kind == "field" else [*choices, *sorted(SPECIAL)]


def _ways_out(at: Instruction) -> Json:
    return {"flow": named(at), "how": at.step.kind}


def events_of(version: Version, at: Instruction) -> set[str]:
    """The events that a step may write."""
    step = at.step
    names = [step.kind, f"{step.kind} {named(at)}"]
    if isinstance(step, Ask) and step.save:
        names.append(f"ask save {step.save.partition('.')[0]}")
    if isinstance(step, Ask) and _is_in_survey(version, at.key.partition("/")[0]):
        names.append("ask survey")
    names += [f"question {question.kind}" for question in questions_of(version, at)]
    return {event for name in names for event in STEP_EVENTS.get(name, ())}


def _is_in_survey(version: Version, flow: str) -> bool:
    """Whether a flow is a survey, or is called by one."""
    surveys = [one for one in version.flows.values() if one.survey]
    called = {named(at) for one in surveys for at in one.instructions if at.step.kind == "call"}
    return bool(version.flows[flow].survey) or flow in called


# --- the bank ------------------------------------------------------------------------------------


def _question(version: Version, question: Question) -> Json:
    key = f"bank/{question.id}"
    common = {
        "ask": _text(version, f"{key}/ask"),
        "when": _source(question.when),
        "choices": [_choice(version, key, choice) for choice in question.choices],
    }
    if question.kind == "field":
        return {"field": question.id, "stage": question.stage, **common}
    return {
        "item": question.id,
        "slot": question.slot,
        "dimension": question.dimension,
        "gap": question.gap,
        "quick": question.quick,
        **common,
    }


def _choice(version: Version, key: str, choice: Choice) -> Json:
    """A choice with its points, or with the numbers it stands for (`to` null: no end)."""
    shown: Json = {"choice": choice.id, "text": _text(version, f"{key}/choices/{choice.id}")}
    if choice.points is not None:
        shown["points"] = choice.points
    if choice.low is not None:
        shown |= {"from": choice.low, "to": choice.high}
    return shown


def _text(version: Version, key: str) -> str:
    return version.words.of(key, "en")


# --- codes and events ----------------------------------------------------------------------------


def _codes(version: Version) -> Json:
    """The possible values of codes, by the name they have in the data of events."""
    pack = version.pack
    special = {"unknown": "0 points", "not_applicable": "left out of the score", "skipped": "as if not asked"}
    return {
        "dimension": {id: _text(version, f"dimensions/{id}/name") for id in pack.bank.dimensions},
        "level": {level.id: _text(version, f"levels/{level.id}/name") for level in pack.scoring.levels},
        "gap": {id: _text(version, f"gaps/{id}/name") for id in pack.gaps},
        "film": {id: _text(version, f"films/{id}/title") for id in pack.films},
        "meeting": {code: _text(version, f"meetings/{code}/title") for code in pack.meetings},
        "mode": sorted(NAMES["assessment.mode"].choices),
        "purpose": list(PURPOSES),
        "language": list(pack.languages),
        "instead of a choice": {id: special[id] for id in sorted(SPECIAL)},
    }


def _events() -> Json:
    return {
        kind: {
            "about": event.about,
            "version": event.version,
            "outside": event.outside,
            "data": {name: asdict(field) for name, field in event.data.items()},
        }
        for kind, event in EVENTS.items()
    }
