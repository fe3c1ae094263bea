"""Somebody who walks through the flows by herself: presses what was pressed least, or throws dice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from flows.conversations import World
from flows.values import Reply

# What is said before a question that is asked again.
LEADS = ("Back to", "No problem")
# Everything that can be said in the middle of a question.
ASIDES = ("menu", "help", "back", "skip", "i do not know", "does not fit", "stop for now", "privacy", "my data",
          "my result", "language", "human", "listen", "consent", "steps", "full check", "done", "stop", "restart", "my businesses", "check", "steps",
          "hello", "connect", "thanks", "who are you", "which app", "where can i sell", "fraud", "support", "rules", "my path", "new steps", "again", "save my data", "")  # fmt: skip


@dataclass
class Walker:
    """Answers questions by a rule. `pressed` counts, over all walks, what was chosen where."""

    world: World
    name: str
    dice: random.Random
    pressed: Counter[tuple[str, str]] = field(default_factory=Counter)
    asides: float = 0.0
    avoid: tuple[str, ...] = ()
    always_best: bool = False

    def step(self) -> None:
        """One message of hers."""
        question = self._open_question()
        if self.asides and self.dice.random() < self.asides:
            self._aside()
        elif question is None:
            self.world.write(
                self.name, self.dice.choice(("done", "next step", "full check", "hello", "my result"))
            )
        elif question.choices:
            self.world.write(self.name, choice=self._choice(question))
        else:
            self.world.write(self.name, "12")

    def _aside(self) -> None:
        """Something else in the middle of a question; now and then she is stubborn, or tells a story."""
        dice = self.dice.random()
        if dice < 0.2:
            for _ in range(3):
                self.world.write(self.name, "qqqq")
        elif dice < 0.4:
            self.world.write(self.name, "yesterday 120 came in and 80 went out")
        else:
            self.world.write(self.name, self.dice.choice(ASIDES))

    def walk(self, until: Callable[[], bool], most: int) -> bool:
        """Goes on until something holds; False if it never did."""
        for _ in range(most):
            if until():
                return True
            self.step()
        return until()

    def completed(self, mode: str = "") -> bool:
        business = self.world.person(self.name).state.get("business") or {}
        standing = business.get("standing") or {}
        return bool(standing.get("result")) and standing.get("mode") in (
            (mode,) if mode else ("quick", "full")
        )

    def _open_question(self) -> Reply | None:
        person = self.world.person(self.name)
        return person.question if person.state.get("waiting") else None

    def _choice(self, question: Reply) -> str:
        """The choice that was pressed least in all walks; dice between equals."""
        led = question.text.startswith(LEADS)
        key = question.text.rpartition("\n\n")[2] if led else question.text
        if self.always_best:
            return question.choices[-1].value
        offered = [c.value for c in question.choices if c.value.partition(":")[2] not in self.avoid]
        least = min(self.pressed[key, value.partition(":")[2]] for value in offered)
        best = [value for value in offered if self.pressed[key, value.partition(":")[2]] == least]
        value = self.dice.choice(best)
        self.pressed[key, value.partition(":")[2]] += 1
        return value
