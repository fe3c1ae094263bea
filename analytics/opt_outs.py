"""How many people want no more of our messages after one of them: per reminder, and per campaign.

For the operator alone: a number of people below `FEW` is not told, and no rate that would give it away.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select

from store import tables as t
from store.scope import Scope

FEW = 5  # so many people at least stand behind a number that an operator sees
SAID, OPTED_OUT = "reminder_said", "opted_out"


@dataclass(frozen=True, slots=True)
class OptOuts:
    """A reminder, or a campaign with its flow: how often it was said, and how often she opted out after it.

    Of those who agreed to be counted; the last message of ours is the one that an opt-out is put down to.
    """

    reminder: str
    campaign: str | None
    said: int
    opted_out: int

    @property
    def rate(self) -> float | None:
        """Opt-outs for each message; None where too few heard it or opted out to be told."""
        if self.said < FEW or 0 < self.opted_out < FEW:
            return None
        return self.opted_out / self.said


def opt_outs(tx: Connection, scope: Scope, *, campaign: str | None = None) -> list[OptOuts]:
    """All reminders of the programmes in scope, the one that was said most often first.

    campaign: only this one.
    """
    event = t.event.c
    of = event.data["campaign"].as_string()
    mine = [scope.allows(event.programme_id), ~event.is_test]
    if campaign is not None:
        mine.append(of == campaign)
    said = _counted(tx, SAID, event.data["reminder"].as_string(), of, mine)
    out = _counted(tx, OPTED_OUT, event.data["after"].as_string(), of, mine)
    found = [OptOuts(reminder, one, n, out.get((reminder, one), 0)) for (reminder, one), n in said.items()]
    return sorted(found, key=lambda found: (-found.said, found.reminder, found.campaign or ""))


def in_words(people: int) -> str:
    """A number of people, as an operator may see it."""
    return f"{people:,}" if people == 0 or people >= FEW else f"fewer than {FEW}"


def _counted(
    tx: Connection,
    kind: str,
    reminder: ColumnElement[str],
    campaign: ColumnElement[str],
    mine: list[ColumnElement[bool]],
) -> dict[tuple[str, str | None], int]:
    found = tx.execute(
        select(reminder, campaign, func.count())
        .where(t.event.c.kind == kind, *mine)
        .group_by(reminder, campaign)
    )
    return {(str(one), of): int(n) for one, of, n in found if one is not None}
