"""All that a pack says, message by message, for those who read it before others do.

Each message is put together as the conversation does it: in one language, for one channel, whole or in
the source. What depends on the person stays in braces, so that a reader sees what is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from content.problems import Report
from content.words import SOURCE_LANGUAGE, chain
from flows import bank, directory, views
from flows.asking import Asking, Option
from flows.conversations import Case as TestCase
from flows.facts import PLACEHOLDERS
from flows.script import in_order as in_order
from flows.state import Business, Json, State
from flows.talk import Talk
from flows.translating import PARTS, part_of
from flows.values import Inbound, Link, Reply
from flows.version import Versions

if TYPE_CHECKING:
    from content.bank import Question
    from content.cases import Case, Consent
    from content.guarded_yaml import Document
    from content.pack import Pack
    from flows.version import Flow, Instruction, Path, Version

# What stands for everybody; every other placeholder depends on the person, and stays in braces.
_SAME_FOR_ALL = ("authority.name", "authority.contact", "how_to_answer")
BY_PERSON = {name: f"{{{name}}}" for name in PLACEHOLDERS if name not in _SAME_FOR_ALL}
NOWHERE = "https://example.org"  # where a link leads whose address is not known before

Say = Callable[[Talk], None]


@dataclass(frozen=True, slots=True)
class Message:
    """Something that a pack says, mostly in one message.

    id: unique in the pack. what: what it is; empty where its place says it. keys: of the texts that it is
    made of. say: says it. buttons: it has some, which leaves less room for words on some channels.
    """

    id: str
    what: str
    keys: tuple[str, ...]
    say: Say
    buttons: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Messages that belong together: those of a flow, a question, a gap.

    id: its anchor. facts: what else there is to know, as label and value. words: keys of texts that are
    no messages: what people type, names, what the makers of a film read.
    """

    id: str
    title: str
    messages: tuple[Message, ...]
    facts: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    flow: Flow | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    id: str
    title: str
    about: str
    sections: tuple[Section, ...]


class Reader:
    """Hears what a pack says in one language on one channel, with nobody there."""

    def __init__(self, version: Version, language: str, channel: str) -> None:
        self._talk = Talk(
            Versions(version), State(language=language), Inbound("preview", "start"), 0, channel
        )

    def hear(self, message: Message) -> tuple[Reply, ...]:
        talk = self._talk
        talk.replies, talk.waiting, talk.business = [], None, None
        talk.changed()
        message.say(talk)
        return tuple(talk.replies)


def chapters(version: Version) -> tuple[Chapter, ...]:
    """All that a version says, in the order in which a person meets it. Every text is in one of them."""
    pack = version.pack
    found = [
        Chapter(
            "flows",
            "Conversations",
            "What is said and asked, flow by flow.",
            tuple(_flow(version, flow) for flow in in_order(version)),
        ),
        Chapter(
            "fields",
            "Questions about the business",
            "They have no points.",
            tuple(_question(version, question) for question in pack.bank.fields),
        ),
        Chapter(
            "items",
            "Questions of the check",
            "Their points decide about the level and the steps.",
            tuple(_question(version, question) for question in pack.bank.items),
        ),
        Chapter("results", "Sides and levels", "What a result is told with.", tuple(_results(version))),
        Chapter(
            "gaps",
            "Steps and tips",
            "What is said about a gap: its name, why it was chosen, tips, a quiz.",
            tuple(_gap(version, gap) for gap in pack.gaps),
        ),
        Chapter(
            "starters",
            "First steps for an idea",
            "For somebody who has no business yet.",
            tuple(_starter(version, starter) for starter in pack.starters),
        ),
        Chapter(
            "films",
            "Films",
            "What is spoken, as it can be read in the chat, and what the makers should show.",
            tuple(_film(version, film) for film in pack.films),
        ),
        Chapter(
            "directory",
            "Directory",
            "Tools, marketplaces, services and offices of the economy.",
            tuple(_directory(version)),
        ),
        Chapter("laws", "Rules", "What the economy tells its businesses of.", tuple(_laws(version))),
        Chapter(
            "cases",
            "Cases",
            "What other businesses did. Those that wait for the business's consent are told to nobody.",
            tuple(_cases(version)),
        ),
    ]
    found.append(Chapter("rest", "Sentences said in many places", "", tuple(_rest(version, _keys_in(found)))))
    return tuple(chapter for chapter in found if chapter.sections)


