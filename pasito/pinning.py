"""`pasito pack diff` and `update`: a pack and what it was made from, then and today."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from content.changes import Difference
from content.lineage import PINNED, copy_of_parent, hash_of_sources, self_contained
from content.po import Updated
from content.problems import Report, render
from content.sources import Sources, read_folder
from content.translations import read_catalogue
from flows.compiler import compile_pack
from flows.version import Version
from pasito.letters import SettingsError
from pasito.packs_on_disk import (
    PacksOnDisk,
    compiled,
    folder_of,
    known_packs,
    write_all,
)
from pasito.settings import Settings
from pasito.translating import texts_of, told, updated_file, without_translations


def diff(settings: Settings, name: str) -> None:
    """Says what a pack changes in its parent, and what has changed in the parent since the pin."""
    version = texts_of(settings, name)
    if not version.pack.extends:
        sys.stdout.write(f"'{version.pack.id}' extends no other pack.\n")
        return
    parent = version.pack.extends[0]
    sys.stdout.write(f"What '{version.pack.id}' changes in '{parent}':\n")
    for line in _own_differences(version, read_folder(folder_of(settings, name))):
        sys.stdout.write(f"  {line}\n")
    before, now = _pinned_and_present(settings, name, parent)
    sys.stdout.write(f"\n{_comparability(version, before, parent)}\n")
    news = list(changes_between(before, now))
    sys.stdout.write(f"\nWhat has changed in '{parent}' since the pin:\n")
    for line in news or ["nothing"]:
        sys.stdout.write(f"  {line}\n")
    if news:
        sys.stdout.write(f"\n`pasito pack update {name}` takes this over and lists what to look at again.\n")


_DONE: Mapping[str, str] = {
    "add": "adds", "insert": "puts in", "replace": "replaces", "change": "changes", "remove": "takes out",
    "override": "rewrites",
}  # fmt: skip


def _own_differences(version: Version, sources: Sources) -> Iterator[str]:
    yield from (_said(difference) for difference in version.pack.differences)
    for path in sorted(sources):
        if path.startswith("po/") and path.endswith(".po"):
            entries = read_catalogue(sources[path], path, Report()).values()
            yield f"{path}: {sum(not entry.fuzzy for entry in entries)} translations"


def _said(difference: Difference) -> str:
    reason = f" ({difference.reason})" if difference.reason else ""
    return (
        f"{difference.place.file}:{difference.place.line}: {_DONE[difference.kind]} {difference.id}{reason}"
    )


def _comparability(version: Version, parent: Version, name: str) -> str:
    if version.instrument == parent.instrument:
        return f"Results are compared with those of '{name}': it measures the same ({version.instrument})."
    return (
        f"Results are not compared with those of '{name}': it measures otherwise "
        f"({version.instrument}, '{name}': {parent.instrument})."
    )


def _pinned_and_present(settings: Settings, name: str, parent: str) -> tuple[Version, Version]:
    """The parent as it is pinned, and as it is on disk today; the same where there is no copy, or no parent any more."""
    known = known_packs(settings)
    pinned = copy_of_parent(read_folder(folder_of(settings, name)))
    before = compiled(pinned or known[parent], known)
    return before, compiled(known[parent], known) if pinned and parent in known else before


def changes_between(before: Version, now: Version) -> Iterator[str]:
    """What a team that builds on the older version has to know of the newer one."""
    for key in sorted(before.texts.keys() | now.texts.keys()):
        old, new_text = before.texts.get(key), now.texts.get(key)
        if old == new_text:
            continue
        if old is None:
            yield f"new text {key}: {_short(new_text)}"
        elif new_text is None:
            yield f"text gone {key}: {_short(old)}"
        else:
            same = _same(old, new_text)
            yield f"text changed {key}: {_short(old, same)} → {_short(new_text, same)}"
    for flow in sorted(before.flows.keys() | now.flows.keys()):
        yield from _flow_changes(flow, before, now)
    if before.instrument != now.instrument:
        yield "the instrument is another one: results before and after are not compared"


def _flow_changes(flow: str, before: Version, now: Version) -> Iterator[str]:
    steps = [
        {one.id for one in version.flows[flow].instructions if one.id} if flow in version.flows else set()
        for version in (before, now)
    ]
    yield from (f"step gone {flow}/{step}" for step in sorted(steps[0] - steps[1]))
    yield from (f"new step {flow}/{step}" for step in sorted(steps[1] - steps[0]))


def _same(old: str, new: str) -> int:
    """How many letters two texts begin with together."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(old), len(new)))


