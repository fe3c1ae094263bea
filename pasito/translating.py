"""`pasito i18n`: the texts of a pack for translators, as PO files in its folder `po`."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from content.languages import language_name
from content.po import Updated, updated
from content.problems import Report
from content.sources import Sources
from content.translations import is_needed
from content.words import chain
from flows.compiler import compile_pack
from flows.translating import PARTS, Coverage, coverage, translatables
from flows.version import Version
from pasito.letters import BrokenPack, SettingsError
from pasito.packs_on_disk import folder_of, known_packs, named_sources
from pasito.settings import Settings

TEMPLATE = "messages.pot"
MOST_NAMED = 5  # keys in one line
_ONLY_ENGLISH = "'{pack}' speaks English only, which is the language of the texts themselves.\n"


def extract(settings: Settings, name: str) -> None:
    """Writes all texts of a pack as a template without a language."""
    version, folder = texts_of(settings, name), folder_of(settings, name)
    made = updated(None, translatables(version), None, version.pack.title)
    path = folder / "po" / TEMPLATE
    _write(path, made.source)
    sys.stdout.write(f"{from_here(path)}: {len(made.new)} texts.\n")


def update(settings: Settings, name: str, languages: Iterable[str] = ()) -> None:
    """Brings the PO files of a pack up to date: translations stay, those of changed texts are marked fuzzy."""
    version, folder = texts_of(settings, name), folder_of(settings, name)
    wanted = tuple(languages) or tuple(tag for tag in version.pack.languages if chain(tag))
    for language in wanted:
        if language not in version.pack.languages:
            raise SettingsError(
                f"'{language}' is not among the languages of '{version.pack.id}'. Add it to 'languages' in pack.yaml."
            )
    if not wanted:
        sys.stdout.write(_ONLY_ENGLISH.format(pack=version.pack.id))
    files = {folder / "po" / f"{language}.po": language for language in wanted}
    made = {path: updated_file(version, path, language) for path, language in files.items()}
    for path, file in made.items():  # only when all could be read
        _write(path, file.source)
        sys.stdout.write(f"{from_here(path)}: {told(file)}\n")


def from_here(path: Path) -> str:
    """A path as somebody in this folder would write it."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def told(made: Updated) -> str:
    """What has changed in a PO file, in a line."""
    again = f" ({', '.join(made.changed[:MOST_NAMED])}{', …' if len(made.changed) > MOST_NAMED else ''})"
    return (
        f"{len(made.new)} new, {len(made.changed)} to look at again{again if made.changed else ''}, "
        f"{len(made.gone)} gone."
    )


def without_translations(sources: Sources) -> Sources:
    """A pack's files without its own PO files: broken translations do not stand in the way of mending them."""
    return {path: source for path, source in sources.items() if not path.startswith("po/")}


def texts_of(settings: Settings, name: str) -> Version:
    """A pack as it is for translators: its texts are what counts. Raises BrokenPack with all its problems."""
    known, report = known_packs(settings), Report()
    version = compile_pack(without_translations(named_sources(known, name)), report, known)
    if version is None:
        raise BrokenPack(report.problems)
    return version


def updated_file(version: Version, path: Path, language: str) -> Updated:
    """The PO file of a language, brought up to date. Raises SettingsError for one that cannot be read."""
    try:
        return updated(
            path.read_bytes().removeprefix(BOM_UTF8)
            if path.exists()
            else None,  # some editors put one in front
            translatables(version),
            language,
            version.pack.title,
        )
    except ValueError as error:
        raise SettingsError(
            f"{from_here(path)} cannot be read as a PO file ({error}). Nothing was changed."
        ) from None


def status(settings: Settings, name: str) -> None:
    """Says how far each language of a pack is, part by part."""
    known, report = known_packs(settings), Report()
    # As if it were published: a label that is too long should not hide how far the rest is.
    version = compile_pack(named_sources(known, name), report, known, published=True)
    if version is None:
        raise BrokenPack(report.problems)
    rows = list(coverage(version))
    if not rows:
        sys.stdout.write(_ONLY_ENGLISH.format(pack=version.pack.id))
        return
    for language, parts in groupby(rows, key=lambda row: row.language):
        _say_language(version, language, sorted(parts, key=lambda row: list(PARTS).index(row.part)))


def _say_language(version: Version, language: str, parts: list[Coverage]) -> None:
    done, needed = sum(part.done for part in parts), sum(part.needed for part in parts)
    lines = [f"{language} ({language_name(language)}): {done} of {needed} texts, {percent(done, needed)}"]
    for part in parts:
        what = f"{part.done} of {part.needed}"
        rest = [
            _rest(keys, word)
            for keys, word in (
                (part.missing, "missing"),
                (part.fuzzy, "to look at again"),
                (part.long, "too long for a button"),
            )
            if keys
        ]
        lines.append(f"  {part.part:12} {what:>14}  {_bar(part)}  {', '.join(rest)}".rstrip())
    waiting = _waiting(version, language)
    if waiting:
        lines.append(f"  {_rest(waiting, 'translated, but something else is missing in the same message')}")
    sys.stdout.write("\n".join(lines) + "\n\n")


def _rest(keys: Sequence[str], what: str) -> str:
    """How many, and which if they are few."""
    return f"{len(keys)} {what}" + (f": {', '.join(keys)}" if len(keys) <= MOST_NAMED else "")


def _waiting(version: Version, language: str) -> list[str]:
    """Translations that nobody reads yet, since their message is not translated as a whole."""
    shown = version.words.translations.get(language, {})
    finished = version.pack.catalogues.get(language, {}).items()
    return [
        key
        for key, one in finished
        if not one.fuzzy and key in version.texts and key not in shown and is_needed(key)
    ]


def percent(done: int, needed: int) -> str:
    """Rounded down: 100 % means all."""
    return f"{100 * done // needed if needed else 100} %"


def _bar(part: Coverage, width: int = 20) -> str:
    full = width * part.done // part.needed if part.needed else width
    return "█" * full + "·" * (width - full)


def _write(path: Path, source: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source)