def _keys_in(found: Iterable[Chapter]) -> set[str]:
    sections = [section for chapter in found for section in chapter.sections]
    return {key for section in sections for key in (*section.words, *_said_in(section.messages))}


def _said_in(messages: Iterable[Message]) -> Iterator[str]:
    return (key for message in messages for key in message.keys)


def _section(
    version: Version, prefix: str, title: str, messages: Iterable[Message], *,
    facts: Mapping[str, Any] | None = None, flow: Flow | None = None,
) -> Section:  # fmt: skip
    """The section of all texts below a prefix; what no message says is listed as words."""
    own = tuple(messages)
    said = set(_said_in(own))
    words = tuple(key for key in version.texts if key.startswith(f"{prefix}/") and not _is_in(key, said))
    known = tuple((label, str(value)) for label, value in (facts or {}).items() if value)
    return Section(prefix, title, own, known, words, flow)


def _is_in(key: str, said: set[str]) -> bool:
    """Whether this text, or the one that it is a form of, is said."""
    return key.partition("#")[0] in said


def _text(key: str, what: str = "", *, extra: Mapping[str, str] | None = None) -> Message:
    facts = {**BY_PERSON, **(extra or {})}
    return Message(key, what, (key,), lambda talk: talk.say(key, facts))


def _asked(id: str, what: str, keys: Iterable[str], make: Callable[[Talk], Asking]) -> Message:
    def say(talk: Talk) -> None:
        asking = make(talk)
        talk.ask(asking._replace(facts={**BY_PERSON, **asking.facts}))

    return Message(id, what, tuple(keys), say, buttons=True)


# --- flows ---------------------------------------------------------------------------------------

# What stands in the question itself; every other text of a step is said at another time.
_IN_THE_QUESTION = ("say", "another", "link", "url", "button")
_BESIDE = {
    "help": "When somebody asks for help",
    "waiting": "While she waits",
    "failed": "If it did not work",
    "open": "After her answer",
}
_LABEL_OF = {"say": "link", "open": "button"}  # the words on the button below a message


def _flow(version: Version, flow: Flow) -> Section:
    facts = {
        "Flow": flow.id,
        "File": flow.file,
        "Only if": flow.when.source if flow.when else "",
    }
    messages = [message for at in flow.instructions if at.id for message in messages_of(version, at)]
    return _section(version, flow.id, flow.title, messages, facts=facts, flow=flow)


def messages_of(version: Version, at: Instruction) -> Iterator[Message]:
    """What a step itself says: its question or message, and what goes with it."""
    parts = [part for part, _ in at.step.texts() if not part.startswith("synonyms/")]
    if "say" in parts and at.step.asks:
        own = (f"{at.key}/{part}" for part in parts if part in ("say", "another") or "/" in part)
        yield _asked(f"{at.key}/say", "", own, lambda talk: _asking(talk, at))
    elif "say" in parts:
        yield _linked(version, at, "say", parts)
    for part in parts:
        if part not in _IN_THE_QUESTION and "/" not in part:
            yield _linked(version, at, part, parts)


def _asking(talk: Talk, at: Instruction) -> Asking:
    asking = at.step.asking(talk, at)
    assert asking is not None  # a step with a question asks
    return asking


def _linked(version: Version, at: Instruction, part: str, parts: list[str]) -> Message:
    """A text of a step, with the link button below it if there is one."""
    key, label = f"{at.key}/{part}", f"{at.key}/{_LABEL_OF.get(part, '')}"
    if _LABEL_OF.get(part) not in parts:
        return replace(_text(key), what=_BESIDE.get(part, ""))
    url = f"{at.key}/url" if "url" in parts else None

    def say(talk: Talk) -> None:
        link = Link(talk.text(label), talk.text(url) if url else _first_address(version.pack, talk.channel))
        talk.say(key, BY_PERSON, link=link)

    return Message(key, _BESIDE.get(part, ""), (key, label, *([url] if url else [])), say, buttons=True)


