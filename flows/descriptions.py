"""What authors read about the parts of the language: from the docstrings, and from the tables here.

Everything that has a name in a flow has its sentence: a test walks the registries.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

from flows.operations import OPERATIONS
from flows.steps import STEPS
from flows.views import VIEWS

_EXAMPLE = re.compile(r"```yaml\n(.*?)```\n?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Described:
    """A step kind's docstring in its three parts: a sentence, the YAML, what else there is to say."""

    sentence: str
    example: str
    notes: str


def describe(kind: str) -> Described:
    """What the docstring of a step kind says. Raises ValueError when it has no example."""
    text = inspect.cleandoc(STEPS[kind].__doc__ or "")
    found = _EXAMPLE.search(text)
    if found is None:
        raise ValueError(f"The step kind {kind} has no example in its docstring.")
    return Described(text[: found.start()].strip(), found[1].rstrip(), text[found.end() :].strip())


def operation_words(name: str) -> str:
    """What `do: name` does."""
    return _MADE_OPERATIONS.get(name) or inspect.cleandoc(OPERATIONS[name].__doc__ or "")


def view_words(name: str) -> str:
    """What `show: name` shows."""
    return inspect.cleandoc(VIEWS[name].__doc__ or "")


# Operations that are made by a function and so have no docstring of their own.
_MADE_OPERATIONS = {
    "skip": "Skips the question that waits. A question that is needed is asked again.",
    "answer_unknown": 'Answers the question that waits with "I do not know": 0 points, counted apart.',
    "answer_not_applicable": (
        'Answers the question that waits with "this does not fit my business": it is left out of the score.'
    ),
    "item_done": "Notes that she did what the package item says.",
    "item_partly": "Notes that she did a part of it.",
    "item_not_done": "Notes that she has not done it yet.",
}

# The keys of a flow file.
FLOW_KEYS = {
    "schema": "The version of the language: 1.",
    "flow": "The name of the flow, and of its file.",
    "title": "What it is about, for people.",
    "said": "Words that start it in the middle of any question.",
    "main": "Whether its words let it take the place of whatever is going on. Otherwise that goes on behind it.",
    "about": "`question` for a flow that acts on the question that waits, such as *skip*; `meaning` for *help*.",
    "survey": "The name of the survey, for a flow whose answers are counted as those of one.",
    "when": "A condition: its words start it only if this holds.",
    "steps": "What happens, one step after the other.",
}

# Keys that every step may have.
COMMON_KEYS = {
    "id": "A name for this step. `go` finds it by this name, and its translations stay with it when steps move.",
    "when": "A condition. If it does not hold, the step is left out.",
}

# What the keys of steps are for, beside the word that names the kind: said with each key, in its class.
KEYS = {
    (kind, name): str(field.description)
    for kind, model in STEPS.items()
    for name, field in model.model_fields.items()
    if name not in (kind, *COMMON_KEYS)
}

# What the keys of words and choices are for.
WORD_KEYS = {
    "text": "The words.",
    "short": "A short form for buttons, at most 20 characters.",
    "web": "Other words on the web page.",
    "terminal": "Other words in the terminal.",
    "telegram": "Other words on Telegram.",
    "whatsapp": "Other words on WhatsApp.",
    "exclusive": "This choice stands alone: it cannot be chosen together with others.",
    "range": 'The numbers it stands for, so that people may type one: "1", "2-4" or "250+".',
    "label": "The words of the button.",
    "url": "The address; it begins with https://.",
}

