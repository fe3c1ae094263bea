"""Makes films, two side by side, and keeps each as soon as it is done: a stop loses nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from films import own_film
from films.encode import encode, write_poster
from films.errors import FilmError
from films.plan import Refused, Wanted
from films.script import Script
from films.shelf import FILES, BuiltFilm, Copy, FilmShelf, Narration, read_list, write_list
from films.slides import draw_slides
from films.subtitles import webvtt
from films.timing import told

SIDE_BY_SIDE = 2  # ffmpeg works in processes of its own
MAKING = "making"

Watch = Callable[[Wanted, float], None]  # how far a film is, from 0 to 1


@dataclass(frozen=True, slots=True)
class Made:
    """A film that is on the shelf now. new: it was not there before."""

    film: BuiltFilm
    new: bool


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a film consists of, still in a folder of its own."""

    seconds: float
    narration: Narration
    large: Path
    small: Path
    poster: Path
    captions: Path | None


class Shelving:
    """A programme's films on the shelf, while they are made. order: the ids of all films that its pack has."""

    def __init__(self, folder: Path, programme: str, order: Sequence[str]) -> None:
        self.shelf = FilmShelf(folder)
        self._programme = programme
        self._order = list(order)
        self._lock = Lock()

    def known(self) -> dict[str, BuiltFilm]:
        """All films that are made already, by what they are made of; also for other programmes, which may say the same."""
        found = (film for path in _lists(self.shelf.folder) for film in read_list(path).values())
        return {film.made_of: film for film in found if self._is_whole(film)}

    def keep(self, film: BuiltFilm) -> None:
        """Puts a film on the list of its language; those that the pack does not have any more leave it."""
        path = self.shelf.list_path(self._programme, film.language)
        with self._lock:
            films = {**read_list(path), film.film: film}
            kept = [films[id] for id in self._order if id in films]
            if kept != list(read_list(path).values()):
                write_list(path, kept)

    def _is_whole(self, film: BuiltFilm) -> bool:
        return film.address is not None or all(self.shelf.path(copy) is not None for copy in _copies(film))


def make_all(wanted: Sequence[Wanted], shelving: Shelving, watch: Watch) -> Iterator[Made | Refused]:
    """Makes what is not there yet; each result as soon as it is known. A film that fails stops no other."""
    known = shelving.known()
    missing = [one for one in wanted if one.made_of not in known]
    for one in wanted:
        if one.made_of in known:
            shelving.keep(known[one.made_of])
            yield Made(known[one.made_of], new=False)
    pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="film")
    try:
        for done in as_completed([pool.submit(_made, one, shelving, watch) for one in missing]):
            yield done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _made(wanted: Wanted, shelving: Shelving, watch: Watch) -> Made | Refused:
    try:
        film = make(wanted, shelving.shelf.folder, lambda share: watch(wanted, share))
    except FilmError as error:
        return Refused(wanted.film, wanted.language, str(error))
    except OSError as error:
        return Refused(wanted.film, wanted.language, f"A file cannot be written or read: {error}.")
    shelving.keep(film)
    return Made(film, new=True)


def make(wanted: Wanted, folder: Path, watch: Callable[[float], None] = lambda _: None) -> BuiltFilm:
    """One film with all its files in the shelf's folder. Raises FilmError."""
    if wanted.address is not None:
        own = wanted.address
        return BuiltFilm(
            wanted.film, wanted.language, wanted.title, own.seconds, wanted.transcript, wanted.made_of,
            large=Copy("", own.bytes), narration="recorded", address=own.address,
        )  # fmt: skip
    files = folder / FILES
    files.mkdir(parents=True, exist_ok=True)
    (folder / MAKING).mkdir(exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f"{wanted.film}-", dir=folder / MAKING))
    try:
        parts = (
            _from_script(wanted.script, beside, watch) if wanted.script else _from_file(wanted, beside, watch)
        )
        name = f"{wanted.film}-{wanted.language}-{wanted.made_of[:12]}"
        return BuiltFilm(
            wanted.film, wanted.language, wanted.title, round(parts.seconds), wanted.transcript, wanted.made_of,
            large=_kept(parts.large, files / f"{name}.mp4"),
            small=_kept(parts.small, files / f"{name}-small.mp4"),
            poster=_kept(parts.poster, files / f"{name}.jpg"),
            captions=_kept(parts.captions, files / f"{name}.vtt") if parts.captions else None,
            narration=parts.narration,
        )  # fmt: skip
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _from_script(script: Script, folder: Path, watch: Callable[[float], None]) -> _Parts:
    spoken, timing = told(script)
    slides = draw_slides(script, timing, folder)
    files = encode(slides, spoken, timing, folder, lambda seconds: watch(seconds / timing.seconds))
    poster, captions = folder / "poster.jpg", folder / "captions.vtt"
    write_poster(slides.drawings[0], slides.title, poster)
    captions.write_text(webvtt(timing, script.language), "utf-8")
    return _Parts(timing.seconds, _narration(script), files["large"], files["small"], poster, captions)


def _narration(script: Script) -> Narration:
    if any(scene.recording for scene in script.scenes):
        return "recorded"
    return "silent" if script.is_silent else "voice"


def _from_file(wanted: Wanted, folder: Path, watch: Callable[[float], None]) -> _Parts:
    assert wanted.file is not None  # neither a script nor an address
    seconds = own_film.checked(wanted.file)
    files = own_film.transcoded(wanted.file, seconds, folder, lambda done: watch(done / seconds))
    poster = folder / "poster.jpg"
    write_poster(files["large"], None, poster)
    captions = own_film.checked_captions(wanted.captions, folder) if wanted.captions else None
    return _Parts(seconds, "recorded", files["large"], files["small"], poster, captions)


def _kept(path: Path, place: Path) -> Copy:
    path.replace(place)
    return Copy(place.name, place.stat().st_size)


def unreferenced(folder: Path) -> list[Path]:
    """Files that no list names, and what a stopped process has left behind."""
    named = {
        copy.file for path in _lists(folder) for film in read_list(path).values() for copy in _copies(film)
    }
    left = sorted(path for path in (folder / FILES).glob("*") if path.name not in named)
    return [*left, *sorted((folder / MAKING).glob("*"))]


def _lists(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.json"))


def _copies(film: BuiltFilm) -> list[Copy]:
    return [copy for copy in (film.large, film.small, film.poster, film.captions) if copy is not None]
