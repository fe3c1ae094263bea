"""The package: what a person works on now, and the item of it that is talked about.

Each item is {gap | starter, tip, ...} and what has become of it: opened, film, watched, quiz, promised,
done, barrier, aside, closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.state import Json
    from flows.talk import Talk


def package_of(talk: Talk) -> list[Json]:
    standing = (talk.business.standing if talk.business else None) or {}
    package: list[Json] = standing.get("package", [])
    return package


def is_open(item: Json) -> bool:
    """Whether she has seen an item and it is still to do: neither done, nor reached, nor put aside."""
    finished = item.get("done") == "yes" or item.get("closed") or item.get("aside")
    return bool(item.get("opened")) and not finished


def item_place(talk: Talk) -> int | None:
    """Which item is meant: the one a run is showing, else the last opened that is still to do."""
    package = package_of(talk)
    noted = talk.note("item")
    if isinstance(noted, int) and noted < len(package):
        return noted
    opened = [place for place, entry in enumerate(package) if entry.get("opened")]
    to_do = [place for place in opened if is_open(package[place])]
    return next(reversed(to_do or opened), None)


def current_item(talk: Talk) -> Json | None:
    place = item_place(talk)
    return package_of(talk)[place] if place is not None else None