def _first_address(pack: Pack, channel: str) -> str:
    links = pack.programmes[0].links if pack.programmes else {}
    return links.get(channel) or next(iter(links.values()), NOWHERE)


@dataclass(slots=True)
class Box:
    """A step in the drawing of a flow, with the ways of a branch in it."""

    at: Instruction
    ways: list[Way] = field(default_factory=list)


@dataclass(slots=True)
class Way:
    """One way of a branch. condition: None for the last one, `else`."""

    condition: str | None
    boxes: list[Box] = field(default_factory=list)


def boxes(flow: Flow) -> list[Box]:
    """The steps of a flow as nested boxes, as they stand in its file."""
    top: list[Box] = []
    branches: dict[Path, Box] = {}
    for at in flow.instructions:
        if not at.id:  # the end of a way: it only leads on behind the branch
            continue
        box = Box(at, [Way(arm.condition.source if arm.condition else None) for arm in at.arms])
        branches[at.path] = box
        place = max((n for n, part in enumerate(at.path) if part == "branch"), default=None)
        if place is None:
            top.append(box)
            continue
        way = at.path[place + 1]
        assert isinstance(way, int)  # a way has a number
        branches[at.path[:place]].ways[way].boxes.append(box)
    return top


# --- questions of the bank -------------------------------------------------------------------------


def _question(version: Version, question: Question) -> Section:
    key = f"bank/{question.id}"
    choices = [f"{key}/choices/{choice.id}" for choice in question.choices]
    points = ", ".join(f"{c.id} {c.points}" for c in question.choices if c.points is not None)
    facts = {
        "Only if": question.when.source if question.when else "",
        "Side": question.dimension,
        "Gap": question.gap,
        "In the quick check": "yes" if question.quick else "",
        "Points": points,
    }
    messages = [
        _asked(
            key,
            "",
            [f"{key}/ask", *([f"{key}/why"] if question.has_why else []), *choices],
            lambda talk: bank.asking(talk, question),
        )
    ]
    if question.has_group or question.has_group_why:
        own = [
            *([f"{key}/ask@group"] if question.has_group else []),
            *([f"{key}/why@group"] if question.has_group_why else []),
        ]
        messages.append(_asked(f"{key}/group", "To a group", own, lambda talk: _to_group(talk, question)))
    if question.has_help:
        messages.append(_text(f"{key}/help", _BESIDE["help"]))
    title = f"{question.id}: {version.words.of(f'{key}/ask', SOURCE_LANGUAGE)}"
    return _section(version, key, title, messages, facts=facts)


def _to_group(talk: Talk, question: Question) -> Asking:
    talk.business = Business("preview", profile={"org_type": bank.GROUPS[0]})
    return bank.asking(talk, question)


# --- results, gaps, films ---------------------------------------------------------------------------


def _results(version: Version) -> Iterator[Section]:
    levels = [level.id for level in version.pack.scoring.levels]
    for id in levels:
        key = f"levels/{id}"
        messages = [_text(f"{key}/name", "Name"), _text(f"{key}/say", "What is said")]
        yield _section(version, key, version.words.of(f"{key}/name", SOURCE_LANGUAGE), messages)
    yield _section(version, "dimensions", "The sides", [])


def _gap(version: Version, id: str) -> Section:
    gap, key = version.pack.gaps[id], f"gaps/{id}"
    facts = {"Gap": id, "Side": gap.dimension, "Film": gap.film, "Comes after": ", ".join(gap.after)}
    messages = [_text(f"{key}/name", "Name"), _text(f"{key}/reason", "Why it was chosen")]
    messages += [_text(f"{key}/tips/{n}", f"Tip {n}") for n in range(1, gap.tips + 1)]
    choices = {choice: f"{key}/quiz/choices/{choice}" for choice in gap.quiz}
    options = tuple(Option(choice, at) for choice, at in choices.items())
    asking = Asking(say=f"{key}/quiz/ask", type="one", options=options)
    messages.append(
        _asked(f"{key}/quiz", "Quiz", [f"{key}/quiz/ask", *choices.values()], lambda talk: asking)
    )
    right, explain = choices[gap.right], f"{key}/quiz/explain"
    for what, sentence in (("After the right answer", "quiz_right"), ("After another", "quiz_other")):
        messages.append(_explained(f"{key}/{sentence}", what, f"engine/{sentence}", right, explain))
    return _section(version, key, version.words.of(f"{key}/name", SOURCE_LANGUAGE), messages, facts=facts)


