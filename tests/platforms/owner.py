"""Ana, who presses what an owner presses: from hello to her third tip."""

from __future__ import annotations

from collections.abc import Sequence

# What she presses where it is offered, the first that is there; else the second choice.
PRESSES = (
    "My own business", "For my own business or idea", "Yes, keep them for advice", "Yes, keep them", "Yes",
    "I will do it", "Next step", "A registered business", "Registered business",
)  # fmt: skip
THIRD = "Step 3 of 3"
MOST = 60


class Way:
    """Decides what is pressed next, and sees when the third tip has been shown."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def is_there(self) -> bool:
        text = "\n".join(self.read)
        return THIRD in text and "Do this:" in text.rpartition(THIRD)[2]

    def next(self, text: str, labels: Sequence[str]) -> str | None:
        """The label to press, or None: then she writes "next step"."""
        self.read.append(text)
        if not labels:
            return None
        return next((label for label in PRESSES if label in labels), labels[min(1, len(labels) - 1)])
