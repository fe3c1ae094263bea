"""Which gaps come into the package: the first ones after a check, and those that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from content.matching import choose_package
from content.scoring import Result
from flows.package import package_of

if TYPE_CHECKING:
    from content.pack import Pack
    from flows.state import Business, Json
    from flows.talk import Talk

FIRST_TIP = 1


def first_items(talk: Talk, result: Result) -> list[Json]:
    """The package after a check. What she did already for the same gap stays done."""
    assert talk.assessment is not None  # it was just completed
    profile = talk.the_business().profile
    chosen = choose_package(talk.version.pack, profile, talk.assessment.answers, result)
    before = {item["gap"]: item for item in package_of(talk) if item.get("gap")}
    return [_item(one.to_json(), before.get(one.gap)) for one in chosen]


def next_items(talk: Talk) -> list[Json]:
    """The gaps that come after those of the package, by her latest check; empty if no other is open."""
    return following(talk.version.pack, talk.business) if talk.business else []


def following(pack: Pack, business: Business) -> list[Json]:
    """The gaps that come after those of the package of a business; see `next_items`."""
    standing = business.standing or {}
    answers, result = standing.get("answers"), standing.get("result")
    if not answers or not result:
        return []
    taken = {*standing.get("past", ()), *(item.get("gap") for item in standing.get("package", ()))}
    revealing = {item.id for item in pack.bank.items if item.gap in taken}
    others = {id: answer for id, answer in answers.items() if id not in revealing}
    chosen = choose_package(pack, business.profile, others, Result.from_json(result))
    return [_item(one.to_json(), None) for one in chosen if one.gap not in taken]


def past(talk: Talk) -> list[str]:
    """Gaps of packages before the present one, and those that do not fit her."""
    standing = (talk.business.standing if talk.business else None) or {}
    gaps: list[str] = standing.get("past", [])
    return gaps


def starters(talk: Talk) -> list[Json]:
    """The first steps for somebody who has only an idea."""
    return [{"starter": id, "gap": None, "tip": FIRST_TIP} for id in talk.version.pack.starters]


def _item(chosen: Json, before: Json | None) -> Json:
    names = ("tip", "film", "watched", "quiz", "promised", "done")
    kept: Json = {name: before[name] for name in names if name in before} if before else {}
    return {"tip": FIRST_TIP, **chosen, **kept}
