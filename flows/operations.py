"""What `do:` can do: the operations of system flows, in one table.

Operations that act on the question in the middle of which they were called first leave the
aside, so they mean the same from a word typed, from *help* and from the menu.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from flows import choosing, facts, films, meetings, reminders, stories
from flows.asking import Answer
from flows.moves import MOVED, NEXT, Move
from flows.package import current_item, item_place, package_of
from flows.state import Frame
from flows.talk import Run
from flows.values import Reply

if TYPE_CHECKING:
    from flows.model import Step
    from flows.talk import Talk
    from flows.version import Instruction

Operation = Callable[["Talk"], Move]


# --- about the question that waits -----------------------------------------------------------


def interrupted_step(talk: Talk) -> tuple[Step, Instruction] | None:
    """The step behind a menu or another aside that waits for an answer, if any."""
    run = facts.interrupted_run(talk)
    return _asking_step(talk, run) if run is not None else None


def waiting_step(talk: Talk) -> tuple[Step, Instruction] | None:
    """The step on top that waits for an answer, if any."""
    return _asking_step(talk, talk.top) if talk.top is not None else None


def _asking_step(talk: Talk, run: Run) -> tuple[Step, Instruction] | None:
    flow = talk.flow_of(run)
    if run.at >= len(flow.instructions):
        return None
    instruction = flow.instructions[run.at]
    return (instruction.step, instruction) if instruction.step.asks else None


def _answer_with(how: str) -> Operation:
    def operation(talk: Talk) -> Move:
        talk.leave_asides()
        waits = waiting_step(talk)
        if waits is None:
            talk.say("engine/no_question")
            return MOVED
        step, at = waits
        asking = step.asking(talk, at)
        assert asking is not None  # a step that asks has a question
        allowed = asking.optional if how == "skipped" else asking.item or asking.optional
        if not allowed:
            talk.ask(asking, lead="engine/needs_answer")
            return MOVED
        # For a question without points all three mean the same: not answered.
        answer = Answer(None, how if asking.item else "skipped")
        return settle(talk, step, at, answer)

    return operation


def settle(talk: Talk, step: Step, at: Instruction, answer: Answer) -> Move:
    """An answer to the question that waited: remembered for *back*, then handed to its step."""
    run = talk.top
    assert run is not None  # a question waits on a run
    talk.remember_place()
    talk.waiting = None
    run.notes.pop("again", None)  # a question that was reached by *back* is answered
    move = step.answered(talk, at, answer)
    if move.how == "next":
        run.at += 1
    elif move.how == "go":
        assert isinstance(move.to, int)  # `go` carries an instruction
        run.at = move.to
    return MOVED if move.how in ("next", "go") else move


def go_back(talk: Talk) -> Move:
    """Asks the question before this one again; what was sent stays sent."""
    talk.leave_asides()
    if not talk.trail:
        talk.say("engine/no_way_back")
        return ask_again(talk)
    places = talk.trail.pop()
    talk.runs = [Run(Frame(place[0], place[1], place[2], notes=dict(*place[3:]))) for place in places]
    talk.runs[-1].notes["again"] = True
    talk.waiting = None
    talk.changed()
    return MOVED


def ask_again(talk: Talk) -> Move:
    """Asks the question that waits once more."""
    return back_to_question(talk, "engine/again")


def back_to_question(talk: Talk, lead: str) -> Move:
    """Leaves the asides, and asks what they interrupted behind a sentence."""
    talk.leave_asides()
    if (waits := waiting_step(talk)) is not None:
        step, at = waits
        asking = step.asking(talk, at)
        assert asking is not None  # a step that asks has a question
        talk.ask(asking, lead=lead)
    elif talk.top is None:
        talk.say("engine/no_question")
    return MOVED


def explain(talk: Talk) -> Move:
    """Says the help and the reason of the question that waits or was interrupted, if it has any."""
    waits = waiting_step(talk) or interrupted_step(talk)
    asking = waits[0].asking(talk, waits[1]) if waits else None
    for key in (asking.help, asking.why) if asking else ():
        if key:
            talk.say(key)
    return NEXT


# --- about the conversation -------------------------------------------------------------------


def pause(talk: Talk) -> Move:
    """Stops for now; the next message takes it up again."""
    talk.leave_asides()
    talk.paused = bool(talk.runs)
    talk.leaving = True
    return MOVED


def stop_messages(talk: Talk) -> Move:
    """No more messages of our own accord; what is kept stays kept."""
    words = hashlib.sha256(talk.text("stop/said").encode()).hexdigest()
    talk.agree("reminders", False, words)
    talk.stopped = talk.leaving = True
    talk.cancelled.append("*")
    reminders.opted_out(talk)
    return NEXT


def start_over(talk: Talk) -> Move:
    """Begins the check anew: its answers are left behind, what is known of the business stays."""
    if talk.assessment is not None and talk.assessment.completed is None:
        talk.assessment = None
    talk.changed()
    return NEXT


def erase(talk: Talk) -> Move:
    """Erases everything about her; the store does it in the transaction of this turn."""
    talk.erase = talk.leaving = True
    talk.clear()
    return MOVED


# --- about businesses ---------------------------------------------------------------------------


def put_aside(talk: Talk) -> None:
    """The present business joins the others of this person; nothing is known of the next one yet."""
    business = talk.business
    if business is not None and business.consent.get("guidance"):
        entry = {"id": business.id, "label": business.profile.get("sector"), "role": business.role}
        talk.businesses = [*(b for b in talk.businesses if b["id"] != business.id), entry]
    talk.business = talk.assessment = None
    talk.changed()


# --- about the package --------------------------------------------------------------------------


def next_item(talk: Talk) -> Move:
    """Takes the next package item that she has not opened; without one it changes nothing."""
    for place, item in enumerate(package_of(talk)):
        if not item.get("opened"):
            return _open(talk, place)
    return NEXT


def _open(talk: Talk, place: int) -> Move:
    assert talk.top is not None  # an operation runs on a run
    talk.top.notes["item"] = place
    talk.update_item(place, opened=True)
    item = package_of(talk)[place]
    if item.get("gap"):
        talk.event("item_opened", gap=item["gap"])
    return NEXT


def next_tip(talk: Talk) -> Move:
    """Another tip for the same gap, round and round."""
    place = item_place(talk)
    item = current_item(talk)
    if place is not None and item and item.get("gap"):
        tips = talk.version.pack.gaps[item["gap"]].tips
        talk.update_item(place, tip=item["tip"] % tips + 1)
    return NEXT


def _item_is(how: str) -> Operation:
    def operation(talk: Talk) -> Move:
        place, item = item_place(talk), current_item(talk)
        said_before = item is not None and item.get("done") == how == "yes"
        if place is not None and item is not None and not said_before:
            talk.update_item(place, done=how)
            if item.get("gap"):
                talk.event("action_confirmed", gap=item["gap"], how=how, evidence="self")
        return NEXT

    return operation


def promise(talk: Talk) -> Move:
    """Notes that she will do what the package item says."""
    place, item = item_place(talk), current_item(talk)
    if place is not None and item is not None and not item.get("promised"):
        talk.update_item(place, promised=True)
        if item.get("gap"):
            talk.event("action_promised", gap=item["gap"])
    return NEXT


def note_barrier(talk: Talk) -> Move:
    """Notes what is in the way of the package item: her answer to the question `barrier`."""
    place, item, barrier = item_place(talk), current_item(talk), talk.answers.get("barrier")
    if place is not None and item is not None and isinstance(barrier, str):
        talk.update_item(place, barrier=barrier)
        if item.get("gap"):
            talk.event("barrier_told", gap=item["gap"], barrier=barrier)
    return NEXT


def other_item(talk: Talk) -> Move:
    """Puts the package item aside, since it does not fit her; the next gap in line takes its place."""
    place, item = item_place(talk), current_item(talk)
    if place is None or item is None or not item.get("gap"):
        return NEXT
    talk.event("item_put_aside", gap=item["gap"])
    following = choosing.next_items(talk)
    talk.update_standing(past=[*choosing.past(talk), item["gap"]])
    if following:
        talk.replace_item(place, following[0])
        talk.event("item_assigned", gap=following[0]["gap"], rank=place + 1)
        return _open(talk, place)
    talk.update_item(place, aside=True)
    return NEXT


def new_package(talk: Talk) -> Move:
    """Gives her the next gaps in line as a new package. Without any the old one stays."""
    items = choosing.next_items(talk)
    if items:
        past = [item["gap"] for item in package_of(talk) if item.get("gap")]
        talk.update_standing(package=items, past=[*choosing.past(talk), *past])
        for rank, item in enumerate(items, 1):
            talk.event("item_assigned", gap=item["gap"], rank=rank)
    return NEXT


def film_watched(talk: Talk) -> Move:
    """Notes that she says she has watched the item's film."""
    films.said_watched(talk)
    return NEXT