def _explained(id: str, what: str, sentence: str, right: str, explain: str) -> Message:
    def say(talk: Talk) -> None:
        talk.say(sentence, {"explain": talk.text(explain), "right": talk.text(right)})

    return Message(id, what, (explain,), say)


def _starter(version: Version, id: str) -> Section:
    key = f"starters/{id}"
    messages = [_text(f"{key}/name", "Name"), _text(f"{key}/tip", "What to do")]
    return _section(version, key, version.words.of(f"{key}/name", SOURCE_LANGUAGE), messages)


def _film(version: Version, id: str) -> Section:
    film, key = version.pack.films[id], f"films/{id}"
    scenes = tuple(f"{key}/scenes/{n}/words" for n in range(1, film.scenes + 1))

    def read(talk: Talk) -> None:
        language = version.words.language_of(scenes[0], talk.language)
        talk.replies += [Reply(part, "text", language) for part in version.spoken(film, talk.language)]

    messages = [_text(f"{key}/title", "Title"), Message(f"{key}/words", "As it is read", scenes, read)]
    facts = {"Film": id, "Length": f"about {film.seconds} seconds, {film.scenes} scenes"}
    return _section(version, key, version.words.of(f"{key}/title", SOURCE_LANGUAGE), messages, facts=facts)


# --- what the economy fills in ------------------------------------------------------------------------


def _directory(version: Version) -> Iterator[Section]:
    known = version.pack.directory
    for id, kind in known.kinds.items():
        key = f"directory/kinds/{id}"
        title, facts = (
            version.words.of(f"{key}/name", SOURCE_LANGUAGE),
            {"Kind": id, "For": ", ".join(kind.gaps)},
        )
        yield _section(version, key, title, [], facts=facts)
        for entry in known.entries.values():
            if entry.kind == id:
                key = f"directory/entries/{entry.id}"
                facts = {
                    "For": ", ".join(entry.gaps),
                    "Source": entry.source or "none",
                    "Checked": str(entry.checked or "never"),
                }
                yield _section(version, key, entry.name, [_entry(version, entry.id)], facts=facts)


def _entry(version: Version, id: str) -> Message:
    def say(talk: Talk) -> None:
        directory.show_entries(talk, [version.pack.directory.entries[id]])
        del talk.replies[1:]  # what is said below all of them is among the sentences

    key = f"directory/entries/{id}/what"
    return Message(key, "", (key,), say)


def _laws(version: Version) -> Iterator[Section]:
    for id, law in version.pack.laws.items():
        key = f"laws/{id}"
        facts = {
            "Gaps": ", ".join(law.gaps),
            "Source": law.source or "none",
            "Checked": str(law.checked or "never"),
        }
        title = version.words.of(f"{key}/name", SOURCE_LANGUAGE)
        yield _section(version, key, title, [_law(f"{key}/say", law.source)], facts=facts)


def _law(key: str, source: str | None) -> Message:
    def say(talk: Talk) -> None:
        link = Link(talk.text("engine/read_more"), source) if source else None
        talk.say(key, BY_PERSON, link=link)

    return Message(key, "", (key,), say, buttons=source is not None)


def _cases(version: Version) -> Iterator[Section]:
    for id, case in version.pack.cases.items():
        facts = {
            "Consent": _CONSENTS[case.consent],
            "Economy": case.economy,
            "Sector": case.sector,
            "Gaps": ", ".join(case.gaps),
            "Led by women": case.women_led.replace("_", " "),
            "In a crisis": "yes" if case.times == "crisis" else "",
            "Source": case.source or case.named or "told to the programme",
        }
        yield _section(version, f"cases/{id}", case.who or id, [_case(case)], facts=facts)


_CONSENTS: Mapping[Consent, str] = {
    "needed": "not asked yet: told to nobody",
    "given": "given",
    "no_name": "given, without a name",
}


