"""What an author writes: the shape of a flow file and what all step kinds have in common."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from flows.moves import Move

if TYPE_CHECKING:
    from content.conditions import Condition
    from flows.asking import Answer, Asking
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
BankName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)]
FlowPath = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=80)]
Duration = Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,3}[mhd]$")]
Cel = Annotated[str, StringConstraints(max_length=2000), Field(json_schema_extra={"format": "cel"})]


SECONDS = {"m": 60, "h": 3600, "d": 86400}


def seconds(duration: str) -> int:
    """ "2d" -> 172800."""
    return int(duration[:-1]) * SECONDS[duration[-1]]


class Form(BaseModel):
    """Base of everything that is read from YAML: unknown keys are problems, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Form):
    """Words, perhaps with a short form for buttons and variants for a channel."""

    text: str
    short: str | None = None
    web: str | None = None
    terminal: str | None = None
    telegram: str | None = None
    whatsapp: str | None = None

    def forms(self, key: str) -> Iterator[tuple[str, str]]:
        """Each form with its key: the words themselves, `key#short`, `key#whatsapp` ..."""
        yield key, self.text
        for name in ("short", "web", "terminal", "telegram", "whatsapp"):
            if (words := getattr(self, name)) is not None:
                yield f"{key}#{name}", words


class Choice(Text):
    """A choice of a question: words, and which numbers it stands for."""

    exclusive: bool = False
    range: str | None = None


Words = str | Text
ChoiceWords = str | Choice


def as_text(words: Words) -> Text:
    return Text(text=words) if isinstance(words, str) else words


def as_choice(words: ChoiceWords) -> Choice:
    return _choice(words) if isinstance(words, str) else words


@lru_cache(maxsize=256)  # while a step is read, its choices are asked for again and again
def _choice(text: str) -> Choice:
    return Choice(text=text)


class Step(Form):
    """One entry of a flow. Its first word names its kind."""

    kind: ClassVar[str]
    asks: ClassVar[bool] = False  # waits for an answer of the person
    fills: ClassVar[tuple[str, ...]] = ()  # names that only its own words may fill in
    words: ClassVar[tuple[str, ...]] = ()  # keys that hold nothing but words: no part of the structure

    id: Name | None = None
    when: Cel | None = None

    def texts(self) -> Iterator[tuple[str, Text]]:
        """Its words, each with its part of the key: ("say", ...), ("choices/no", ...)."""
        return iter(())

    def check(self, checking: Checking) -> None:
        """Says what is wrong with it, beyond what its shape shows."""

    def shape(self) -> Any:
        """What of it belongs to the structure: all but the words, as plain JSON values."""
        data = self.model_dump(mode="json", exclude_none=True)
        return {name: value for name, value in data.items() if name not in self.words}

    def run(self, talk: Talk, at: Instruction) -> Move:
        raise NotImplementedError(self.kind)  # every kind has its own; a test walks the registry

    def asking(self, talk: Talk, at: Instruction) -> Asking | None:
        """The question it waits with, for kinds that ask."""
        return None

    def answered(self, talk: Talk, at: Instruction, answer: Answer) -> Move:
        """What an answer to its question means, for kinds that ask."""
        raise NotImplementedError(self.kind)

    def resulted(self, talk: Talk, at: Instruction, result: dict[str, Any]) -> None:
        """What the result of its call means, for kinds that call."""
        raise NotImplementedError(self.kind)


class FlowFile(Form):
    """The head of a flow file; its steps are read one by one.

    said: words that start it in the middle of anything; afterwards the question that was
    interrupted is asked again. main: it takes the place of whatever was going on.
    about: `question` for a flow that acts on the question that waits, said in the middle of a menu
    or another aside it only leaves that; `meaning` for one that explains it. survey: its name, for
    a flow whose answers are counted as those of a survey.
    """

    schema_: Annotated[int, Field(alias="schema", ge=1, le=1)]
    flow: FlowPath
    title: str
    said: list[str] = []
    when: Cel | None = None
    main: bool = False
    about: Literal["question", "meaning"] | None = None
    survey: Name | None = None


class Arm:
    """One side of a branch, compiled: where to go when the condition holds (None: else)."""

    __slots__ = ("condition", "target")

    def __init__(self, condition: Condition | None, target: int) -> None:
        self.condition = condition
        self.target = target
