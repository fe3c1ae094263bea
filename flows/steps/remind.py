"""Comes back later with a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from flows import cycles, meetings, reminders
from flows.model import Duration, FlowPath, Step, seconds
from flows.moves import NEXT, Move
from flows.values import Timer

if TYPE_CHECKING:
    from flows.checks import Checking
    from flows.state import Json
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
    said. Setting the same reminder again moves it. `since: baseline` counts from the first check that
    later ones are compared with, `since: meeting` from 18:00 on the last day of the meeting that is
    talked about; neither sets anything when that time is over.

    When it is due it is looked at once more: in quiet hours, on holidays, beyond the cap of messages
    that nobody asked for, and for a survey within seven days of another, it is said later; if the
    flow's `when` does not hold any more, it is dropped. Where a channel takes nothing a day after her
    last word (WhatsApp) `outside` decides: `hold` keeps it for her next word, at most seven days;
    `invite` sends the pack's approved template, and says it when she answers.
    """

    kind: ClassVar[str] = "remind"

    remind: FlowPath
    after: Duration = Field(description="How long from now: minutes (30m), hours (20h) or days (2d).")
    at: Hour | None = Field(None, description="The local hour before which it is not said.")
    since: Literal["now", "baseline", "meeting"] = Field(
        "now",
        description="From when `after` counts: now, the check that later ones are compared with, or the meeting.",
    )
    outside: Literal["hold", "invite"] = Field(
        "hold", description="What happens where her channel takes nothing a day after her last word."
    )

    def check(self, checking: Checking) -> None:
        checking.flow_exists(self.remind, "remind")

    def run(self, talk: Talk, at: Instruction) -> Move:
        wait = seconds(self.after)
        if self.since == "baseline":
            wait = cycles.seconds_until(talk, wait)
        elif self.since == "meeting":
            wait = meetings.seconds_until(talk, wait)
        if talk.consent.get("reminders") and wait > 0:
            body = {"flow": self.remind, "at": self.at, "outside": self.outside, **self._about(talk)}
            talk.timers.append(Timer(reminders.key_of(body), wait, self.at, body))
        return NEXT

    def _about(self, talk: Talk) -> Json:
        """What the flow has to know when it is said."""
        meeting = talk.note("meeting") if self.since == "meeting" else None
        return {"notes": {"meeting": meeting}} if meeting is not None else {}
