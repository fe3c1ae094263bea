"""Reads YAML that may have been written by anybody: strictly, kindly and within hard limits.

All scalars stay text until the reader of the file asks for more: `no` is the word no, `0123` keeps its
zero, `12:30` is no number. An empty value and an unquoted `null` are None. There are no anchors, aliases,
merges or tags, one document a file, and every key is a text that stands once in its mapping.

We take only events from PyYAML and compose them here: its own composer crashes the process on deep
nesting, its constructors guess types, and 488 bytes of merge keys can fill 800 MB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from content.problems import Place, Report

BYTES = 1_000_000
DEPTH = 32
NODES = 50_000
SCALAR = 20_000

Path = tuple[str | int, ...]

# Tab, line feed and carriage return are the only control characters a text needs. The second part are
# the signs that turn reading direction around: what an author sees would differ from what we read.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_READ_AS_NUMBER = re.compile(r"[-+]?(0\d+|\d{1,9}(:\d\d)+)")

# What libyaml says, what we found in an author's words, and what usually helps.
_EXPLAINED = (
    ("tab", "a tab stands where spaces belong", "Indent with spaces, two for each level."),
    (
        "mapping values are not allowed",
        "there is a second colon in this line, or the line is indented too far",
        "A text that holds a colon and a space needs quotes.",
    ),
    (
        "expected ',' or",
        "a bracket is not closed, or a comma is missing",
        "Close the bracket, or put the comma.",
    ),
    ("unexpected end of stream", "quotes are not closed", "Close the quotes that were opened here."),
    (
        "could not find expected ':'",
        "a name has no colon behind it",
        "Write a colon and a space after the name.",
    ),
    ("'-' indicator", "this line does not continue the list above it", "Indent it like its neighbours."),
    (
        "expected key",
        "this line does not continue what stands above it",
        "Indent it like its neighbours, or close a bracket or quotes above it.",
    ),
    (
        "<document start>",
        "this line does not continue what stands above it",
        "Indent it like its neighbours, or close a bracket or quotes above it.",
    ),
    (
        "cannot start any token",
        "a text begins with a sign that means something else",
        "A text that begins with @, % or ` needs quotes.",
    ),
    ("escape", "a backslash stands in double quotes", "Write two backslashes, or use single quotes."),
)
_OTHER_ADVICE = "Look at this line and the one above it: indentation, quotes and brackets."


@dataclass(frozen=True, slots=True)
class Marks:
    """Where each value and each key of a document stands, by its path: ("items", 0, "ask")."""

    file: str
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def at(self, *path: str | int) -> Place:
        """The place of a value, or of the nearest thing around it that exists."""
        return self._nearest(self.values, path)

    def key(self, *path: str | int) -> Place:
        """The place of a key (the last part of the path), or of what is nearest around it."""
        return self.keys.get(path) or self.at(*path)

    def _nearest(self, places: dict[Path, Place], path: Path) -> Place:
        for length in range(len(path), -1, -1):
            if path[:length] in places:
                return places[path[:length]]
        return Place(self.file)


class Document(NamedTuple):
    """A file that was read. `value` holds dict, list, str and None only."""

    file: str
    value: Any
    marks: Marks


def read_yaml(source: bytes, file: str, report: Report) -> Document | None:
    """The document in `source`, or None with at least one error in the report. Never raises."""
    text = _decode(source, file, report)
    if text is None:
        return None
    composer = _Composer(file, report)
    try:
        data = composer.document(text)
    except _RefusedError:
        return None
    except yaml.MarkedYAMLError as error:
        _explain(error, text, file, report)
        return None
    if data is None:
        report.add("YAML-015", Place(file))
        return None
    return Document(file, data, composer.marks) if composer.sound else None


class _RefusedError(Exception):
    """The rest of the file is not worth reading; the report says why."""


class _Composer:
    """Builds plain values and their places from the parser's events."""

    def __init__(self, file: str, report: Report) -> None:
        self.marks = Marks(file)
        self.sound = True  # False: something was refused, but reading could go on
        self._file = file
        self._report = report
        self._nodes = 0
        self._events: Iterator[Any] = iter(())

    def document(self, text: str) -> Any:
        # The C parser is 15 times as fast; a PyYAML built without it reads the same.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._events = iter(yaml.parse(text, Loader=loader))
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        data = self._value(next(self._events), (), 0)
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse("YAML-008", after)
        return data

    def _value(self, event: Any, path: Path, depth: int) -> Any:
        self._guard(event, depth)
        self.marks.values[path] = self._place(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, depth)
        return self._scalar(event)

    def _list(self, path: Path, depth: int) -> list[Any]:
        out: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            out.append(self._value(event, (*path, len(out)), depth + 1))
        return out

    def _mapping(self, path: Path, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path, depth)
            first = self.marks.keys.get((*path, key))
            if first:
                self._note("YAML-009", event, key=key, first=first.line)
            else:
                self.marks.keys[(*path, key)] = self._place(event)
            value = self._value(next(self._events), (*path, key), depth + 1)
            if not first:
                out[key] = value
        return out

    def _key(self, event: Any, path: Path, depth: int) -> str:
        self._guard(event, depth)
        if not isinstance(event, yaml.ScalarEvent) or not event.value:
            self._refuse("YAML-010", event)
        if event.value == "<<" and not event.style:
            self._refuse("YAML-011", event)
        return str(event.value)

    def _scalar(self, event: Any) -> str | None:
        if event.style:
            return str(event.value)
        if event.value in ("", "null"):
            return None
        if _READ_AS_NUMBER.fullmatch(event.value):
            self._report.add("YAML-016", self._place(event), word=event.value)
        return str(event.value)

    def _guard(self, event: Any, depth: int) -> None:
        self._nodes += 1
        if self._nodes > NODES:
            self._refuse("YAML-004", event, limit=NODES)
        if depth > DEPTH:
            self._refuse("YAML-003", event, limit=DEPTH)
        if isinstance(event, yaml.AliasEvent):
            self._refuse("YAML-006", event, word=f"*{event.anchor}")
        if event.anchor is not None:
            self._refuse("YAML-006", event, word=f"&{event.anchor}")
        if event.tag is not None:
            self._refuse("YAML-007", event, word=event.tag)
        if isinstance(event, yaml.ScalarEvent) and len(event.value) > SCALAR:
            self._refuse("YAML-005", event, limit=SCALAR)

    def _note(self, code: str, event: Any, **facts: object) -> None:
        self.sound = False
        self._report.add(code, self._place(event), **facts)

    def _refuse(self, code: str, event: Any, **facts: object) -> None:
        self._note(code, event, **facts)
        raise _RefusedError

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        # The text of a quoted scalar begins behind its quote: conditions count columns from there.
        inside = 1 if getattr(event, "style", None) in ("'", '"') else 0
        return Place(self._file, mark.line + 1, mark.column + 1 + inside)