def _case(case: Case) -> Message:
    """What is told; of a case that waits, the words as they are written, for nobody has translated them."""

    def say(talk: Talk) -> None:
        if case.is_shown:
            talk.say_made(lambda: views.case_lines(talk, case))
        else:
            talk.replies.append(Reply(case.say, "text", SOURCE_LANGUAGE))

    parts = ("who", "say") if case.is_named else ("say",)
    keys = tuple(f"cases/{case.id}/{part}" for part in parts) if case.is_shown else ()
    return Message(f"cases/{case.id}", "", keys, say, buttons=case.source is not None)


def _rest(version: Version, shown: set[str]) -> Iterator[Section]:
    """What is left, so that no text is forgotten: sentences of the engine, words of the page, products, programmes."""
    left = [key for key in version.texts if key not in shown and key.partition("#")[0] not in shown]
    for part in PARTS:
        keys = [key for key in left if part_of(key) == part]
        title = PARTS[part][:1].upper() + PARTS[part][1:]
        if part == "products" and keys:
            said = [Message("products", "", tuple(keys), views.sells_well)]
            yield Section(part, title, tuple(said))
        elif part == "engine":
            sentences = [key for key in keys if "#" not in key and "/words_" not in key]
            more = tuple(key for key in keys if key not in sentences)
            yield Section(part, title, tuple(_text(key, key) for key in sentences), words=more)
        elif keys:
            yield Section(part, title, (), words=tuple(keys))


# --- conversation tests ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation: what somebody said, or what happened (`note`).

    who: her name, also where we say something to her.
    """

    who: str
    text: str = ""
    reply: Reply | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation test as it was played in a language. ok: it went as written."""

    name: str
    file: str
    channel: str
    language: str
    lines: tuple[Line, ...]
    ok: bool


def transcripts(version: Version) -> Iterator[Transcript]:
    """The conversation tests of a version, each played from its beginning in each language of the pack."""
    for document in version.pack.test_sources:
        cases = document.value.get("test_cases") if isinstance(document.value, dict) else None
        for place, case in enumerate(cases if isinstance(cases, list) else ()):
            if isinstance(case, dict) and case.get("test_case") and isinstance(case.get("steps"), list):
                for language in _languages_of(case, version):
                    yield _played(version, document, place, case, language)


def _languages_of(case: Json, version: Version) -> tuple[str, ...]:
    """A conversation about a language is held in that one only."""
    given = (case.get("given") or {}).get("language")
    return (str(given),) if given else version.pack.languages


_HAPPENS = {
    "after": "{} later",
    "restart": "The program starts again.",
    "again": "The same message comes a second time.",
    "publish": "A new version is published: {}",
}


def _played(version: Version, document: Document, place: int, case: Json, language: str) -> Transcript:
    """Plays one line after the other, and notes what came of each."""
    report, lines = Report(), []
    beside = language if chain(language) and "language" not in (case.get("given") or {}) else None
    playing = TestCase(
        case, document.marks, ("test_cases", place), Versions(version), report,
        publish=None, trace=None, language=beside,
    )  # fmt: skip
    world = playing.twin or playing.world
    for step in case["steps"]:
        key, value = next(iter(step.items())) if isinstance(step, dict) and step else (str(step), None)
        who, question = playing.who, world.person(playing.who).question
        before = {name: len(person.replies) for name, person in world.people.items()}
        playing.case = {**case, "steps": [step]}
        playing.play()
        if key in ("user", "choose") and (last := world.person(who).last) is not None:
            lines.append(Line(who, _spoken(last, question)))
        elif key in _HAPPENS:
            lines.append(Line("", note=_HAPPENS[key].format(value)))
        for name, person in world.people.items():
            lines += [Line(name, reply=reply) for reply in person.replies[before.get(name, 0) :]]
        if beside and playing.twin is None:
            lines.append(Line("", note="From here on it goes another way in this language."))
            break
    return Transcript(playing.name, document.file, world.channel, language, tuple(lines), report.ok)


def _spoken(inbound: Inbound, question: Reply | None) -> str:
    """Her own words, or the labels of what she pressed."""
    pressed = inbound.choices or ((inbound.choice,) if inbound.choice is not None else ())
    labels = {choice.value: choice.label for choice in question.choices} if question else {}
    return ", ".join(labels.get(value, value) for value in pressed) or inbound.text
