"""Conversation tests: conversations written as conversations, and played with the real engine.

Between any two lines the state is written as JSON and read back, as the store would do.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from content.guarded_yaml import Marks
from content.problems import Place, Report, did_you_mean
from content.words import SOURCE_LANGUAGE
from flows.asking import Option
from flows.due import due_at
from flows.engine import advance, choice_meant
from flows.films import FilmFacts
from flows.model import seconds
from flows.state import Assessment, Business, Json, State, from_json, to_json
from flows.talk import Trace
from flows.twins import difference, in_their_words
from flows.values import Call, Event, Inbound, Reply, Timer, Turn, reply_from_json, reply_to_json
from flows.version import Version, Versions

KEYS = (
    "user", "choose", "bot", "saved", "score", "gaps", "events", "after", "restart", "again", "publish", "as",
    "watch",
)  # fmt: skip
GIVEN = ("language", "channel", "profile", "answers", "consent", "at", "films")
START = 1_750_000_000_000_000  # any instant; tests say how much later
SECOND = 1_000_000
DAY = 86_400 * SECOND


@dataclass
class Person:
    """One person of a test, as the store would remember her."""

    state: Json = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    unread: int = 0
    events: list[Event] = field(default_factory=list)
    new_events: int = 0
    timers: dict[str, tuple[int, Timer]] = field(default_factory=dict)
    last: Inbound | None = None
    seen: set[str] = field(default_factory=set)
    sent: int = 0
    kept: dict[str, tuple[Json, Json | None]] = field(default_factory=dict)

    @property
    def question(self) -> Reply | None:
        return next((reply for reply in reversed(self.replies) if reply.kind == "question"), None)


CODE = "3f2a-91bc-07de"  # of every conversation here


class World:
    """Plays inbounds against the engine without a database: the quiet half of the product.

    Pictures are made at once and never fail here; `channel` is where everybody writes, `language` what
    they have chosen before their first word.
    """

    def __init__(
        self, versions: Versions, channel: str = "web", trace: Trace | None = None, language: str = ""
    ) -> None:
        self.language = language
        self.versions = versions
        self.channel = channel
        self.now = START
        self.trace = trace
        self.people: dict[str, Person] = {}
        self.codes: dict[str, Person] = {}
        self.failing: frozenset[str] = frozenset()  # calls that come back without a result
        self.watching = 0  # what pages of films have told so far

    def person(self, name: str) -> Person:
        if name not in self.people:
            self.people[name] = Person(self._stranger())
        return self.people[name]

    def _stranger(self) -> Json:
        return {"language": self.language} if self.language else {}

    def write(self, name: str, text: str = "", **more: Any) -> list[Reply]:
        """Somebody writes a message, or presses buttons (`choice`, `choices`), or sends media."""
        person = self.person(name)
        person.sent += 1
        inbound = Inbound(f"{name}:{person.sent}", text=text, seed=_seed(name, person.sent), **more)
        return self.deliver(name, inbound)

    def deliver(self, name: str, inbound: Inbound) -> list[Reply]:
        """One inbound, as often as it comes: the second time it changes nothing."""
        person = self.person(name)
        before = len(person.replies)
        if inbound.key not in person.seen:
            person.seen.add(inbound.key)
            person.last = inbound
            self._advance(person, inbound)
        return person.replies[before:]

    def meant(self, name: str, text: str) -> Option | None:
        """The choice of the open question that somebody's words would stand for."""
        state = from_json(json.loads(json.dumps(self.person(name).state)))
        return choice_meant(self.versions, state, Inbound("?", text=text), self.now, self.channel)

    def press(self, name: str, choice: str) -> list[Reply]:
        """Presses the button of a choice of the question that was asked last."""
        question = self.person(name).question
        number = question.choices[0].value.partition(":")[0] if question and question.choices else "0"
        return self.write(name, choice=f"{number}:{choice}")

    def watch(self, name: str, film: str, *told: str) -> list[Reply]:
        """The page of a film tells: opened, played, 25, 50, 75, completed."""
        before = len(self.person(name).replies)
        for what in told:
            self.watching += 1
            part = {"seen": "part", "part": int(what)} if what.isdecimal() else {"seen": what}
            data = {"film": film, "source": "player", **part}
            key = f"v:{self.watching}"
            self.deliver(name, Inbound(key, "event", seed=_seed(name, self.watching), data=data))
        return self.person(name).replies[before:]

    def pass_time(self, span: str) -> None:
        """Lets time pass; timers that become due ring, in order."""
        end = self.now + seconds(span) * SECOND
        while due := sorted(
            (at, name, key)
            for name, person in self.people.items()
            for key, (at, _) in person.timers.items()
            if at <= end
        ):
            at, name, key = due[0]
            self.now = max(self.now, at)
            person = self.person(name)
            _, timer = person.timers.pop(key)
            inbound = Inbound(
                f"t:{name}:{key}:{at}", "timer", seed=_seed(name, at), data={"key": key, "body": timer.body}
            )
            self._advance(person, inbound)
        self.now = end

    def _keep_business(self, person: Person) -> None:
        """As the store does: each business lies apart, with its assessment."""
        business = person.state.get("business")
        if business and (business["profile"] or business["id"] not in person.kept):
            person.kept[business["id"]] = (business, person.state.get("assessment"))

    def _load_business(self, person: Person) -> None:
        business, assessment = person.kept[person.state["business"]["id"]]
        person.state = {**person.state, "business": business, "assessment": assessment}

    def _advance(self, person: Person, inbound: Inbound) -> None:
        state = from_json(json.loads(json.dumps(person.state)))
        turn: Turn = advance(self.versions, state, inbound, self.now, self.channel, self.trace, code=CODE)
        person.state = self._stranger() if turn.erase else json.loads(json.dumps(to_json(turn.state)))
        self._keep_business(person)
        person.replies += [
            reply_from_json(json.loads(json.dumps(reply_to_json(reply)))) for reply in turn.replies
        ]
        person.events += turn.events
        if "*" in turn.cancelled or turn.erase:
            person.timers.clear()
        for key in turn.cancelled:
            person.timers.pop(key, None)
        for timer in turn.timers:
            person.timers[timer.key] = (due_at(timer, self.now, self.versions.live.pack.zone), timer)
        for call in turn.calls:
            value = (
                {"ok": False}
                if call.name in self.failing
                else {"ok": True, "value": self._called(person, call)}
            )
            result = Inbound(
                f"call:{call.id}", "result", seed=_seed(call.id, 0), data={"id": call.id, **value}
            )
            self._advance(person, result)

    def _called(self, person: Person, call: Call) -> Any:
        """What the shell would give back. A code joins two persons as the store does: by their business."""
        if call.name == "reload":
            self._load_business(person)
        if call.name == "make_code":
            code = f"CODE{len(self.codes) + 1}"
            self.codes[code] = person
            return code
        if call.name == "take_code":
            other = self.codes.pop(str(call.arguments["code"]).upper(), None)
            if other is not None:
                parts = {name: other.state.get(name) for name in ("business", "assessment")}
                person.state = {**person.state, **parts}
                person.kept |= other.kept
            return other is not None
        if call.name == "film":
            found = self.versions.films.find(call.arguments["film"], call.arguments["languages"])
            return {"token": f"{call.arguments['film']}-token", **found._asdict()} if found else None
        if call.name == "paper":
            return {"url": f"https://pasito.example/{call.arguments['paper']}"}
        return "picture" if call.name == "picture" else {}


