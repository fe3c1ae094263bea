"""A pack that comes as a zip file: read in memory, within limits, and nothing of it is ever unpacked to a disk."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import PurePosixPath

from content.guarded_yaml import BYTES
from content.problems import Place, Report
from content.sources import ENDINGS, Sources

MOST_FILES = 1_000
MOST_BYTES = 10 * BYTES  # of all files together, as they are when unpacked


def read_archive(source: bytes, name: str, report: Report) -> Sources | None:
    """The YAML and PO files of a zip, by path; None with a problem in the report if it is not to be trusted.

    A single folder around everything, as most programs make it, is left away.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            return _read(archive, name, report)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
    ) as error:
        report.add("ZIP-001", Place(name), detail=error)
        return None


def _read(archive: zipfile.ZipFile, name: str, report: Report) -> Sources | None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    before = len(report.errors)
    if len(entries) > MOST_FILES:
        report.add("ZIP-002", Place(name), found=len(entries), limit=MOST_FILES)
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        report.add("ZIP-003", Place(name), limit=MOST_BYTES)
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            report.add("ZIP-004", Place(name), path=entry.filename)
        elif stat.S_ISLNK(entry.external_attr >> 16):
            report.add("ZIP-005", Place(name), path=entry.filename)
    if len(report.errors) > before:
        return None
    wanted = {entry.filename: entry for entry in entries if entry.filename.endswith(ENDINGS)}
    root = _root(list(wanted))
    return {path.removeprefix(root): _limited(archive, entry) for path, entry in wanted.items()}


def _root(paths: list[str]) -> str:
    """The folder around the pack, if its pack.yaml lies in one."""
    tops = [path for path in paths if PurePosixPath(path).name == "pack.yaml"]
    return min(tops, key=len).removesuffix("pack.yaml") if tops else ""


def _limited(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The file, or as much of it as its reader needs to say that it is too large: its size may be a lie."""
    with archive.open(entry) as file:
        return file.read(BYTES + 1)