def _decode(source: bytes, file: str, report: Report) -> str | None:
    if len(source) > BYTES:
        report.add("YAML-002", Place(file), limit=BYTES)
        return None
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        report.add("YAML-012", _place_of(source[: error.start].decode("utf-8", "replace"), file))
        return None
    invisible = _INVISIBLE.search(text)
    if invisible:
        place = _place_of(text[: invisible.start()], file)
        report.add("YAML-013", place, name=f"U+{ord(invisible.group()):04X}")
        return None
    return text


def _place_of(before: str, file: str) -> Place:
    line_start = before.rfind("\n") + 1
    return Place(file, before.count("\n") + 1, len(before) - line_start + 1)


def _explain(error: yaml.MarkedYAMLError, text: str, file: str, report: Report) -> None:
    mark = error.problem_mark or error.context_mark
    said = str(error.problem or error.context or "it is no YAML")
    detail, advice = next(((d, a) for words, d, a in _EXPLAINED if words in said), (said, _OTHER_ADVICE))
    if mark is None:
        report.add("YAML-001", Place(file), detail=detail, advice=advice)
        return
    place = Place(file, mark.line + 1, mark.column + 1)
    lines = text.splitlines()
    here = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in here[: mark.column + 1] and not here[: mark.column].strip():
        report.add("YAML-014", place)
        return
    report.add("YAML-001", place, detail=detail, advice=advice)
