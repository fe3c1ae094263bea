"""The packs that this process can see on disk: those of the package, and those in the folders of PASITO_PACKS."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path

from content.archives import MOST_BYTES, read_archive
from content.lineage import is_self_contained, self_contained
from content.problems import Report, did_you_mean
from content.sources import Sources, bundled_packs, bundled_sources, read_folder
from flows.compiler import compile_pack, library_sources
from flows.version import Version
from pasito.letters import BrokenPack, SettingsError
from pasito.settings import Settings


class PacksOnDisk(Mapping[str, Sources]):
    """Packs by id; each is read when somebody asks for it. The base comes with the library of system flows.

    A folder of PASITO_PACKS is a pack, or holds packs. Its name is the pack's id.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.folders = folders
        self._read: dict[str, Sources] = {}

    def __getitem__(self, id: str) -> Sources:
        if id not in self._read:
            if id not in self:
                raise KeyError(id)
            sources = read_folder(self.folders[id]) if id in self.folders else bundled_sources(id)
            self._read[id] = {**library_sources(), **sources} if id == "base" else sources
        return self._read[id]

    def __contains__(self, id: object) -> bool:
        return id in self.folders or id in bundled_packs()

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*bundled_packs(), *self.folders]))

    def __len__(self) -> int:
        return len(list(iter(self)))


def known_packs(settings: Settings) -> PacksOnDisk:
    """All packs on disk; one in a folder of the settings takes the place of one of the package."""
    folders: dict[str, Path] = {}
    for folder in map(Path.resolve, settings.packs):  # "." has a name, too
        if (folder / "pack.yaml").is_file():
            folders[folder.name] = folder
            continue
        folders |= {path.name: path for path in sorted(folder.iterdir()) if (path / "pack.yaml").is_file()}
    return PacksOnDisk(folders)


def named_sources(known: PacksOnDisk, name: str) -> Sources:
    """The files of a pack that is named by its id, its folder, or a zip of its folder."""
    if name in known:
        return known[name]
    path = Path(name)
    if (path / "pack.yaml").is_file():
        return read_folder(path)
    if path.suffix == ".zip" and path.is_file():
        return _archived(path)
    raise _unknown(known, name)


def _archived(path: Path) -> Sources:
    report = Report()
    with path.open("rb") as file:
        sources = read_archive(file.read(MOST_BYTES + 1), path.name, report)
    if sources is None:
        raise BrokenPack(report.problems)
    return sources


def _unknown(known: PacksOnDisk, name: str) -> SettingsError:
    near = did_you_mean(name, known)
    advice = f"Did you mean '{near}'?" if near else f"Known packs: {', '.join(known)}."
    return SettingsError(f"'{name}' is no pack and no folder with a pack.yaml. {advice}")


def folder_of(settings: Settings, name: str) -> Path:
    """Where the files of a pack are, to be written. Raises SettingsError for one inside an installed package."""
    known = known_packs(settings)
    if name in known.folders:
        return known.folders[name]
    if (Path(name) / "pack.yaml").is_file():
        return Path(name)
    if name in known:
        folder = resources.files("content").joinpath("packs", name)
        if isinstance(folder, Path) and os.access(folder, os.W_OK):
            return folder
        raise SettingsError(
            f"'{name}' travels with Pasito and cannot be changed there. Copy its folder first."
        )
    raise _unknown(known, name)


def pack_sources(settings: Settings) -> Sources:
    """The files of the deployment's pack."""
    known = known_packs(settings)
    if settings.programme not in known:
        raise SettingsError(
            f"PASITO_PROGRAMME is {settings.programme!r}, but no such pack travels with Pasito, and no folder of "
            f"PASITO_PACKS holds it. Known packs: {', '.join(known)}."
        )
    return known[settings.programme]


def published_sources(settings: Settings) -> Sources:
    """The files of the deployment's pack with a copy of all that it stands on."""
    return complete(pack_sources(settings), known_packs(settings))


def complete(sources: Sources, known: PacksOnDisk) -> Sources:
    """A pack's files with the library and the packs it is made from, so that they compile the same for ever."""
    return self_contained(sources if is_self_contained(sources) else {**library_sources(), **sources}, known)


def compiled(sources: Sources, known: PacksOnDisk) -> Version:
    """A pack from its files. Raises BrokenPack with all its problems."""
    report = Report()
    version = compile_pack(sources, report, known)
    if version is None:
        raise BrokenPack(report.problems)
    return version


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes the files of a pack, or of a part of it, into a folder."""
    for path, source in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(source)
