"""Says something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from flows.model import Form, Step, Text, Words, as_text
from flows.moves import NEXT, Move
from flows.values import Link

if TYPE_CHECKING:
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction


class SayLink(Form):
    """A link that stands under the words, with the words of its button."""

    label: Words
    url: str


class Say(Step):
    """Says something, with a link if there is one.

    ```yaml
    - say: Good. {questions.quick} short questions, about {minutes.quick} minutes.
      id: intro
    ```
    """

    kind: ClassVar[str] = "say"
    words: ClassVar[tuple[str, ...]] = ("say", "link")

    say: Words
    link: SayLink | None = Field(
        None, description="A link under the words: `{label: words of the button, url: https://…}`."
    )

    def texts(self) -> Iterator[tuple[str, Text]]:
        yield "say", as_text(self.say)
        if self.link:
            yield "link", as_text(self.link.label)
            yield "url", Text(text=self.link.url)

    def check(self, checking: Checking) -> None:
        if self.link and not self.link.url.startswith("https://"):
            checking.problem("FLOW-035", "link", url=self.link.url)

    def run(self, talk: Talk, at: Instruction) -> Move:
        if self.link is None:
            talk.say(f"{at.key}/say")
            return NEXT
        url = talk.text(f"{at.key}/url")
        talk.say_made(lambda: (talk.filled(f"{at.key}/say"), Link(talk.text(f"{at.key}/link"), url)))
        return NEXT
