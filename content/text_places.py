"""Where the texts of a pack's content stand, by their keys: so that a letter about a text can name its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from content.guarded_yaml import Document, Path
from content.problems import Place

Found = tuple[str, Path]  # the file, and the way to the text within it


class Places:
    """The places of a pack's texts. What stands in a list is looked for once."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._numbers: dict[tuple[str, str], dict[str, int]] = {}

    def of(self, key: str) -> Place:
        """The place of a text of bank, scoring, gaps, films, directory, laws, cases, meetings or pack; of its file if it is not found."""
        room, *rest = key.partition("#")[0].split("/")
        file, path = _PATHS[room](rest, self) if room in _PATHS else ("pack.yaml", ())
        document = self._documents.get(file)
        return document.marks.at(*path) if document else Place(file)

    def number(self, file: str, section: str, name: str, id: str) -> int | None:
        """Which entry of a list has this id."""
        if (file, section) not in self._numbers:
            document = self._documents.get(file)
            entries = document.value.get(section) if document and isinstance(document.value, dict) else None
            ids = [entry.get(name) if isinstance(entry, dict) else None for entry in entries or ()]
            found = {id: number for number, id in enumerate(ids) if isinstance(id, str)}
            self._numbers[file, section] = found
        return self._numbers[file, section].get(id)


def place_of(key: str, documents: Mapping[str, Document]) -> Place:
    """The place of one text."""
    return Places(documents).of(key)


_Way = Callable[[list[str], Places], Found]


def _bank(rest: list[str], places: Places) -> Found:
    if len(rest) < 2:
        return "bank.yaml", tuple(rest)
    for section, name in (("fields", "field"), ("items", "item")):
        number = places.number("bank.yaml", section, name, rest[0])
        if number is not None:
            return "bank.yaml", (section, number, rest[1].replace("@", "_"), *rest[2:])
    return "bank.yaml", ()


def _listed(file: str, section: str, name: str) -> _Way:
    def way(rest: list[str], places: Places) -> Found:
        number = places.number(file, section, name, rest[0])
        return file, () if number is None else (section, number, *rest[1:])

    return way


def _gaps(rest: list[str], _: Places) -> Found:
    # Tips and scenes are counted from 1 in keys.
    return "gaps.yaml", ("gaps", *(int(part) - 1 if part.isdigit() else part for part in rest))


def _films(rest: list[str], _: Places) -> Found:
    return "films.yaml", ("films", *(int(part) - 1 if part.isdigit() else part for part in rest))


def _meetings(rest: list[str], _: Places) -> Found:
    code, *inner = rest  # a code may be a number, too
    return "meetings.yaml", ("meetings", code, *(int(part) - 1 if part.isdigit() else part for part in inner))


def _in(file: str, *before: str) -> _Way:
    return lambda rest, _: (file, (*before, *rest))


_PATHS: dict[str, _Way] = {
    "bank": _bank,
    "dimensions": _in("bank.yaml", "dimensions"),
    "levels": _listed("scoring.yaml", "levels", "level"),
    "gaps": _gaps,
    "starters": _listed("gaps.yaml", "starter_steps", "id"),
    "films": _films,
    "directory": _in("directory.yaml"),
    "laws": _in("laws.yaml", "laws"),
    "cases": _in("cases.yaml", "cases"),
    "meetings": _meetings,
    "products": _in("pack.yaml", "sells_well"),
    "programmes": _in("pack.yaml", "programmes"),
}
ROOMS = frozenset(
    {*_PATHS, "engine", "web", "player", "papers"}
)  # what keys of texts begin with, beside the names of flows
