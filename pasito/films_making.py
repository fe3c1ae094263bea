"""`pasito video`: makes the films of a pack, lists them, clears away what nobody names any more.

Films need the pack's content only: a conversation that somebody is working on does not stand in the way.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from content.drawings import parts
from content.films import Film
from content.pack import Pack, read_pack
from content.problems import Report, did_you_mean
from content.translations import words_of
from content.words import Words
from films.errors import FilmError
from films.making import Made, Shelving, make_all, unreferenced
from films.plan import Refused, Wanted, is_translated, planned
from films.script import missing_texts, script_of
from films.shelf import BuiltFilm, FilmShelf
from films.tools import missing_packages
from pasito.columns import columns
from pasito.letters import BrokenPack, SettingsError
from pasito.packs_on_disk import PacksOnDisk, known_packs, named_sources
from pasito.settings import Settings
from pasito.translating import from_here

MOST_NAMED = 5  # texts in one line


@dataclass(frozen=True, slots=True)
class _Films:
    """A pack as far as films need it. folders: its own, then those of its parents."""

    pack: Pack
    words: Words
    folders: tuple[Path | None, ...]

    def films(self, ids: Sequence[str]) -> list[str]:
        """The films that are meant; all if none is named. Raises SettingsError for one that there is not."""
        for id in ids:
            if id not in self.pack.films:
                near = did_you_mean(id, self.pack.films)
                advice = f"Did you mean '{near}'?" if near else f"Its films: {', '.join(self.pack.films)}."
                raise SettingsError(f"'{id}' is not a film of '{self.pack.id}'. {advice}")
        return [id for id in self.pack.films if id in ids] if ids else list(self.pack.films)

    def languages(self, named: Sequence[str]) -> tuple[str, ...]:
        """The languages that are meant; all of the pack if none is named. Raises SettingsError for another one."""
        for language in named:
            if language not in self.pack.languages:
                raise SettingsError(
                    f"'{language}' is not among the languages of '{self.pack.id}': {', '.join(self.pack.languages)}."
                )
        return tuple(named) or self.pack.languages


def build(settings: Settings, name: str | None, films: Sequence[str], languages: Sequence[str]) -> int:
    """Makes what is new or has changed. Gives back the exit code: 1 if a film could not be made."""
    _refuse_without_extra()
    found = _read(settings, name)
    ids = found.films(films)
    wanted, refused = _plan(found, ids, found.languages(languages), named=bool(languages))
    shelving = Shelving(settings.films_dir, found.pack.id, list(found.pack.films))
    made: list[Made] = []
    for result in _watched(wanted, shelving):
        if isinstance(result, Refused):
            refused.append(result)
        else:
            made.append(result)
    _tell_made(made, found)
    for line in _letters(refused):
        sys.stderr.write(line)
    return 1 if refused else 0


def _plan(
    found: _Films, ids: Sequence[str], languages: Sequence[str], *, named: bool
) -> tuple[list[Wanted], list[Refused]]:
    """What is to be made, and what cannot be. A language that nobody named and that is not translated waits."""
    wanted: list[Wanted] = []
    refused: list[Refused] = []
    for language in languages:
        films = [found.pack.films[id] for id in ids]
        ready = films if named else [film for film in films if is_translated(found.pack, film, language)]
        if len(ready) < len(films):
            waiting = [film.id for film in films if film not in ready]
            sys.stdout.write(f"Not translated into {language} yet, so not made: {', '.join(waiting)}.\n")
        for one in planned(found.pack, found.words, [film.id for film in ready], [language], found.folders):
            if isinstance(one, Refused):
                refused.append(one)
            else:
                wanted.append(one)
    return wanted, refused


def _watched(wanted: Sequence[Wanted], shelving: Shelving) -> Iterable[Made | Refused]:
    """Makes films, and shows on a terminal how far each is."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        whole = bar.add_task("Films", total=len(wanted), done=f"0 of {len(wanted)}")
        tasks = {
            one: bar.add_task(f"  {one.film} {one.language}", total=1.0, done="", visible=False)
            for one in wanted
        }

        def watch(one: Wanted, share: float) -> None:
            bar.update(tasks[one], completed=share, visible=True, done=f"{min(share, 1):.0%}")

        by_name = {(one.film, one.language): task for one, task in tasks.items()}
        for number, result in enumerate(make_all(wanted, shelving, watch), 1):
            film = result.film if isinstance(result, Made) else result
            bar.update(by_name[film.film, film.language], visible=False)
            bar.update(whole, completed=number, done=f"{number} of {len(wanted)}")
            yield result


def _tell_made(made: Sequence[Made], found: _Films) -> None:
    order = {id: number for number, id in enumerate(found.pack.films)}
    fresh = [one.film for one in made if one.new]
    rows = [_row(film) for film in sorted(fresh, key=lambda film: (film.language, order[film.film]))]
    if rows:
        sys.stdout.write(columns(_HEADS, rows))
    same = len(made) - len(fresh)
    sys.stdout.write(f"{_films(len(fresh))} made, {same} as before.\n")


_HEADS = ("film", "language", "length", "large", "small", "voice", "title")


