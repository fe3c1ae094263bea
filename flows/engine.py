"""The engine: what one inbound decides. A pure function of values; time comes in as `now`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from content.languages import nearest
from flows import facts, films, limits, meetings, papers, reminders, stories
from flows.answers import ANSWERS
from flows.asking import Answer
from flows.migrating import migrated
from flows.operations import (
    ask_again,
    back_to_question,
    explain,
    interrupted_step,
    settle,
    waiting_step,
)
from flows.state import Json, State
from flows.talk import Run, Talk, Trace
from flows.understand import Labels, flow_said, plain
from flows.values import TIMEOUT, Inbound, Timer, Turn, is_watching

if TYPE_CHECKING:
    from flows.asking import Asking, Option
    from flows.model import Step
    from flows.moves import Move
    from flows.version import Instruction, Versions

WAY_OUT = "not_understood"  # the flow that is offered after some tries
NO_LABELS = Labels({}, ())  # a pressed button needs no words to compare with
CARRIED = ("item", "meeting")  # what a run knows, and the one that takes its place needs, too
REGISTERING = ("org_type", "sector")  # with consent and the account's economy: indicator I01


class TooManyStepsError(RuntimeError):
    """A turn took more steps than `limits.STEPS_PER_TURN`; the checks should have seen the circle."""


def advance(
    versions: Versions,
    state: State,
    inbound: Inbound,
    now: int,
    channel: str = "web",
    trace: Trace | None = None,
    *,
    code: str = "",
) -> Turn:
    """What this inbound decides: the next state, replies, events, timers and calls.

    versions: the live version of the pack and those that people are pinned to.
    now: microseconds UTC. channel: where she writes, for variants of words.
    trace: told of every step that runs, and of every way a branch takes.
    code: what an operator finds this conversation by.
    Raises UnknownVersionError for a structure that was not loaded, TooManyStepsError for a circle.
    """
    talk = Talk(versions, migrated(versions, state), inbound, now, channel, trace, code)
    _visit(talk)
    _take(talk)
    _run(talk)
    stories.forget_if_left(talk)
    _visit_from_now(talk)
    _register(talk)
    return talk.turn()


# --- what came -----------------------------------------------------------------------------------


def _take(talk: Talk) -> None:
    kind = talk.inbound.kind
    if kind == "timer":
        _timer(talk)
    elif kind == "result":
        _result(talk)
    elif kind in ("command", "event"):
        _asked_from_outside(talk)
    elif not talk.before.last_inbound:
        _start(talk)
    elif kind == "start":
        _start_again(talk)
    else:
        _message(talk)


def _asked_from_outside(talk: Talk) -> None:
    """Somebody else than she wants a flow to begin: staff, or another system; or she looks at a page of ours."""
    if is_watching(talk.inbound):
        if "paper" in talk.inbound.data:
            papers.opened(talk)
        else:
            _watched(talk)
        return
    if "campaign_over" in talk.inbound.data:
        reminders.forget(talk, str(talk.inbound.data["campaign_over"]))
        return
    flow = talk.inbound.data.get("flow")
    if flow in talk.live.flows:
        talk.leave_asides()
        talk.push(str(flow), aside=True)


def _watched(talk: Talk) -> None:
    """Her film has told how far she is. Whoever is asked whether she has seen it has answered by that."""
    film = films.watched(talk)
    waits = waiting_step(talk)
    if film is None or waits is None or talk.waiting is None or talk.paused or talk.stopped:
        return
    step, at = waits
    asking, shown = step.asking(talk, at), films.film_of_item(talk)
    answer = asking.when_film_ends if asking is not None else None
    if answer is None or shown is None or shown.id != film:
        return
    move = settle(talk, step, at, Answer(answer))
    if move.how != "moved":
        _move(talk, move)


def _start_again(talk: Talk) -> None:
    """The start button pressed by somebody we know: what her link begins, the question that waits, or what can be done."""
    talk.paused = False
    talk.leave_asides()
    invited = meetings.invitation(talk.live, talk.inbound.data.get("campaign"))
    if invited is not None:
        flow, notes = invited
        talk.clear()
        talk.push(flow, notes={**notes, facts.LANGUAGE_KNOWN: True})
    elif talk.waiting is not None:
        ask_again(talk)
    elif not talk.runs:
        talk.push("idle", aside=True)


def _start(talk: Talk) -> None:
    """The first word of a conversation, whatever it was, begins the opening flow, or what her link begins."""
    language = _language_told(talk)
    talk.language = language or talk.language
    invited = meetings.invitation(talk.live, talk.inbound.data.get("campaign"))
    flow, notes = invited or (talk.live.pack.opening, {})
    talk.push(flow, notes=notes)
    if language and talk.top is not None:
        talk.top.notes[facts.LANGUAGE_KNOWN] = True
    talk.counts.append("conversations")


def _language_told(talk: Talk) -> str | None:
    """The language that her link, her app or her first words speak of, where there are several to choose from."""
    offered = talk.live.pack.languages
    if len(offered) == 1:
        return None
    hints = (talk.inbound.data.get("language"), talk.before.language)
    told = (nearest(hint, offered) for hint in hints if isinstance(hint, str))
    return next(filter(None, told), None) or talk.live.language_said(talk.inbound.text)


def _message(talk: Talk) -> None:
    talk.stopped = False
    if talk.paused and not _presses(talk):
        _resume(talk)
        return
    talk.paused = False
    if _outstanding(talk) and not _system_flow(talk, fuzzy=False):
        talk.say("engine/one_moment")
        return
    if _outstanding(talk):
        return
    held = reminders.take_held(talk)
    if _answers_interrupted(talk):
        talk.leave_asides()
    waits = waiting_step(talk)
    if waits is not None and talk.waiting is not None:
        _to_question(talk, *waits)
    elif not _system_flow(talk, fuzzy=True):
        if held is None:
            talk.push("idle", aside=True)
        else:
            _say_held(talk, held)
        return
    if held is not None:
        _run(talk)  # first what she wrote about
        if talk.leaving:
            reminders.keep_held(talk, held)
        else:
            _say_held(talk, held)


def _say_held(talk: Talk, held: Json) -> None:
    """What waited for her next word."""
    reminders.said(talk, held)
    talk.push(held["flow"], aside=True, notes=reminders.notes_of(held))


def _resume(talk: Talk) -> None:
    talk.paused = False
    if not _system_flow(talk, fuzzy=False):
        talk.push("resume", aside=True)


def _presses(talk: Talk) -> bool:
    """A button of the question that waits may be pressed after days: that is an answer."""
    inbound = talk.inbound
    return talk.waiting is not None and (inbound.choice is not None or bool(inbound.choices))


def _outstanding(talk: Talk) -> bool:
    """Whether a call is out whose result the top run waits for."""
    return talk.top is not None and "call" in talk.top.notes


def _timer(talk: Talk) -> None:
    """A reminder comes due, or the time for an answer is over."""
    body = talk.inbound.data.get("body", {})
    if talk.inbound.data.get("key") == TIMEOUT:
        _time_is_over(talk, body)
        return
    if (flow := reminders.due(talk, body)) is not None:
        talk.paused = False
        talk.leave_asides()  # a menu or an earlier reminder that nobody answered is over
        talk.push(flow, aside=True, notes=reminders.notes_of(body))


def _time_is_over(talk: Talk, body: Json) -> None:
    """No answer has come: the flow goes on elsewhere, unless she is somewhere else by now."""
    run = talk.top
    if run is None or talk.waiting is None or talk.waiting.number != body.get("question"):
        return
    if talk.stopped or (until := reminders.quiet_until(talk)) is not None:
        if not talk.stopped:
            talk.timers.append(Timer(TIMEOUT, 0, until, body))
        return
    talk.paused = False
    talk.waiting = None
    run.at = int(body["go"])


def _result(talk: Talk) -> None:
    """The result of a call goes to the step that made it; one nobody waits for any more is dropped."""
    run = next((run for run in talk.runs if run.notes.get("call") == talk.inbound.data.get("id")), None)
    if run is None:
        return
    del run.notes["call"]
    instruction = talk.flow_of(run).instructions[run.at]
    instruction.step.resulted(talk, instruction, dict(talk.inbound.data))
    run.at += 1


# --- an answer to a question ---------------------------------------------------------------------


def _answers_interrupted(talk: Talk) -> bool:
    """Whether, in the middle of a menu, she answers the question behind it.

    Its button or its exact words do; a bare number or letter means the menu. Where a "yes" weighs
    much only the button does, as a "yes" may have meant the menu.
    """
    behind = interrupted_step(talk)
    waits = waiting_step(talk) if behind is not None else None
    if waits is None or behind is None or talk.waiting is None:
        return False
    pressed = _numbers_pressed(talk.inbound)
    if pressed:
        return pressed == {str(talk.note("interrupted"))}
    step, at = behind
    asking = step.asking(talk, at)
    said = plain(talk.inbound.text)
    if said.isdecimal() or (asking is not None and asking.exact):
        return False
    return said in _exact(talk, behind) and said not in _exact(talk, waits)


def _exact(talk: Talk, waits: tuple[Step, Instruction]) -> Mapping[str, str]:
    """The words that stand exactly for the choices of a question."""
    step, at = waits
    asking = step.asking(talk, at)
    assert asking is not None  # a step that asks has a question
    return talk.labels_of(asking).exact if asking.options else {}


def _numbers_pressed(inbound: Inbound) -> set[str]:
    """The numbers of the questions whose buttons were pressed."""
    pressed = inbound.choices or ((inbound.choice,) if inbound.choice is not None else ())
    return {value.partition(":")[0] for value in pressed}


def _to_question(talk: Talk, step: Step, at: Instruction) -> None:
    asking = step.asking(talk, at)
    assert asking is not None  # a step that asks has a question
    pressed = _pressed(talk)
    if pressed == "old":
        talk.ask(asking, lead="engine/old_button")
        return
    if isinstance(pressed, int):
        talk.ask_page(asking, pressed)
        return
    value = _read(talk, asking)
    if value is None and _system_flow(talk, fuzzy=asking.type != "text"):
        return
    if value is None and asking.own_words and _in_own_words(talk, asking):
        value = asking.own_words
    if value is None:
        _not_an_answer(talk, asking)
        return
    move = settle(talk, step, at, Answer(value))
    if move.how != "moved":
        _move(talk, move)


def _pressed(talk: Talk) -> str | int | None:
    """What a pressed button says of itself: "old", the page it asks for, or None for an answer.

    The number before the colon is that of its question; what is left is the choice.
    """
    inbound = talk.inbound
    pressed = inbound.choices or ((inbound.choice,) if inbound.choice is not None else ())
    if not pressed:
        return None
    assert talk.waiting is not None  # only called while a question waits
    parts = [value.partition(":") for value in pressed]
    if any(number != str(talk.waiting.number) for number, _, _ in parts):
        return "old"
    page = parts[0][2]
    return int(page[1:]) if page.startswith("+") and page[1:].isdecimal() else None


def _read(talk: Talk, asking: Asking) -> object | None:
    """The answer, if it is one. Words that start a system flow win over free text and guesses."""
    inbound = _without_number(talk.inbound)
    if inbound.choice is not None or inbound.choices:
        return ANSWERS[asking.type].read(asking, NO_LABELS, inbound)
    labels = talk.labels_of(asking)
    if inbound.text:
        exact = labels.exact.get(plain(inbound.text))
        if exact is None and flow_said(talk.live.said(talk.language), inbound.text, fuzzy=False):
            return None
    return ANSWERS[asking.type].read(asking, labels, inbound)


def choice_meant(versions: Versions, state: State, inbound: Inbound, now: int, channel: str) -> Option | None:
    """The choice of the open question that somebody's words stand for; None if they mean something else."""
    talk = Talk(versions, state, inbound, now, channel)
    if _answers_interrupted(talk):
        talk.leave_asides()
    waits = waiting_step(talk)
    asking = waits[0].asking(talk, waits[1]) if waits and talk.waiting else None
    value = _read(talk, asking) if asking else None
    return next((option for option in asking.options if option.id == value), None) if asking else None