class EveryFilm:
    """Every film in English, as long and as big as a usual one; for tests."""

    def find(self, film: str, languages: Sequence[str]) -> FilmFacts | None:
        return FilmFacts(SOURCE_LANGUAGE, 64, 2_900_000, 600_000) if SOURCE_LANGUAGE in languages else None


def _seed(name: str, n: int) -> str:
    return hashlib.sha256(f"{name}:{n}".encode()).hexdigest()[:32]


# --- tests as written ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Played:
    """One test case after it was played."""

    name: str
    file: str
    ok: bool


def play_file(
    value: Any, marks: Marks, file: str, versions: Versions, report: Report,
    publish: Callable[[str], Version] | None = None, trace: Trace | None = None, language: str | None = None,
) -> list[Played]:  # fmt: skip
    """Plays all cases of a file. What differs from what was expected is a problem in the report.

    language: another language to hold each conversation in beside English; it must go the same way. A
    case that is about a language of its own (`given: {language: …}`) is left out then.
    """
    played: list[Played] = []
    names: set[str] = set()
    cases = value.get("test_cases") if isinstance(value, dict) else None
    if not isinstance(cases, list):
        report.add("SHAPE-007", marks.at(), what="A file of conversation tests", key="test_cases")
        return []
    for place, case in enumerate(cases):
        at = ("test_cases", place)
        name = str(case.get("test_case", "")) if isinstance(case, dict) else ""
        if not name or not case.get("steps"):
            report.add("TEST-002", marks.at(*at), test=name)
            continue
        if name in names:
            report.add("TEST-003", marks.at(*at), test=name)
        names.add(name)
        if language is not None and "language" in (case.get("given") or {}):
            continue
        before = len(report.errors)
        Case(case, marks, at, versions, report, publish, trace, language).play()
        played.append(Played(name, file, len(report.errors) == before))
    return played