def _row(film: BuiltFilm) -> tuple[str, ...]:
    large = _size(film.large.bytes if film.large else 0)
    small = _size(film.small.bytes if film.small else 0)
    voice = film.address or film.narration
    return (film.film, film.language, f"{film.seconds} s", large, small, voice, film.title)


def _size(bytes: int) -> str:
    if bytes == 0:
        return "-"
    return f"{bytes / 1e6:.1f} MB" if bytes >= 1e6 else f"{bytes / 1e3:.0f} KB"


def _films(count: int) -> str:
    return f"{count} film{'' if count == 1 else 's'}"


def _letters(refused: Iterable[Refused]) -> list[str]:
    """What could not be made; films with the same problem are named together."""
    same: dict[tuple[str, str], list[str]] = {}
    for one in refused:
        same.setdefault((one.language, one.why), []).append(one.film)
    return [f"{', '.join(films)} ({language}): {why}\n" for (language, why), films in same.items()]


def show(settings: Settings, name: str | None) -> None:
    """Lists the films of a pack: what is made, what has changed since, what is missing."""
    found = _read(settings, name)
    shelf = FilmShelf(settings.films_dir)
    rows = []
    for language in found.pack.languages:
        built = shelf.all(found.pack.id, language)
        for film in found.pack.films.values():
            rows.append(
                (*_known_row(film, language, built.get(film.id)), _state(found, film, language, built))
            )
    sys.stdout.write(columns(("film", "language", "length", "large", "small", "voice", "state"), rows))


def _known_row(film: Film, language: str, built: BuiltFilm | None) -> tuple[str, ...]:
    return _row(built)[:-1] if built is not None else (film.id, language, "-", "-", "-", "-")


def _state(found: _Films, film: Film, language: str, built: Mapping[str, BuiltFilm]) -> str:
    if not is_translated(found.pack, film, language):
        missing = missing_texts(found.pack, film, language)
        return (
            f"not translated: {', '.join(missing[:MOST_NAMED])}{', …' if len(missing) > MOST_NAMED else ''}"
        )
    (plan,) = planned(found.pack, found.words, [film.id], [language], found.folders)
    if isinstance(plan, Refused):
        return plan.why
    if film.id not in built:
        return "not made yet"
    return "ready" if built[film.id].made_of == plan.made_of else "changed since: pasito video build"


def clean(settings: Settings) -> None:
    """Removes files that no list of films names any more. Links to films that are listed keep working."""
    folder = settings.films_dir
    left = unreferenced(folder)
    size = 0
    for path in left:
        size += _remove(path)
    sys.stdout.write(f"{len(left)} file{'' if len(left) == 1 else 's'} removed, {size / 1e6:.1f} MB.\n")


def _remove(path: Path) -> int:
    if path.is_dir():
        size = sum(_remove(inner) for inner in path.iterdir())
        path.rmdir()
        return size
    size = path.stat().st_size
    path.unlink()
    return size


def sheet(
    settings: Settings, name: str | None, films: Sequence[str], language: str | None, into: Path | None
) -> None:
    """Writes one picture with every scene of some films."""
    _refuse_without_extra()
    from films.sheet import contact_sheet

    found = _read(settings, name)
    ids, chosen = found.films(films), found.languages([language] if language else ())[0]
    try:
        scripts = [
            script_of(found.pack, found.words, found.pack.films[id], chosen, None, spoken=False) for id in ids
        ]
        made = contact_sheet(scripts)
    except FilmError as error:
        raise SettingsError(str(error)) from None
    path = into or Path(f"films-{found.pack.id}-{chosen}{'-' + '-'.join(ids) if films else ''}.png")
    path.write_bytes(made)
    sys.stdout.write(f"{from_here(path.resolve())}: {_films(len(ids))}. Look at every scene.\n")


def show_parts(into: Path | None) -> None:
    """Writes one picture with all parts that scenes are put together from."""
    from films.sheet import parts_sheet

    path = into or Path("parts.png")
    path.write_bytes(parts_sheet())
    sys.stdout.write(f"{from_here(path.resolve())}: {len(parts())} parts, each with its name.\n")


def _refuse_without_extra() -> None:
    missing = missing_packages()
    if missing:
        raise SettingsError(
            f"Films are made with packages that are not installed here ({', '.join(missing)}). "
            "Install them: pip install 'pasito[video]'. In a copy of the project: make films."
        )


def _read(settings: Settings, name: str | None) -> _Films:
    """A pack's content. Raises BrokenPack with all its problems."""
    known, report = known_packs(settings), Report()
    chosen = name or settings.programme
    pack = read_pack(named_sources(known, chosen), report, known)
    if pack is None or not report.ok:
        raise BrokenPack(report.problems)
    folders = tuple(_folder_of(known, one) for one in (chosen, *pack.extends))
    return _Films(pack, words_of(pack.texts, pack.catalogues, pack.terms), folders)


def _folder_of(known: PacksOnDisk, name: str) -> Path | None:
    """Where the other files of a pack lie: recordings, films of its own. None for a zip."""
    if name in known.folders:
        return known.folders[name]
    if (Path(name) / "pack.yaml").is_file():
        return Path(name)
    bundled = resources.files("content").joinpath("packs", name)
    return bundled if isinstance(bundled, Path) and bundled.is_dir() else None