def _without_number(inbound: Inbound) -> Inbound:
    if inbound.choice is None and not inbound.choices:
        text = inbound.text[: limits.TEXT_TYPED]
        return Inbound(inbound.key, text=text, media=inbound.media, data=inbound.data)
    choice = inbound.choice.partition(":")[2] if inbound.choice is not None else None
    return Inbound(inbound.key, choice=choice, choices=tuple(c.partition(":")[2] for c in inbound.choices))


def _in_own_words(talk: Talk, asking: Asking) -> bool:
    """Whether this is a sentence of hers, or where a number was asked for, something with a number."""
    said = plain(talk.inbound.text)
    if asking.numbers and any(char.isdecimal() for char in said):
        return True
    return len(said) >= limits.OWN_WORDS


def _not_an_answer(talk: Talk, asking: Asking) -> None:
    """The question again, and after some tries a way out; out of an aside, back to the question behind it."""
    assert talk.waiting is not None  # only called while a question waits
    tries = talk.waiting.tries + 1
    aside = next((run for run in talk.runs if run.aside), None)
    if aside is not None and (tries >= limits.TRIES_ASIDE or aside.flow == WAY_OUT):
        back_to_question(talk, "engine/calm")
        return
    talk.waiting = type(talk.waiting)(talk.waiting.number, talk.waiting.page, tries)
    if tries >= limits.TRIES:
        talk.waiting = type(talk.waiting)(talk.waiting.number)
        talk.push(WAY_OUT, aside=True)
        return
    talk.ask(asking, lead=_misunderstanding(talk, asking))


