"""A document as a tree in which every value knows where it was written.

Files of several packs are put together as trees, so that a problem still names the file and the line
that its author has to open. Trees never change; what puts them together makes new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from content.guarded_yaml import Document, Marks, Path
from content.problems import Place

Value = "str | None | tuple[Tree, ...] | Mapping[str, Tree]"


@dataclass(frozen=True, slots=True)
class Tree:
    """A value with its place. `keys` are the places of a mapping's keys."""

    value: str | tuple[Tree, ...] | Mapping[str, Tree] | None
    place: Place
    keys: Mapping[str, Place] = field(default_factory=dict)

    @property
    def entries(self) -> Mapping[str, Tree]:
        """The entries of a mapping; none for anything else."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def items(self) -> tuple[Tree, ...]:
        """The items of a list; none for anything else."""
        return self.value if isinstance(self.value, tuple) else ()

    def get(self, key: str) -> Tree | None:
        return self.entries.get(key)

    def text(self, key: str) -> str | None:
        """The text that stands under a key of this mapping, if it is one."""
        found = self.get(key)
        return found.value if found is not None and isinstance(found.value, str) else None

    def with_entry(self, key: str, value: Tree, at: Place | None = None) -> Tree:
        """The same mapping with this entry, at its old place in the order if there was one."""
        return Tree({**self.entries, key: value}, self.place, {**self.keys, key: at or value.place})

    def without(self, key: str) -> Tree:
        rest = {name: value for name, value in self.entries.items() if name != key}
        return Tree(rest, self.place, self.keys)

    def with_items(self, items: tuple[Tree, ...]) -> Tree:
        return Tree(items, self.place)

    def plain(self) -> Any:
        """The value as the reader of YAML gives it: dict, list, str and None."""
        if isinstance(self.value, Mapping):
            return {key: value.plain() for key, value in self.value.items()}
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        return self.value


def tree_of(document: Document) -> Tree:
    """The document as a tree."""
    return _grown(document.value, (), document.marks)


def _grown(value: Any, path: Path, marks: Marks) -> Tree:
    place = marks.at(*path)
    if isinstance(value, dict):
        keys = {key: marks.key(*path, key) for key in value}
        return Tree({key: _grown(inner, (*path, key), marks) for key, inner in value.items()}, place, keys)
    if isinstance(value, list):
        return Tree(tuple(_grown(inner, (*path, n), marks) for n, inner in enumerate(value)), place)
    return Tree(value, place)


def document_of(tree: Tree, file: str) -> Document:
    """The tree as a document again, under the name of one file; its marks name all the others."""
    marks = Marks(file)
    _mark(tree, (), marks)
    return Document(file, tree.plain(), marks)


def _mark(tree: Tree, path: Path, marks: Marks) -> None:
    marks.values[path] = tree.place
    for key, value in tree.entries.items():
        marks.keys[(*path, key)] = tree.keys.get(key, value.place)
        _mark(value, (*path, key), marks)
    for number, item in enumerate(tree.items):
        _mark(item, (*path, number), marks)
