"""The training plan as a value: four weeks with a step each, in one language."""

from __future__ import annotations

from dataclasses import dataclass

from flows.papers import WEEKS, PlannedStep, planned
from flows.state import Business
from flows.version import Version


@dataclass(frozen=True, slots=True)
class Week:
    """A step with its tips. film: the title of its film. Without a name the week is free."""

    number: int
    name: str = ""
    reason: str = ""
    tips: tuple[str, ...] = ()
    film: str | None = None


def plan_of(version: Version, business: Business | None, language: str) -> tuple[Week, ...]:
    """Four weeks for a business; empty if there is no step yet, free weeks behind where there are few."""
    steps = planned(version.pack, business)
    weeks = [_week(version, number, step, language) for number, step in enumerate(steps, 1)]
    if weeks:
        weeks += [Week(number) for number in range(len(weeks) + 1, WEEKS + 1)]
    return tuple(weeks)


def _week(version: Version, number: int, step: PlannedStep, language: str) -> Week:
    def say(key: str) -> str:
        return version.words.of(key, language)

    if step.gap is None:
        key = f"starters/{step.starter}"
        return Week(number, say(f"{key}/name"), "", (say(f"{key}/tip"),))
    gap, key = version.pack.gaps[step.gap], f"gaps/{step.gap}"
    tips = tuple(say(f"{key}/tips/{tip}") for tip in range(1, gap.tips + 1))
    film = say(f"films/{gap.film}/title") if gap.film else None
    return Week(number, say(f"{key}/name"), say(f"{key}/reason"), tips, film)