def _short(text: str | None, seen: int = 0, length: int = 60) -> str:
    """A text in a line: of a long one the words from a little before the place where another one parts from it."""
    text = text or ""
    if len(text) > length and seen > length // 3:
        text = "…" + text[seen - length // 3 :].partition(" ")[2]
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= length else f"'{line[: length - 1]}…'"


# --- update ----------------------------------------------------------------------------------------


def update(settings: Settings, name: str, *, dry_run: bool) -> int:
    """Moves a pack's pin to its parent of today. Gives back 1 if what is left has to be mended first.

    The pin moves also when the pack then has problems: they are what the team has to look at.
    """
    known, folder = known_packs(settings), folder_of(settings, name)
    sources = read_folder(folder)
    head = _head_of(sources)
    parent = head["extends"]
    if parent is None or parent not in known:
        raise SettingsError(
            f"'{name}' extends {parent or 'no other pack'}, which is not here. Nothing was changed."
        )
    pinned = self_contained(known[parent], known)
    before, now = copy_of_parent(sources), compiled(known[parent], known)
    pin = hash_of_sources(pinned) if before else hash_of_sources(known[parent])
    if pin == head["hash"]:
        sys.stdout.write(f"'{name}' stands on the '{parent}' of today already. Nothing was changed.\n")
        return 0
    own = {path: source for path, source in sources.items() if not path.startswith(PINNED)}
    own["pack.yaml"] = _with_pin(own["pack.yaml"], now.pack.version, pin)
    fresh = {**own, **({PINNED + path: source for path, source in pinned.items()} if before else {})}
    made = _translations_of_today(folder, fresh, known)
    fresh |= {path: updated.source for path, updated in made.items()}
    report = Report()
    compile_pack(fresh, report, known)
    if not dry_run:
        _put_down(folder, fresh, had_copy=bool(before))
        for path, updated in made.items():
            (folder / path).write_bytes(updated.source)
    _say_update(name, parent, _news(before, now, known), made, report, dry_run=dry_run)
    return 0 if report.ok else 1


def _news(before: Sources, now: Version, known: PacksOnDisk) -> list[str]:
    if not before:
        return ["this pack holds no copy of what it was made from, so only its translations can be compared"]
    return list(changes_between(compiled(before, known), now)) or ["nothing that people see"]


def _translations_of_today(folder: Path, fresh: Sources, known: PacksOnDisk) -> dict[str, Updated]:
    """The PO files with what the texts are now, by path; none if the pack's own changes do not fit any more."""
    version = compile_pack(without_translations(fresh), Report(), known)
    if version is None:
        return {}
    paths = [f"po/{language}.po" for language in version.pack.languages]
    return {path: updated_file(version, folder / path, Path(path).stem) for path in paths if path in fresh}


def _head_of(sources: Sources) -> dict[str, str | None]:
    text = sources.get("pack.yaml", b"").decode("utf-8", "replace")
    extends = re.search(r"^extends:\s*([a-z][a-z0-9_]*)", text, re.MULTILINE)
    pin = re.search(r"^pinned:.*hash:\s*([0-9a-f]+)", text, re.MULTILINE)
    return {"extends": extends[1] if extends else None, "hash": pin[1] if pin else None}


def _with_pin(source: bytes, version: str, pin: str) -> bytes:
    """pack.yaml with another pin; its comments stay."""
    line = f"pinned: {{version: {version}, hash: {pin}}}"
    text = source.decode()
    changed, count = re.subn(r"^pinned:\s*\{[^}]*\}", line, text, count=1, flags=re.MULTILINE)
    if not count:
        changed = re.sub(r"^(extends:.*)$", rf"\1\n{line}", text, count=1, flags=re.MULTILINE)
    return changed.encode()


def _put_down(folder: Path, files: Sources, *, had_copy: bool) -> None:
    """The pack's own files and its copy of the parent; the old copy goes when the new one is there as a whole."""
    (folder / "pack.yaml").write_bytes(files["pack.yaml"])
    if not had_copy:
        return
    pinned, fresh = folder / PINNED.rstrip("/"), folder / "pinned.new"
    shutil.rmtree(fresh, ignore_errors=True)
    write_all(fresh, copy_of_parent(files))
    shutil.rmtree(pinned)
    fresh.rename(pinned)


def _say_update(
    name: str, parent: str, news: Iterable[str], made: Mapping[str, Updated], report: Report, *, dry_run: bool
) -> None:
    lines = [f"'{name}' {'would stand' if dry_run else 'stands'} on the '{parent}' of today."]
    lines += [f"\nWhat has changed in '{parent}':", *(f"  {line}" for line in news)]
    lines += (
        ["\nTranslations:", *(f"  {path}: {told(updated)}" for path, updated in made.items())] if made else []
    )
    hints = len(report.problems) - len(report.errors)
    if report.errors:
        lines += ["\nTo mend before it can be used again:\n", render(report.errors).rstrip()]
    if hints:
        lines += [f"\n`pasito check {name}` has {hints} more to say."]
    if dry_run:
        lines += ["\nNothing was changed: this was a dry run."]
    sys.stdout.write("\n".join(lines) + "\n")