def read_film(talk: Talk) -> Move:
    """Offers the spoken words of the item's film as short messages."""
    place, item = item_place(talk), current_item(talk)
    version = talk.version
    gap = version.pack.gaps.get(item["gap"]) if item and item.get("gap") else None
    if place is None or gap is None or gap.film is None:
        return NEXT
    film = version.pack.films[gap.film]
    language = version.words.language_of(f"films/{film.id}/title", talk.language)
    for part in version.spoken(film, talk.language):
        talk.replies.append(Reply(part, "text", language))
    talk.update_item(place, film=True)
    talk.event("film_read", film=gap.film, gap=item["gap"] if item else None)
    return NEXT


# --- about her story for others ------------------------------------------------------------------


def ask_story(talk: Talk) -> Move:
    """Notes that she is asked whether others may learn from what she did: `story.allowed` holds once."""
    stories.ask(talk)
    return NEXT


def send_story(talk: Talk) -> Move:
    """Hands her story to the editors, and forgets what she wrote here."""
    stories.send(talk)
    return NEXT


def forget_story(talk: Talk) -> Move:
    """Forgets what she wrote for her story."""
    stories.forget(talk)
    return NEXT


def withdraw_story(talk: Talk) -> Move:
    """Deletes every story of hers that is kept for others."""
    stories.withdraw(talk)
    return NEXT


OPERATIONS: dict[str, Operation] = {
    "skip": _answer_with("skipped"),
    "answer_unknown": _answer_with("unknown"),
    "answer_not_applicable": _answer_with("not_applicable"),
    "go_back": go_back,
    "ask_again": ask_again,
    "explain": explain,
    "pause": pause,
    "stop_messages": stop_messages,
    "start_over": start_over,
    "erase": erase,
    "next_item": next_item,
    "next_tip": next_tip,
    "item_done": _item_is("yes"),
    "item_partly": _item_is("partly"),
    "item_not_done": _item_is("no"),
    "read_film": read_film,
    "film_watched": film_watched,
    "promise": promise,
    "note_barrier": note_barrier,
    "other_item": other_item,
    "new_package": new_package,
    "choose_meeting": meetings.choose,
    "join_meeting": meetings.join,
    "attend_meeting": meetings.attend,
    "miss_meeting": meetings.miss,
    "ask_story": ask_story,
    "send_story": send_story,
    "forget_story": forget_story,
    "withdraw_story": withdraw_story,
}
