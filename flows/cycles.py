"""Measuring again: which measurement an assessment is, and what has changed since the first.

T0 is the first completed full check and stays. The questions of the package are asked again after 30
days, the full check after 90 (T1) and 180 days (T2). What is taken at other times is kept and belongs
to no cycle. In the standing of a business lie:

    baseline    {assessment, mode, instrument, completed, answers, result}: T0; until then the quick check
    cycles      the cycles measured so far, T0 among them
    change      what the latest measurement has shown against the baseline, see `_kept`
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from content.change import Change, compare
from content.scoring import shown
from flows import limits

if TYPE_CHECKING:
    from flows.state import Assessment, Json
    from flows.talk import Talk

DAY = 86_400 * limits.SECOND
# From which day on and before which day after the baseline a measurement belongs to a cycle: halfway to
# its neighbours, and never sooner than 14 days (guide, section 3.7). Our own choice.
PACKAGE_WINDOW = ("30d", 14, 60)
FULL_WINDOWS = (("T1", 60, 135), ("T2", 135, 270))


def standing_of(talk: Talk) -> Json:
    return (talk.business.standing if talk.business else None) or {}


def baseline_of(talk: Talk) -> Json | None:
    return standing_of(talk).get("baseline")


def days_since_baseline(talk: Talk) -> int | None:
    baseline = baseline_of(talk)
    return int((talk.now - baseline["completed"]) // DAY) if baseline else None


def cycle_of(talk: Talk, mode: str) -> str | None:
    """Which measurement one that is completed now is; None if it belongs to no cycle."""
    baseline, days = baseline_of(talk), days_since_baseline(talk)
    if mode == "full" and (baseline is None or baseline["mode"] != "full"):
        return "T0"
    windows = (PACKAGE_WINDOW,) if mode == "follow_up" else FULL_WINDOWS if mode == "full" else ()
    measured = standing_of(talk).get("cycles", ())
    for name, first, last in windows:
        if days is not None and first <= days < last and name not in measured:
            return name
    return None


def measured(talk: Talk, assessment: Assessment, result: Json) -> None:
    """Notes a completed assessment: as the baseline, or as a change against it."""
    baseline = baseline_of(talk)
    cycle = assessment.cycle
    if cycle is not None:
        talk.update_standing(cycles=[*standing_of(talk).get("cycles", ()), cycle])
    if baseline is None or (cycle == "T0"):
        talk.update_standing(baseline=_as_baseline(talk, assessment, result), change=None)
        return
    if assessment.mode == "quick" or baseline["instrument"] != assessment.instrument:
        talk.update_standing(change=None)  # an estimate, or other questions: nothing to compare
        return
    pack, profile = talk.version.pack, talk.the_business().profile
    change = compare(pack.bank, pack.scoring, profile, baseline["answers"], assessment.answers)
    if not change.matched:
        talk.update_standing(change=None)
        return
    talk.update_standing(change=_kept(change, cycle, assessment.mode, baseline, result))
    talk.event("reassessed", **_counted(change, cycle, assessment.mode, baseline, result))


def _as_baseline(talk: Talk, assessment: Assessment, result: Json) -> Json:
    return {
        "assessment": assessment.id,
        "mode": assessment.mode,
        "instrument": assessment.instrument,
        "completed": talk.now,
        "answers": dict(assessment.answers),
        "result": {"overall": result["overall"], "level": result["level"]},
    }


def _kept(change: Change, cycle: str | None, mode: str, baseline: Json, result: Json) -> Json:
    """The change as plain JSON values, for words and picture."""
    return {
        "cycle": cycle,
        "mode": mode,
        "matched": change.matched,
        "better": change.better,
        "same": change.same,
        "worse": change.worse,
        "closed": list(change.closed),
        "dimensions": {id: list(pair) for id, pair in change.dimensions.items()},
        "overall": list(change.overall) if change.overall else None,
        "levels": list(_levels(mode, baseline, result)),
    }


def _counted(change: Change, cycle: str | None, mode: str, baseline: Json, result: Json) -> dict[str, Any]:
    """What analysts read of it: codes and numbers. Levels are compared between full checks only."""
    before, after = change.overall or (None, None)
    first, then = _levels(mode, baseline, result)
    return {
        "cycle": cycle,
        "mode": mode,
        "asked": change.asked,
        "matched": change.matched,
        "better": change.better,
        "worse": change.worse,
        "closed": len(change.closed),
        "before": before,
        "after": after,
        "level_before": first,
        "level_after": then,
    }


def _levels(mode: str, baseline: Json, result: Json) -> tuple[str | None, str | None]:
    if mode == baseline["mode"] == "full":
        return baseline["result"]["level"], result.get("level")
    return None, None


def change_facts(talk: Talk) -> dict[str, Any]:
    """The names of the group `change` in conditions."""
    change = standing_of(talk).get("change")
    if not change:
        return {"known": False}
    return {"known": True, **{name: change[name] for name in ("better", "same", "worse")}} | {
        "closed": len(change["closed"]),
        "level_up": _level_up(talk, change),
    }


def _level_up(talk: Talk, change: Json) -> bool:
    first, then = change["levels"]
    levels = talk.live.levels
    return first in levels and then in levels and levels.index(then) > levels.index(first)


def overall(talk: Talk, place: int) -> str:
    """The score over the matched items, before (0) or after (1), as people see it."""
    change = standing_of(talk).get("change") or {}
    pair = change.get("overall")
    return str(shown(pair[place])) if pair else ""


def seconds_until(talk: Talk, after: int) -> int:
    """Seconds until so many seconds after the baseline; negative when they are over, or without one."""
    baseline = baseline_of(talk)
    if baseline is None:
        return -1
    return after - int((talk.now - baseline["completed"]) // limits.SECOND)
