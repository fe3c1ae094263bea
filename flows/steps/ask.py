"""Asks a question that is written here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from content.languages import language_name
from flows import meetings, surveys
from flows.answers import ANSWERS
from flows.asking import Answer, Asking, Option
from flows.facts import PURPOSES, writes
from flows.model import ChoiceWords, Duration, Form, Name, Step, Text, Words, as_choice, as_text, seconds
from flows.moves import NEXT, Move
from flows.understand import plain
from flows.values import TIMEOUT, Timer

if TYPE_CHECKING:
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction

_SETTINGS = ("settings.save_data",)

AnswerTypeName = Literal["one", "many", "number", "text", "date", "phone", "location", "photo"]


class Timeout(Form):
    """Where to go on when no answer has come for a time."""

    after: Duration
    go: Name


class Ask(Step):
    """Asks a question and keeps the answer under its name.

    ```yaml
    - ask: sells_online
      type: one
      say: Do you sell on the internet?
      help: It may be a page, a marketplace or orders by chat.
      choices:
        no: No
        sometimes: {text: "Sometimes, by chat", short: Sometimes}
        shop: {text: "Yes, in an online shop", short: Online shop}
      synonyms: {shop: [marketplace, web shop]}
    ```

    `type` is one of one, many, number, text, date, phone, location, photo.
    `save` keeps the answer elsewhere: `consent.guidance`, `consent.statistics`,
    `consent.reminders`, `settings.save_data` (choices yes and no) or `language` (choices: languages).
    `timeout: {after: 20h, go: nudge}` goes on at another step when no answer has come by then; in
    quiet hours it waits. `required: yes` takes *skip* away. `choices: languages` offers the pack's languages,
    `choices: sessions` those of the meeting that is talked about; a question without any is left out.
    `own_words: wrote` keeps the answer `wrote` when she writes a sentence in place of a choice; the
    sentence itself is not kept. Where the tip that is talked about asks for a number (`writes: number`
    in gaps.yaml), a typed number is such words too, and the choices have letters.
    """

    kind: ClassVar[str] = "ask"
    asks: ClassVar[bool] = True
    words: ClassVar[tuple[str, ...]] = ("say", "help", "choices", "synonyms")

    ask: Name
    type: AnswerTypeName = Field("one", description="The type of answer. The types are listed below.")
    say: Words = Field(description="The question.")
    help: Words | None = Field(None, description="Said when she asks for help.")
    choices: dict[Name, ChoiceWords] | Literal["languages", "sessions"] | None = Field(
        None,
        description="The possible answers, `id: words`; or `languages` of the pack, or `sessions` of the meeting.",
    )
    synonyms: dict[str, list[str]] = Field(
        default_factory=dict, description="Other words for a choice that people may type, `id: [word, …]`."
    )
    least: float | None = Field(None, description="The smallest number that is an answer.")
    most: float | None = Field(None, description="The largest number that is an answer.")
    save: str | None = Field(None, description="Where the answer goes, if not to `answers.<name>`.")
    timeout: Timeout | None = Field(
        None, description="Where to go on when no answer has come for a time: `{after: 20h, go: step}`."
    )
    required: bool = Field(False, description="Whether an answer is needed before going on.")
    exact: bool = Field(
        False, description="Whether only the words themselves count, and nothing that comes near them."
    )
    when_film_ends: Name | None = Field(
        None,
        description="The choice that is taken for her when the film that was sent has been played to its end.",
    )
    own_words: Name | None = Field(
        None, description="The answer that is kept when she writes words of her own in place of a choice."
    )

    def texts(self) -> Iterator[tuple[str, Text]]:
        yield "say", as_text(self.say)
        if self.help:
            yield "help", as_text(self.help)
        if isinstance(self.choices, dict):
            for id, words in self.choices.items():
                yield f"choices/{id}", as_choice(words)
        for id, others in self.synonyms.items():
            yield f"synonyms/{id}", Text(text=" | ".join(others))

    @property
    def _asks_consent(self) -> bool:
        return self.save is not None and self.save.startswith("consent.")

    def shape(self) -> dict[str, object]:
        data = dict(super().shape())
        if isinstance(self.choices, dict):
            data["choices"] = [
                [id, as_choice(words).exclusive, as_choice(words).range] for id, words in self.choices.items()
            ]
        else:
            data["choices"] = self.choices
        return data

    def check(self, checking: Checking) -> None:
        has = self.choices is not None
        if ANSWERS[self.type].has_choices != has:
            checking.problem("FLOW-020" if has else "FLOW-019", "ask", type=self.type)
        if isinstance(self.choices, dict):
            for id in sorted(self.synonyms.keys() - self.choices.keys()):
                checking.unknown("FLOW-022", "synonyms", id, self.choices, choice=id, step=self.ask)
            self._check_synonyms(checking, self.choices)
        if self._asks_consent or self.save in _SETTINGS:
            yes_no = isinstance(self.choices, dict) and set(self.choices) == {"yes", "no"}
            if self.type != "one" or not yes_no:
                checking.problem("FLOW-036", "save", target=self.save)
        if self.save == "language" and self.choices != "languages":
            checking.problem("FLOW-039", "save")
        if self.when_film_ends and self.when_film_ends not in (self.choices or ()):
            checking.unknown(
                "FLOW-022", "when_film_ends", self.when_film_ends, self.choices or (),
                choice=self.when_film_ends, step=self.ask,
            )  # fmt: skip
        targets = {*(f"consent.{purpose}" for purpose in PURPOSES), *_SETTINGS, "language"}
        if self.save and self.save not in targets:
            checking.unknown("FLOW-037", "save", self.save, targets, target=self.save)
        if self.own_words and (self.type != "one" or not isinstance(self.choices, dict)):
            checking.problem("FLOW-040", "own_words")
        if self.least is not None and self.most is not None and self.least > self.most:
            checking.problem("FLOW-033", "least", least=self.least, most=self.most)

    def _check_synonyms(self, checking: Checking, choices: dict[str, ChoiceWords]) -> None:
        """A synonym may not stand for two choices."""
        seen: dict[str, str] = {}
        for id, words in choices.items():
            choice = as_choice(words)
            seen |= {plain(choice.text): id, plain(choice.short or choice.text): id}
        for id, others in self.synonyms.items():
            for word in others:
                first = seen.setdefault(plain(word), id)
                if first != id:
                    checking.problem("TEXT-010", "synonyms", text=word, first=first, second=id)

    def run(self, talk: Talk, at: Instruction) -> Move:
        asking = self.asking(talk, at)
        if self.choices == "sessions" and not asking.options:
            return NEXT
        talk.ask(asking)
        if self.timeout:
            body = {"question": talk.asked, "go": at.target}
            talk.timers.append(Timer(TIMEOUT, seconds(self.timeout.after), None, body))
        return Move("wait")

    def asking(self, talk: Talk, at: Instruction) -> Asking:
        return Asking(
            say=f"{at.key}/say",
            type=self.type,
            options=self._options(talk, at),
            help=f"{at.key}/help" if self.help else None,
            optional=not self.required,
            least=self.least,
            most=self.most,
            own_words=self.own_words,
            when_film_ends=self.when_film_ends,
            numbers=self.own_words is not None and writes(talk) == "number",
            exact=self.exact or self._asks_consent,
        )

    def _options(self, talk: Talk, at: Instruction) -> tuple[Option, ...]:
        if self.choices == "languages":
            # Choice ids are words of ours; a language tag such as es-PE is not.
            return tuple(
                Option(_id_of(tag), "", label=language_name(tag)) for tag in talk.live.pack.languages
            )
        if self.choices == "sessions":
            return meetings.sessions(talk)
        return at.options

    def answered(self, talk: Talk, at: Instruction, answer: Answer) -> Move:
        if answer.how != "choice":
            talk.answers[self.ask] = None
        elif self.save == "language":
            _choose_language(talk, answer.value)
        elif self.save in _SETTINGS:
            _set(talk, self.save.removeprefix("settings."), answer.value == "yes")
        elif self.save:
            self._consent(talk, at, answer.value == "yes")
        else:
            talk.answers[self.ask] = answer.value
            self._count(talk, answer.value)
        talk.changed()
        return NEXT

    def _count(self, talk: Talk, value: Any) -> None:
        """An answer to a survey; words of her own are nobody's to count."""
        flow = surveys.open_one(talk)
        if flow is not None and (self.choices is not None or self.type == "number"):
            surveys.answered(talk, flow, self.ask, value)

    def _consent(self, talk: Talk, at: Instruction, given: bool) -> None:
        purpose = next(purpose for purpose in PURPOSES if self.save == f"consent.{purpose}")
        seen = talk.filled(f"{at.key}/say")
        talk.agree(purpose, given, hashlib.sha256(seen.encode()).hexdigest())
        talk.event("consent_given", purpose=purpose, given=given)


def _set(talk: Talk, name: str, value: bool) -> None:
    talk.remember("settings", {**talk.memory.get("settings", {}), name: value})
    talk.event("setting_changed", setting=name, on=value)


def _id_of(tag: str) -> str:
    """A choice id for a language tag: es-PE -> es_pe."""
    return tag.lower().replace("-", "_")


def _choose_language(talk: Talk, id: str) -> None:
    talk.language = next(tag for tag in talk.live.pack.languages if _id_of(tag) == id)
    talk.event("language_changed", language=talk.language)
