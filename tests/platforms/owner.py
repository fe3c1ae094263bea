"""Ana, who presses what an owner presses: from hello to her third tip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST = 60


@dataclass(frozen=True)
class Tongue:
    """What Ana knows of a language: what she presses where it is offered (else the second choice), what she
    writes where nothing is, and how she sees that her third tip has come."""

    presses: tuple[str, ...]
    next_step: str
    third: str
    do_this: str


ENGLISH = Tongue(
    ("My own business", "For my own business or idea", "Yes, keep them for advice", "Yes, keep them", "Yes",
     "I will do it", "Next step", "A registered business", "Registered business"),
    "next step", "Step 3 of 3", "Do this:",
)  # fmt: skip
SPANISH = Tongue(
    ("Mi propio negocio", "Por mi propio negocio o idea", "Sí, guárdelas para darme consejos", "Sí, guárdelas", "Sí",
     "Lo voy a hacer", "Siguiente paso"),
    "siguiente paso", "Paso 3 de 3", "Haga esto:",
)  # fmt: skip


class Way:
    """Decides what is pressed next, and sees when the third tip has been shown."""

    def __init__(self, tongue: Tongue = ENGLISH) -> None:
        self.tongue = tongue
        self.read: list[str] = []

    def is_there(self) -> bool:
        text = "\n".join(self.read)
        return self.tongue.third in text and self.tongue.do_this in text.rpartition(self.tongue.third)[2]

    def next(self, text: str, labels: Sequence[str]) -> str | None:
        """The label to press, or None: then she writes that she wants the next step."""
        self.read.append(text)
        if not labels:
            return None
        return next(
            (label for label in self.tongue.presses if label in labels), labels[min(1, len(labels) - 1)]
        )
