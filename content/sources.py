"""Where a pack's files come from: a folder, or this package. As bytes, by path."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from content.guarded_yaml import BYTES

Sources = dict[str, bytes]
"""Path within the pack -> content: {"bank.yaml": b"...", "flows/menu.yaml": b"..."}."""

ENDINGS = (".yaml", ".po")


def read_folder(folder: Path) -> Sources:
    """The YAML and PO files of a folder. Links are left out: a pack may not reach beyond its folder.

    Of a file larger than a pack may hold one byte more is read, so that its reader can say so.
    """
    found: Sources = {}
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        parents = [folder.joinpath(*inner.parts[:length]) for length in range(1, len(inner.parts) + 1)]
        if path.suffix in ENDINGS and path.is_file() and not any(parent.is_symlink() for parent in parents):
            with path.open("rb") as file:
                found[inner.as_posix()] = file.read(BYTES + 1)
    return found


def bundled_packs() -> tuple[str, ...]:
    """The ids of the packs that travel with this package: the base and the example economies."""
    folders = resources.files("content").joinpath("packs").iterdir()
    return tuple(sorted(entry.name for entry in folders if entry.joinpath("pack.yaml").is_file()))


def bundled_sources(id: str) -> Sources:
    """One of the packs that travel with this package."""
    return dict(_walk(resources.files("content").joinpath("packs", id), ""))


def base_sources() -> Sources:
    """The base pack."""
    return bundled_sources("base")


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(ENDINGS):
            yield prefix + entry.name, entry.read_bytes()