def _misunderstanding(talk: Talk, asking: Asking) -> str:
    if talk.inbound.media:
        return "engine/edited" if talk.inbound.media == "edited" else "engine/only_words"
    return "engine/not_understood_choice" if asking.options else f"engine/not_understood_{asking.type}"


def _system_flow(talk: Talk, *, fuzzy: bool) -> bool:
    """Begins the system flow whose words she wrote, in the middle of whatever is going on."""
    flow = flow_said(talk.live.said(talk.language), talk.inbound.text, fuzzy=fuzzy)
    if flow is None:
        return False
    when = talk.live.flows[flow].when
    if when is not None and not when.holds(talk.facts):
        return False
    about = talk.live.flows[flow].about
    if about is not None and any(run.aside for run in talk.runs):
        _about_the_aside(talk, about)
    elif talk.live.flows[flow].main:
        talk.clear()
        talk.push(flow)
    else:
        talk.leave_asides()
        talk.push(flow, aside=True)
    return True


def _about_the_aside(talk: Talk, about: str) -> None:
    """In the middle of a menu, "skip" means the menu, and "help" means its question."""
    waits = waiting_step(talk)
    if about == "meaning" and waits is not None:
        explain(talk)
        step, at = waits
        asking = step.asking(talk, at)
        assert asking is not None  # a step that asks has a question
        talk.ask(asking, lead="engine/again")
    else:
        ask_again(talk)


