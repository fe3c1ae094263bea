"""Comes back later with a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, StringConstraints

from flows.model import Duration, FlowPath, Step, seconds
from flows.moves import NEXT, Move
from flows.values import Timer

if TYPE_CHECKING:
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction

Hour = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Remind(Step):
    """Runs a flow later, if she agreed to reminders and has not stopped them by then.

    ```yaml
    - remind: did_you_do_it
      after: 2d
      at: "10:00"
    ```

    `after` is minutes (30m), hours (20h) or days (2d); `at` the local hour not before which it is
    said. Setting the same reminder again moves it. In quiet hours it waits until they are over.
    """

    kind: ClassVar[str] = "remind"

    remind: FlowPath
    after: Duration = Field(description="How long from now: minutes (30m), hours (20h) or days (2d).")
    at: Hour | None = Field(None, description="The local hour before which it is not said.")

    def check(self, checking: Checking) -> None:
        checking.flow_exists(self.remind, "remind")

    def run(self, talk: Talk, at: Instruction) -> Move:
        if talk.consent.get("reminders"):
            talk.timers.append(Timer(self.remind, seconds(self.after), self.at, {"flow": self.remind}))
        return NEXT
