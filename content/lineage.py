"""Where a pack comes from: the layers it is put together from, the oldest first.

    the library of system flows → base → base's modules that the pack switches on → another economy's pack → the pack

A pack is pinned to its parent: `pinned` in pack.yaml holds the hash of the parent's files. A copy of these
files may stand in the pack's own folder `pinned/`; so the pack still builds when a later release brings
another base. Without that copy the parent is taken from where it lives and must have the pinned hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from content.changes import Difference, joined
from content.guarded_yaml import Document, read_yaml
from content.problems import Place, Problem, Report, did_you_mean

Sources = Mapping[str, bytes]
Parents = Mapping[str, Sources]  # the packs that others may extend, by id

PINNED = "pinned/"
LIBRARY = "flows/library/"
MODULES = "modules/"
FILES = (
    "pack.yaml", "bank.yaml", "scoring.yaml", "gaps.yaml", "films.yaml", "directory.yaml", "laws.yaml", "cases.yaml",
    "campaigns.yaml", "meetings.yaml", "terms.yaml", "brands.yaml", "phrases.yaml", "migrations.yaml", "glossary.yaml",
)  # fmt: skip
FOLDERS = ("flows/", "tests/", "po/", MODULES, PINNED, LIBRARY)
MOST_LAYERS = 6  # packs that extend one another


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the sets of files that a pack is put together from: path within the layer -> (name of the file, content)."""

    pack: str
    files: Mapping[str, tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Lineage:
    """All layers of a pack, the oldest first. ancestors: the ids of the packs it extends, the nearest first."""

    layers: tuple[Layer, ...]
    ancestors: tuple[str, ...]
    modules: tuple[str, ...]


def hash_of_sources(sources: Sources) -> str:
    """What a pin holds: a hash of a pack's files, 16 hex digits.

    Its conversation tests are left out, and so is the copy of its own parent: the pin in its pack.yaml
    stands for that, so a pack has one hash with the copy and without.
    """
    hashed = hashlib.sha256()
    for path in sorted(sources):
        if not path.startswith(("tests/", PINNED)):
            for part in (path.encode(), sources[path]):
                hashed.update(len(part).to_bytes(8, "big") + part)
    return hashed.hexdigest()[:16]


def lineage(sources: Sources, parents: Parents, report: Report) -> Lineage | None:
    """The layers of the pack in these files; None if a parent cannot be found, with a problem in the report."""
    packs: list[tuple[str, str, Sources]] = []  # id, what its files are called by, files; the youngest first
    prefix = ""
    while True:
        own = {path: source for path, source in sources.items() if not path.startswith(PINNED)}
        head = _head(own, prefix + "pack.yaml", report)
        if head is None:
            return None
        packs.append((head.pack, prefix, own))
        if head.extends is None:
            break
        ids = [id for id, _, _ in packs]
        if head.extends in ids or len(packs) >= MOST_LAYERS:
            report.add("EXT-007", head.at, circle=" → ".join([*ids, head.extends]))
            return None
        found = _parent(head, sources, prefix, parents, report)
        if found is None:
            return None
        prefix, sources = found
    wanted: dict[str, Place] = {}  # a module that several of them switch on is there once
    for _, called, files in reversed(packs):
        for module, place in _wanted(files, called):
            wanted.setdefault(module, place)
    paths = [path for _, _, files in packs for path in files]
    inside = [path.removeprefix(MODULES) for path in paths if path.startswith(MODULES)]
    known = sorted({path.partition("/")[0] for path in inside if "/" in path})
    for module, place in wanted.items():
        if module not in known:
            report.add("EXT-010", place, module=module, known=known, near=did_you_mean(module, known))
    return Lineage(_layers(packs, list(wanted)), tuple(id for id, _, _ in packs[1:]), tuple(wanted))


def put_together(found: Lineage, report: Report) -> tuple[dict[str, Document], tuple[Difference, ...]]:
    """The documents of all YAML files, layer upon layer, by their path; and what the youngest pack changes."""
    documents: dict[str, Document] = {}
    differences: list[Difference] = []
    youngest = found.layers[-1].pack
    for layer in found.layers:
        for path, (name, source) in layer.files.items():
            if not path.endswith(".yaml") or not _is_known(path, name, report):
                continue
            document = parsed(name, source, report)
            if document is None:
                continue
            parent = documents.get(path)
            if parent is None or path.startswith("tests/") or not isinstance(document.value, dict):
                documents[path] = document
                continue
            documents[path], changed = joined(path, parent, document, report)
            differences += changed if layer.pack == youngest else []
    return documents, tuple(differences)


def _is_known(path: str, name: str, report: Report) -> bool:
    """Whether a file is one that we read; a stranger at the top is perhaps one with a typo in its name."""
    if path in FILES or path.startswith(("flows/", "tests/")):
        return True
    if not path.startswith(FOLDERS):
        known = (*FILES, "flows/", "tests/", "po/")
        near = did_you_mean(path, FILES) if "/" not in path else ""
        report.add("PACK-009", Place(name), file=path, known=known, near=near)
    return False


def parsed(name: str, source: bytes, report: Report) -> Document | None:
    """As `read_yaml`; the same file is read once in a process, whoever extends it."""
    document, problems = _parsed(name, source)
    report.extend(problems)
    return document


@lru_cache(maxsize=512)
def _parsed(name: str, source: bytes) -> tuple[Document | None, tuple[Problem, ...]]:
    report = Report()
    return read_yaml(source, name, report), report.problems


def copy_of_parent(sources: Sources) -> dict[str, bytes]:
    """The copy of the parent that lies in a pack's folder `pinned`; nothing if there is none."""
    return {path.removeprefix(PINNED): s for path, s in sources.items() if path.startswith(PINNED)}


def is_self_contained(sources: Sources) -> bool:
    """Whether these files hold the library they are made with, or stand on a parent that does."""
    return any(path.startswith(LIBRARY) for path in sources) or _extends(sources) is not None


def self_contained(sources: Sources, parents: Parents) -> dict[str, bytes]:
    """A pack's files with a copy of all it stands on: so it can be published, and built by a later release."""
    parent = _extends(sources)
    if parent is None or parent not in parents or any(path.startswith(PINNED) for path in sources):
        return dict(sources)
    pinned = self_contained(parents[parent], parents)
    return {**sources, **{PINNED + path: source for path, source in pinned.items()}}


@dataclass(frozen=True, slots=True)
class _Head:
    """What pack.yaml says of where the pack comes from."""

    pack: str
    extends: str | None
    pin: str | None
    at: Place


def _extends(sources: Sources) -> str | None:
    head = _head(sources, "pack.yaml", Report())
    return head.extends if head is not None else None


def _head(sources: Sources, file: str, report: Report) -> _Head | None:
    """What pack.yaml says; None if it cannot be read or names no parent as one should, with a problem in the report.

    Of a pack whose parent is not known nothing else can be judged.
    """
    value, document = _manifest(sources, file, report)
    if document is None:
        return None if "pack.yaml" in sources else _Head("", None, None, Place(file))
    pack, extends, pinned = value.get("pack"), value.get("extends"), value.get("pinned")
    at = document.marks.at("extends")
    if not isinstance(extends, (str, type(None))):
        report.add("SHAPE-006", at, what="'extends'", expected="the name of a pack")
        return None
    pin = pinned.get("hash") if isinstance(pinned, dict) else None
    return _Head(pack if isinstance(pack, str) else "", extends, pin if isinstance(pin, str) else None, at)


def _manifest(sources: Sources, file: str, report: Report) -> tuple[dict[str, object], Document | None]:
    if "pack.yaml" not in sources:
        return {}, None
    document = parsed(file, sources["pack.yaml"], report)
    value = document.value if document else None
    return (value if isinstance(value, dict) else {}), document


def _parent(
    head: _Head, sources: Sources, prefix: str, parents: Parents, report: Report
) -> tuple[str, Sources] | None:
    assert head.extends is not None  # asked by whoever calls
    inside = copy_of_parent(sources)
    if inside:
        if head.pin != hash_of_sources(inside):
            found = hash_of_sources(inside)
            report.add("EXT-009", head.at, parent=head.extends, found=found, pin=head.pin or "not there")
            return None
        return f"{prefix}{PINNED}", inside
    parent = parents.get(head.extends)
    if parent is None:
        near = did_you_mean(head.extends, parents)
        report.add("EXT-006", head.at, parent=head.extends, known=sorted(parents), near=near)
        return None
    if head.pin != hash_of_sources(parent):
        found = hash_of_sources(parent)
        report.add("EXT-008", head.at, parent=head.extends, found=found, pin=head.pin or "not there")
        return None
    return f"{head.extends}/", parent


def _wanted(sources: Sources, prefix: str) -> list[tuple[str, Place]]:
    """The modules that a pack switches on."""
    value, document = _manifest(sources, prefix + "pack.yaml", Report())
    modules = value.get("modules")
    if document is None or not isinstance(modules, list):
        return []
    return [(m, document.marks.at("modules", n)) for n, m in enumerate(modules) if isinstance(m, str)]


def _layers(packs: list[tuple[str, str, Sources]], modules: list[str]) -> tuple[Layer, ...]:
    layers: list[Layer] = []
    for id, prefix, own in reversed(packs):
        library = {_library_path(path): (path, s) for path, s in own.items() if path.startswith(LIBRARY)}
        if library:
            layers.append(Layer("library", library))
        apart = (LIBRARY, MODULES)
        layers.append(Layer(id, {p: (prefix + p, s) for p, s in own.items() if not p.startswith(apart)}))
        for module in modules:
            folder = f"{MODULES}{module}/"
            inside = {p.removeprefix(folder): (prefix + p, s) for p, s in own.items() if p.startswith(folder)}
            if inside:
                layers.append(Layer(id, inside))
    return tuple(layers)


def _library_path(path: str) -> str:
    """Where a file of the library stands among a pack's: its flows are flows, its sentences a file of their own."""
    name = re.sub(r"^flows/library/", "", path)
    return name if name == "phrases.yaml" else f"flows/{name}"