# --- running ---------------------------------------------------------------------------------------


def _run(talk: Talk) -> None:
    """Runs steps until the conversation waits or everything has ended."""
    for _ in range(limits.STEPS_PER_TURN):
        run = talk.top
        if run is None or talk.paused or _waits(talk, run):
            return
        flow = talk.flow_of(run)
        if run.at >= len(flow.instructions):
            _leave(talk, run)
            continue
        instruction = flow.instructions[run.at]
        if instruction.condition is not None and not instruction.condition.holds(talk.facts):
            run.at += 1
            continue
        if talk.trace:
            talk.trace(instruction.key)
        _move(talk, instruction.step.run(talk, instruction))
    raise TooManyStepsError(talk.top.flow if talk.top else "")


def _waits(talk: Talk, run: Run) -> bool:
    return talk.waiting is not None or "call" in run.notes


def _move(talk: Talk, move: Move) -> None:
    run = talk.top
    if move.how == "moved" or run is None:
        return
    if move.how == "next":
        run.at += 1
    elif move.how == "go":
        assert isinstance(move.to, int)  # `go` carries an instruction
        run.at = move.to
    elif move.how == "call":
        run.at += 1
        if len(talk.runs) >= limits.STACK:
            raise TooManyStepsError(run.flow)
        talk.push(str(move.to))
    elif move.how == "link":
        _replace(talk, run, str(move.to))
    elif move.how == "begin":
        version, notes = talk.version, {name: talk.note(name) for name in CARRIED}
        talk.clear()
        known = {name: note for name, note in notes.items() if note is not None}
        talk.push(str(move.to), since=version, notes=known)
    elif move.how == "end":
        run.at = len(talk.flow_of(run).instructions)


def _replace(talk: Talk, run: Run, flow: str) -> None:
    version = talk.version
    talk.runs.pop()
    notes = {name: run.notes[name] for name in (*CARRIED, "interrupted") if name in run.notes}
    talk.push(flow, aside=run.aside, since=version, notes=notes)


def _leave(talk: Talk, run: Run) -> None:
    """A run is over. Behind an aside the question that was interrupted is asked again."""
    talk.runs.remove(run)
    if not run.aside:
        return
    talk.back_from(run)
    waits = waiting_step(talk)
    if waits is not None and talk.waiting is not None:
        step, at = waits
        asking = step.asking(talk, at)
        assert asking is not None  # a step that asks has a question
        talk.ask(asking, lead="engine/again")


# --- what analysts count ---------------------------------------------------------------------------


def _visit(talk: Talk) -> None:
    """A visit begins when 30 minutes have passed since her last inbound (guide: indicator I03)."""
    if talk.inbound.kind in ("timer", "result", "command"):
        return
    if facts.after_pause(talk):
        talk.event("visit_started")


def _visit_from_now(talk: Talk) -> None:
    """Who agrees to statistics in the middle of a visit is counted from then on."""
    if talk.counted and not talk.before.counted:
        talk.event("visit_started")


def _register(talk: Talk) -> None:
    """Registered: consent to keep and to count, and the required fields, for the first time."""
    business = talk.business
    if business is None or business.registered or not business.consent.get("guidance") or not talk.counted:
        return
    profile = business.profile
    if all(profile.get(field) for field in REGISTERING):
        talk.business = replace(business, registered=True)
        talk.event("person_registered", org_type=profile["org_type"], sector=profile["sector"])