# The names in conditions (flows/facts.py), in words.
NAMES = {
    "consent.guidance": "She agreed that her answers are kept for advice. `null` before she was asked.",
    "consent.statistics": "She agreed to be counted together with others.",
    "consent.reminders": "She agreed to be written to about her next step.",
    "questions.quick": "How many questions the quick check still asks, those about the business included.",
    "questions.full": "How many questions the full check still asks, those about the business and its people included.",
    "questions.people": "How many questions about its people (stage 2) are open.",
    "questions.package": "How many questions belong to the gaps of her package.",
    "assessment.mode": "Which check was begun last.",
    "assessment.open": "A check was begun and is not finished.",
    "result.mode": "Which check her result comes from. `null` without a result.",
    "score.overall": "Her score from 0 to 100. `null` when it was not measured.",
    "score.level": "Her level, by its id.",
    "todo.size": "How many items her package has.",
    "todo.left": "How many of them she has not opened.",
    "todo.doing": "How many of them she has opened and not done.",
    "todo.done": "How many of them she has done.",
    "item.film": "The package item that is talked about has a film.",
    "item.quiz": "It has a quiz.",
    "item.starter": "It is a first step for somebody who has only an idea.",
    "item.tips": "How many tips it has.",
    "item.tip_number": "Which of them she has, from 1.",
    "item.writes": "What its tip asks her to write, or the film she has read. `null` for nothing.",
    "item.done": "What she said of having done it. `null` before.",
    "item.promised": "She has said that she will do what its tip says.",
    "film.ready": "There is a film of the package item that can be shown to her.",
    "film.other_language": "That film is in another language than hers.",
    "film.sent": "The film went out to her just now.",
    "settings.save_data": "She wants films and pictures to use little data.",
    "survey.allowed": "No survey was shown to her in the last seven days.",
    "story.allowed": "She may be asked for a story of hers: never asked before, kept for advice, no survey in this visit.",
    "case.ready": "There is a case that has to do with her, that she has not heard of and that may be told.",
    "meeting.known": "A meeting of the pack is talked about.",
    "meeting.joined": "She has joined it.",
    "meeting.attended": "She is or was there. `null` while nobody knows.",
    "meeting.day": "Whether its days are still to come (`before`), one of them is `today`, or they are `over`.",
    "meeting.evaluated": "She has answered a question of its evaluation.",
    "meeting.sessions": "How many sessions it has.",
    "change.known": "Two measurements of hers can be compared.",
    "change.better": "How many of her answers have more points than the first time.",
    "change.same": "How many have as many.",
    "change.worse": "How many have fewer.",
    "change.closed": "How many of her gaps have reached their target since.",
    "change.level_up": "Her level is higher than the first time.",
    "since.baseline": "How many days have passed since the check that later ones are compared with.",
    "since.cycle": "Which measurement a full check taken today would be: T1 or T2. `null` for neither.",
    "interrupted.flow": "The flow whose question was interrupted by this one. `null` if no question waits.",
    "interrupted.item": "That question has points.",
    "interrupted.optional": "That question may be skipped.",
    "business.count": "How many businesses she speaks for, beside the present one.",
    "business.new": "Whether we know nothing of her business yet.",
    "join.ok": "Making or taking a code went well.",
    "pack.languages": "How many languages the pack has.",
    "directory.item": "How many entries of the directory fit the package item.",
    "conversation.channel": "Where we talk.",
    "conversation.language": "The language we talk in, such as es-PE.",
    "conversation.language_known": (
        "Her link, her app or her first words told the language, so that it need not be asked. Kept for the opening flow."
    ),
    "conversation.after_pause": "More than 30 minutes have passed since she last wrote.",
    "conversation.way_back": "There is a question before this one that *back* can reach.",
}

# The placeholders in texts (flows/facts.py), in words.
PLACEHOLDERS = {
    "authority.name": "Who runs the programme.",
    "authority.contact": "How to reach them.",
    "questions.quick": "How many questions the quick check still asks, those about the business included.",
    "questions.full": "How many questions the full check still asks, those about the business and its people included.",
    "questions.people": "How many questions about its people (stage 2) are open.",
    "questions.package": "How many questions belong to the gaps of her package.",
    "minutes.quick": "About how many minutes the quick check takes.",
    "minutes.full": "About how many minutes the full check takes.",
    "result.level": "The name of her level.",
    "result.say": "The sentence that goes with her level.",
    "item.name": "The name of the package item.",
    "item.reason": "Why it was chosen for her.",
    "item.tip": "The tip to do.",
    "item.number": "Its place in the package, from 1.",
    "todo.size": "How many items her package has.",
    "todo.names": "The names of her items, one a line.",
    "film.title": "The title of the item's film.",
    "film.seconds": "How many seconds it takes.",
    "film.size": "How much data it needs, such as 2.9 MB.",
    "film.language": "The language it is in, by its own name.",
    "film.offer": "A line that says that a film shows how, with its title, length and size; nothing without a film.",
    "meeting.title": "The title of the meeting that is talked about.",
    "meeting.day": "Its day, or its first and its last.",
    "change.better": "How many of her answers have more points than the first time.",
    "change.same": "How many have as many.",
    "change.worse": "How many have fewer.",
    "change.matched": "How many answers were compared.",
    "change.closed": "How many of her gaps have reached their target since.",
    "change.before": "Her score over the compared answers, the first time.",
    "change.after": "The same now.",
    "conversation.code": "What an operator finds this conversation by (`pasito trace`), to be read out on the phone.",
    "join.code": "The code that was just made, for another phone or page.",
    "how_to_answer": "What stands before the first question (bank.yaml, how_to_answer).",
}