class Case:
    def __init__(
        self, case: Json, marks: Marks, at: tuple[str | int, ...], versions: Versions, report: Report,
        publish: Callable[[str], Version] | None, trace: Trace | None, language: str | None,
    ) -> None:  # fmt: skip
        self.case = case
        self.marks = marks
        self.at = at
        self.report = report
        self.publish = publish
        self.name = str(case["test_case"])
        self.who = "Ana"
        given = case.get("given") or {}
        channel = given.get("channel", "web")
        self.language = language
        self._known(given, GIVEN, (*at, "given"))
        self.world = World(versions, channel, trace, given.get("language", SOURCE_LANGUAGE))
        self.twin = World(versions, channel, language=language) if language else None
        for world in self._worlds():
            self._given(given, world)

    def play(self) -> None:
        for place, line in enumerate(self.case["steps"]):
            where = (*self.at, "steps", place)
            if isinstance(line, str):
                line = {line: None}
            if not self._known(line, KEYS, where):
                continue
            if len(line) != 1:
                first, second = list(line)[:2]
                self.report.add("TEST-006", self.marks.at(*where), first=first, second=second)
                continue
            ((key, value),) = line.items()
            heard = self._heard()
            getattr(self, f"_{key}")(value, self.marks.at(*where))
            self._compare(heard, self.marks.at(*where))

    def _worlds(self) -> list[World]:
        return [self.world, self.twin] if self.twin else [self.world]

    def _heard(self) -> list[int]:
        return [len(world.person(self.who).replies) for world in self._worlds()]

    def _compare(self, heard: list[int], place: Place) -> None:
        """Whether the conversation in the other language stands where this one does."""
        if self.twin is None or len(heard) < 2:
            return
        mine, other = self.world.person(self.who), self.twin.person(self.who)
        found = difference(
            mine.state, other.state, mine.replies[heard[0] :], other.replies[heard[1] :], str(self.language)
        )
        if found is not None:
            self.report.add("TEST-007", place, test=self.name, language=self.language, found=found)
            self.twin = None  # from here on all would differ

    def _known(self, line: Mapping[str, Any], known: tuple[str, ...], where: tuple[str | int, ...]) -> bool:
        wrong = [key for key in line if key not in known]
        for key in wrong:
            near = did_you_mean(key, known)
            self.report.add("TEST-001", self.marks.key(*where, key), key=key, known=known, near=near)
        return not wrong

    def _given(self, given: Json, world: World) -> None:
        if given.get("films"):
            world.versions = replace(world.versions, films=EveryFilm())
        if not given.keys() - {"channel", "films"}:
            return
        pack = world.versions.live.pack
        consent = dict.fromkeys(given.get("consent", ()), True)
        reminders = {"reminders": True} if consent.pop("reminders", False) else {}
        answers = given.get("answers")
        state = State(
            language=world.language,
            consent=reminders,
            last_inbound=START if "at" in given or answers else 0,
            business=Business("given", profile=dict(given.get("profile", {})), consent=consent)
            if "profile" in given or consent
            else None,
            assessment=Assessment("given", "quick", pack.bank.version, dict(answers), started=START)
            if answers
            else None,
        )
        if "at" in given:
            frame = {"flow": given["at"], "structure": world.versions.live.structure, "at": 0}
            state = from_json({**to_json(state), "frames": [frame]})
        person = world.person(self.who)
        person.state = to_json(state)
        if "at" in given:
            wake = Inbound("given", "event", seed=_seed("given", 0))
            world._advance(person, wake)

    # --- what people do ---

    def _user(self, text: str, _: Place) -> None:
        meant = self.world.meant(self.who, text)
        self.world.write(self.who, text)
        if (twin := self.twin) is not None:
            theirs = partial(twin.meant, self.who)
            live = twin.versions.live
            twin.write(self.who, in_their_words(text, meant, theirs, live, str(self.language)))

    def _choose(self, choice: Any, place: Place) -> None:
        wanted = choice if isinstance(choice, list) else [choice]
        question = self.world.person(self.who).question
        offered = {c.value.partition(":")[2]: c.value for c in question.choices} if question else {}
        missing = [c for c in wanted if c not in offered]
        if missing:
            self._differs(place, f"a choice '{missing[0]}'", ", ".join(offered) or "no choices")
            return
        values = tuple(offered[c] for c in wanted)
        for world in self._worlds():
            if isinstance(choice, list):
                world.write(self.who, choices=values)
            else:
                world.write(self.who, choice=values[0])

    def _again(self, _: Any, place: Place) -> None:
        person = self.world.person(self.who)
        before = (len(person.replies), json.dumps(person.state, sort_keys=True))
        for world in self._worlds():
            if (last := world.person(self.who).last) is not None:
                world.deliver(self.who, last)
        if before != (len(person.replies), json.dumps(person.state, sort_keys=True)):
            self._differs(place, "no second effect", "one")

    def _after(self, span: str, _: Place) -> None:
        for world in self._worlds():
            world.pass_time(span)

    def _watch(self, told: list[str], place: Place) -> None:
        """The page of the film that was sent last tells: opened, played, 25, 50, 75, completed."""
        for world in self._worlds():
            sent = (reply.video for reply in reversed(world.person(self.who).replies) if reply.video)
            film = next(sent, None)
            if film is None:
                self._differs(place, "a film", "none that was sent")
                return
            world.watch(self.who, film.film, *told)

    def _restart(self, _: Any, __: Place) -> None:
        """The process died here: everything that is not state is gone."""
        for world in self._worlds():
            for person in world.people.values():
                person.state = json.loads(json.dumps(person.state))
            live = world.versions.live
            world.versions = replace(world.versions, live=replace(live, _said={}, _labels={}))

    def _publish(self, folder: str, place: Place) -> None:
        if self.publish is None:
            self._differs(place, "a pack to publish", "none")
            return
        before, live = self.world.versions, self.publish(folder)
        older = {**before.older, before.live.structure: before.live}
        for world in self._worlds():
            world.versions = replace(before, live=live, older=older)

    def _as(self, name: str, _: Place) -> None:
        self.who = name

    # --- what is expected ---

    def _bot(self, expected: Any, place: Place) -> None:
        for one in expected if isinstance(expected, list) else [expected]:
            self._one_reply(one, place)

    def _one_reply(self, expected: Any, place: Place) -> None:
        person = self.world.person(self.who)
        wanted = expected if isinstance(expected, dict) else {"text": expected}
        for number in range(person.unread, len(person.replies)):
            if _matches(person.replies[number], wanted):
                person.unread = number + 1
                return
        said = [reply.text for reply in person.replies[person.unread :]]
        expected = ", ".join(f"'{value}'" for value in wanted.values())
        self._differs(place, expected, " / ".join(said) or "silence")

    def _saved(self, expected: Json, place: Place) -> None:
        state = from_json(self.world.person(self.who).state)
        kept = {
            "profile": state.business.profile if state.business else {},
            "answers": {**state.answers, **(state.assessment.answers if state.assessment else {})},
            "consent": {k: "yes" if v else "no" for k, v in _consent(state).items()},
        }
        flat = {**kept["profile"], **kept["answers"]}
        for name, value in expected.items():
            group, _, rest = name.partition(".")
            found = kept[group].get(rest) if rest and group in kept else flat.get(name)
            if str(found) != str(value):
                self._differs(place, f"{name}: {value}", str(found))

    def _score(self, expected: Json, place: Place) -> None:
        result = self._standing().get("result") or {}
        for name, value in expected.items():
            found = result.get("dimensions", {}).get(name) if name not in result else result[name]
            same = (
                abs(found - float(value)) < 0.05
                if isinstance(found, float | int)
                else str(found) == str(value)
            )
            if not same:
                self._differs(place, f"{name}: {value}", str(found))

    def _gaps(self, expected: list[str], place: Place) -> None:
        found = [item["gap"] or item.get("starter") for item in self._standing().get("package", ())]
        if found != expected:
            self._differs(place, str(expected), str(found))

    def _standing(self) -> Json:
        state = from_json(self.world.person(self.who).state)
        return (state.business.standing if state.business else None) or {}

    def _events(self, expected: list[str], place: Place) -> None:
        person = self.world.person(self.who)
        found = [event.kind for event in person.events[person.new_events :]]
        person.new_events = len(person.events)
        missing = [kind for kind in expected if kind not in found]
        if missing or (not expected and found):
            self._differs(place, str(expected), str(found))

    def _differs(self, place: Place, expected: str, found: str) -> None:
        self.report.add("TEST-004", place, test=self.name, expected=expected, found=found)


def _consent(state: State) -> dict[str, bool]:
    return {**(state.business.consent if state.business else {}), **state.consent}


def _matches(reply: Reply, wanted: Json) -> bool:
    if "kind" in wanted and reply.kind != wanted["kind"]:
        return False
    if "choices" in wanted:
        offered = [choice.value.partition(":")[2] for choice in reply.choices]
        if offered != list(wanted["choices"]):
            return False
    said = " ".join(reply.text.split())
    pattern = " ".join(str(wanted.get("text", "*")).split())
    return fnmatch.fnmatchcase(said, _pattern(f"*{pattern}*"))


def _pattern(text: str) -> str:
    """Only * is a wildcard: brackets and question marks are what people write."""
    return text.replace("[", "[[]").replace("?", "[?]")
