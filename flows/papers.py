"""Papers: the guidebook and the training plan, made from the pack and from what a business works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flows.choosing import following

if TYPE_CHECKING:
    from content.pack import Pack
    from flows.state import Business
    from flows.talk import Talk

WEEKS = 4


class PlannedStep(NamedTuple):
    """What a week of the plan is for: a gap, or a first step of somebody with only an idea. One of both is set."""

    gap: str | None = None
    starter: str | None = None


def planned(pack: Pack, business: Business | None) -> tuple[PlannedStep, ...]:
    """One step for each of four weeks: what is to do of the package, then the gaps next in line.

    Fewer where fewer are open.
    """
    if business is None:
        return ()
    package = (business.standing or {}).get("package", [])
    to_do = [item for item in package if not _is_over(item)]
    steps = [
        PlannedStep(item.get("gap"), item.get("starter")) for item in [*to_do, *following(pack, business)]
    ]
    known = (step for step in steps if step.gap in pack.gaps or step.starter in pack.starters)
    return tuple(dict.fromkeys(known))[:WEEKS]


def _is_over(item: dict[str, object]) -> bool:
    return item.get("done") == "yes" or bool(item.get("closed")) or bool(item.get("aside"))


def opened(talk: Talk) -> None:
    """The page of a paper reports that she has opened it."""
    talk.event("guide_opened", paper=str(talk.inbound.data["paper"]))
