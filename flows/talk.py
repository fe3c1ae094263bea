"""The working table of one turn: a state opened up, what was decided so far, and the words.

`flows.engine.advance` makes one for each turn, and `flows.preview` to show what would be said; none outlives that. Steps and operations read and
change it; at the end it is folded back into a new State and a Turn.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from content.plurals import has_plurals, resolved
from content.words import SOURCE_LANGUAGE
from flows import limits, surveys
from flows.asking import Asking, Option
from flows.facts import PLACEHOLDERS, Facts, fill_ins
from flows.state import Assessment, Business, Frame, Json, Place, State, Waiting
from flows.values import (
    Call,
    ChoiceShown,
    Consent,
    Event,
    Image,
    Inbound,
    Link,
    Progress,
    Purpose,
    Reached,
    Reply,
    ReplyKind,
    Timer,
    Turn,
    is_watching,
)
from flows.version import short_of

if TYPE_CHECKING:
    from content.words import Words
    from flows.understand import Labels
    from flows.version import Flow, Version, Versions


Trace = Callable[[str], None]
T = TypeVar("T")


class Run:
    """A frame while it is being worked on."""

    __slots__ = ("aside", "at", "flow", "notes", "structure")

    def __init__(self, frame: Frame) -> None:
        self.flow = frame.flow
        self.structure = frame.structure
        self.at = frame.at
        self.aside = frame.aside
        self.notes: Json = dict(frame.notes)

    def frame(self) -> Frame:
        return Frame(self.flow, self.structure, self.at, self.aside, self.notes)


class Talk:
    def __init__(
        self,
        versions: Versions,
        state: State,
        inbound: Inbound,
        now: int,
        channel: str,
        trace: Trace | None = None,
        code: str = "",
    ) -> None:
        self.versions = versions
        self.live: Version = versions.live
        self.before = state
        self.inbound = inbound
        self.now = now
        self.channel: str = channel
        self.trace = trace
        self.code: str = code
        self.language: str = state.language or versions.live.pack.languages[0]
        self.runs = [Run(frame) for frame in state.frames]
        self.waiting = state.waiting
        self.asked = state.asked
        self.paused = state.paused
        self.stopped = state.stopped
        self.trail: list[tuple[Place, ...]] = list(state.trail)
        self.answers: Json = dict(state.answers)
        self.own_consent = dict(state.consent)
        self.businesses: list[Json] = list(state.businesses)
        self.memory: Json = state.memory
        self.business: Business | None = _with_living_items(state.business, self.live)
        self.assessment = state.assessment
        self.replies: list[Reply] = []
        self.events: list[Event] = []
        self.timers: list[Timer] = []
        self.cancelled: list[str] = []
        self.calls: list[Call] = []
        self.consents: list[Consent] = []
        self.counts: list[str] = []
        self.reached: list[Reached] = []
        self.erase = False
        self.leaving = False  # she has said "stop", "stop for now", or that all is to be deleted
        self._saying: str | None = None  # the language of what is being put together, if not hers
        self._heard: set[str] | None = None  # the languages of its parts, while it matters
        self._facts: Facts | None = None
        self.counted_open: dict[str, int] = {}  # open questions of each set, until something changes

    @property
    def is_hers(self) -> bool:
        """Whether the person did what came in: wrote, pressed, or looked at a page of ours."""
        return self.inbound.kind in ("start", "message") or is_watching(self.inbound)

    def remember(self, name: str, value: Any) -> None:
        """Keeps something for follow-up; see flows.state.State.memory."""
        self.memory = {**self.memory, name: value}
        self.changed()

    # --- the stack of runs -------------------------------------------------------------------

    @property
    def top(self) -> Run | None:
        return self.runs[-1] if self.runs else None

    @property
    def version(self) -> Version:
        """The version that the run on top is pinned to."""
        if not self.runs or self.runs[-1].structure == self.live.structure:
            return self.live
        return self.versions.get(self.runs[-1].structure)

    def flow_of(self, run: Run) -> Flow:
        return self.versions.get(run.structure).flows[run.flow]

    def push(
        self, flow: str, *, aside: bool = False, since: Version | None = None, notes: Json | None = None
    ) -> None:
        """Begins a run of a flow on top of the stack, pinned to the live structure.

        What a running flow calls belongs to the structure that one began with. since: the version
        of a run that has just ended and goes over to this flow, for flows the live pack lacks. notes:
        what the run knows from its beginning.

        An aside keeps the number of the question it interrupts: its buttons stay good.
        """
        pinned = self.live
        if not aside and self.runs and flow in self.version.flows:
            pinned = self.version
        elif since is not None and flow not in self.live.flows:
            pinned = since
        self.changed()
        run = Run(Frame(flow, pinned.structure, 0, aside, notes or {}))
        if aside and self.waiting is not None:
            run.notes["interrupted"] = self.waiting.number
            self.waiting = None
        self.runs.append(run)
        begun = pinned.flows[flow]
        if begun.survey is not None:
            surveys.shown(self, begun)

    @contextmanager
    def as_if(self, flow: str, notes: Json) -> Iterator[None]:
        """For a look at conditions before a flow begins: names mean what they would mean in its run."""
        self.runs.append(Run(Frame(flow, self.live.structure, 0, True, notes)))
        self.changed()
        try:
            yield
        finally:
            self.runs.pop()
            self.changed()

    def leave_asides(self) -> None:
        """Back to the question that was interrupted."""
        self.changed()
        for place, run in enumerate(self.runs):
            if run.aside:
                del self.runs[place:]
                self.back_from(run)
                return

    def back_from(self, aside: Run) -> None:
        """The question that an aside interrupted waits again, under its own number."""
        self.changed()
        number = aside.notes.get("interrupted")
        self.waiting = Waiting(number) if number is not None else None

    def clear(self) -> None:
        self.runs.clear()
        self.changed()
        self.waiting = None
        self.trail.clear()

    def note(self, name: str) -> Any:
        """What the nearest run remembers under a name."""
        for run in reversed(self.runs):
            if name in run.notes:
                return run.notes[name]
        return None

    def remember_place(self) -> None:
        """Keeps where this question stood, for *back*. Asides are not part of the way."""
        if any(run.aside for run in self.runs):
            return
        self.trail.append(tuple([place_of(run) for run in self.runs]))
        del self.trail[: -limits.TRAIL]

    # --- words -------------------------------------------------------------------------------

    def text(self, key: str, *, short: bool = False) -> str:
        """The words of a key: from the live pack where it has them, else from the pinned one."""
        words = self._words_with(key)
        language = self._saying or self.language
        if self._heard is not None:
            self._heard.add(words.language_of(key, language))
        return words.of(key, language, short=short, channel=self.channel)

    def _words_with(self, key: str) -> Words:
        """The live words, or those of the nearest run's version if only that one has the key."""
        if not self.live.words.has(key):
            for run in reversed(self.runs):
                pinned = self.versions.get(run.structure).words
                if pinned.has(key):
                    return pinned
        return self.live.words

    def _hear(self, key: str) -> None:
        """Notes the language of words that the live version keeps ready."""
        if self._heard is not None:
            self._heard.add(self.live.words.language_of(key, self._saying or self.language))

    def in_one_language(self, make: Callable[[], T]) -> tuple[T, str]:
        """What `make` puts together, and its language: hers, or that of the source if not all of it is in hers.

        Nobody should read a question in one language and its answers in another.
        """
        if self._heard is not None or self.live.words.is_whole(self.language):
            return make(), self._saying or self.language
        self._heard = set()
        try:
            made, heard = make(), self._heard
            if len(heard) <= 1:
                return made, next(iter(heard), self.language)
            self._saying = SOURCE_LANGUAGE
            return make(), SOURCE_LANGUAGE
        finally:
            self._saying = self._heard = None

    def labels_of(self, asking: Asking) -> Labels:
        """What people may type for the options of a question: the live words, and those it was asked with."""
        live = self.live.labels_of(asking.options, self.language)
        if self.version is self.live:
            return live
        return live.joined(self.version.labels_of(asking.options, self.language))

    def filled(self, key: str, extra: Mapping[str, Any] | None = None) -> str:
        text = self.text(key)
        if "{" in text and has_plurals(text):
            language = self._words_with(key).language_of(key, self._saying or self.language)
            text = resolved(text, language, lambda name: PLACEHOLDERS[name](self))
        return fill_ins(self, text, extra) if "{" in text else text

    # --- saying ------------------------------------------------------------------------------

    def say(self, key: str, extra: Json | None = None, *, link: Link | None = None) -> None:
        kind: ReplyKind = "link" if link else "text"
        text, language = self.in_one_language(lambda: self.filled(key, extra))
        self.replies.append(Reply(text, kind, language, link=link))

    def say_lines(self, make: Callable[[], str]) -> None:
        """Says what was put together from several texts."""
        self.say_made(lambda: (make(), None))

    def say_made(self, make: Callable[[], tuple[str, Link | None]]) -> None:
        """Says what was put together from several texts, with the words of a link among them."""
        (text, link), language = self.in_one_language(make)
        self.replies.append(Reply(text, "link" if link else "text", language, link=link))

    def show_image(self, url: str, alt: str, text: str) -> None:
        self.replies.append(Reply(text, "image", self.language, image=Image(url, alt)))

    def ask(self, asking: Asking, *, lead: str | None = None) -> None:
        """Asks a question (again). `lead` is the key of a sentence to put before it."""
        if lead is None or self.waiting is None:
            self.asked += 1
            self.waiting = Waiting(self.asked)
        self.replies.append(self._question(asking, lead, self.waiting))

    def ask_page(self, asking: Asking, page: int) -> None:
        """Shows another page of the choices of the question that waits."""
        waiting = self.waiting or Waiting(self.asked)
        self.waiting = replace(waiting, page=page)
        self.replies.append(self._question(asking, None, self.waiting))

    def _question(self, asking: Asking, lead: str | None, waiting: Waiting) -> Reply:
        if self.live.words.is_whole(self.language):
            return self._put_together(asking, lead, waiting)
        reply, language = self.in_one_language(lambda: self._put_together(asking, lead, waiting))
        return reply if language == self.language else reply._replace(lang=language)

    def _put_together(self, asking: Asking, lead: str | None, waiting: Waiting) -> Reply:
        parts = []
        if lead:
            parts.append(self.filled(lead))
        text = self.filled(asking.say, asking.facts)
        parts.append(text)
        if asking.why and not lead:
            parts.append(self.filled(asking.why, asking.facts))
        more = None
        if len(asking.options) > 3:
            self._hear("engine/more")
            label = self.live.more_words(self._saying or self.language)
            more = ChoiceShown(f"{waiting.number}:+{waiting.page + 1}", label)
        return Reply(
            "\n\n".join(parts),
            "question",
            self.language,
            expects=asking.type,
            choices=self._choices(asking.options, waiting.number),
            lettered=asking.lettered,
            page=waiting.page,
            more=more,
            progress=self._progress(asking),
        )

    def _progress(self, asking: Asking) -> Progress | None:
        if asking.progress is None:
            return None
        place, count = asking.progress()
        self._hear("engine/progress")
        return Progress(place, count, self.live.progress_words(place, count, self._saying or self.language))

    def _choices(self, options: tuple[Option, ...], number: int) -> tuple[ChoiceShown, ...]:
        shown = self.live.fixed_labels(options, self._saying or self.language, self.channel)
        if shown is None:
            return tuple(self._choice(option, number) for option in options)
        if self._heard is not None:
            for option in options:
                self._hear(option.key)
        return tuple([ChoiceShown(f"{number}:{id}", label, short) for id, label, short in shown])

    def _choice(self, option: Option, number: int) -> ChoiceShown:
        if option.label is not None:
            return ChoiceShown(f"{number}:{option.id}", option.label)
        label = self.filled(option.key)
        return ChoiceShown(f"{number}:{option.id}", label, short_of(label, self.text(option.key, short=True)))

    # --- facts -------------------------------------------------------------------------------

    @property
    def facts(self) -> Facts:
        """The map that conditions read; renewed when something changes."""
        if self._facts is None:
            self._facts = Facts(self)
        return self._facts

    def changed(self) -> None:
        self._facts = None
        if self.counted_open:
            self.counted_open = {}

    # --- what happened -----------------------------------------------------------------------

    @property
    def consent(self) -> dict[str, bool]:
        """Everything that was agreed to or refused: for this business, and for herself."""
        return {**(self.business.consent if self.business else {}), **self.own_consent}

    @property
    def counted(self) -> bool:
        """Whether this business may be kept and counted; without that no event is written."""
        consent = self.business.consent if self.business is not None else {}
        return consent.get("guidance", False) and consent.get("statistics", False)

    def agree(self, purpose: Purpose, given: bool, text_hash: str) -> None:
        """Records an answer to the question for consent. Reminders are hers, the rest the business's.

        Who does not want her answers kept cannot be counted: what she said to that falls with it.
        """
        of = None
        if purpose == "reminders":
            self.own_consent[purpose] = given
        else:
            business = self.the_business()
            self.business = replace(business, consent={**business.consent, purpose: given})
            of = business.id
            if purpose == "guidance" and not given and business.consent.get("statistics"):
                self.agree("statistics", False, text_hash)
        self.consents.append(Consent(purpose, given, text_hash, self.language, of))
        self.changed()

    def event(self, kind: str, /, **data: str | int | float | bool | None) -> None:
        if self.counted:
            of = self.assessment.id if self.assessment else None
            self.events.append(Event(kind, data, of))

    def call(self, name: str, arguments: Json) -> str:
        id = self.new_id(f"call{len(self.calls)}")
        self.calls.append(Call(id, name, arguments))
        return id

    def new_id(self, what: str) -> str:
        """An id that is the same when this turn runs again, and means nothing outside."""
        return hashlib.sha256(f"{self.inbound.seed}:{what}".encode()).hexdigest()[:32]

    # --- the business and its assessment -----------------------------------------------------

    def the_business(self) -> Business:
        if self.business is None:
            self.business = Business(self.new_id("business"))
        return self.business

    def know(self, field: str, value: str | None) -> None:
        """Keeps an answer about the business; None means asked and skipped."""
        business = self.the_business()
        self.business = replace(business, profile={**business.profile, field: value})
        if field == "role":
            self.business = replace(self.business, role=value)
        self.changed()

    def update_standing(self, **changes: Any) -> None:
        business = self.the_business()
        self.business = replace(business, standing={**(business.standing or {}), **changes})
        self.changed()

    def update_item(self, place: int, **changes: Any) -> None:
        """Changes one package item."""
        standing = self.the_business().standing or {}
        package = copy.deepcopy(standing.get("package", []))
        package[place].update(changes)
        self.update_standing(package=package)

    def replace_item(self, place: int, item: Json) -> None:
        """Puts another package item in the place of one."""
        package = list((self.the_business().standing or {}).get("package", []))
        package[place] = item
        self.update_standing(package=package)

    def update_assessment(self, **changes: Any) -> None:
        assert self.assessment is not None  # steps that change it made it first
        self.assessment = replace(self.assessment, **changes)
        self.changed()

    def new_assessment(self, mode: str, answers: Json) -> Assessment:
        self.assessment = Assessment(
            id=self.new_id(f"assessment:{mode}"),
            mode=mode,
            instrument=self.version.instrument,
            answers=answers,
            started=self.now,
        )
        self.changed()
        return self.assessment

    # --- the end -----------------------------------------------------------------------------

    def turn(self) -> Turn:
        self.changed()  # facts and talk hold each other: parted, they go at once, without the collector
        state = State(
            language=self.language,
            frames=tuple(run.frame() for run in self.runs),
            waiting=self.waiting if self.runs else None,
            asked=self.asked,
            paused=self.paused,
            stopped=self.stopped,
            trail=tuple(self.trail),
            answers=self.answers,
            consent=self.own_consent,
            last_inbound=self.now if self.is_hers else self.before.last_inbound,
            business=self.business,
            assessment=self.assessment,
            businesses=tuple(self.businesses),
            memory=self.memory,
        )
        return Turn(
            state,
            tuple(self.replies),
            tuple(self.events),
            tuple(self.timers),
            tuple(self.cancelled),
            tuple(self.calls),
            tuple(self.consents),
            tuple(self.counts),
            self.erase,
            tuple(self.reached),
        )


def _with_living_items(business: Business | None, live: Version) -> Business | None:
    """The business without package items whose gap, and without a result whose level, the pack has no more."""
    standing = business.standing if business else None
    if business is None or standing is None:
        return business
    package = [item for item in standing.get("package", ()) if live.has_item(item)]
    level = (standing.get("result") or {}).get("level")
    if len(package) == len(standing.get("package", ())) and (level is None or level in live.levels):
        return business
    result = standing.get("result") if level in live.levels else None
    return replace(business, standing={**standing, "package": package, "result": result})


def place_of(run: Run) -> Place:
    """Where a run stands, as short as it can be: every turn of the conversation writes its trail."""
    return (
        (run.flow, run.structure, run.at, dict(run.notes)) if run.notes else (run.flow, run.structure, run.at)
    )
