"""Films in a conversation: which one can be shown, what was sent, and what she has seen of it.

What she has seen is kept in the memory of her conversation: `films` -> film -> {sent, opened, played,
part, completed}, the latest instants in microseconds UTC, and the last quarter of the present play.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from babel.numbers import format_decimal

from content.languages import language_name
from content.words import SOURCE_LANGUAGE, chain
from flows import limits
from flows.package import current_item, item_place, package_of

if TYPE_CHECKING:
    from content.films import Film
    from flows.state import Json
    from flows.talk import Talk

# Of the length of a film: who says sooner that she has watched it has not seen its end (guide: indicator I07).
MOST_OF_IT = 0.6
MEGABYTE = 1_000_000
QUARTERS = (25, 50, 75, 100)


class FilmFacts(NamedTuple):
    """What there is of a film: its language, how long it is, and the bytes of its two copies, 0 for unknown."""

    language: str
    seconds: int
    bytes: int
    small_bytes: int


class Films(Protocol):
    """The films that a programme can show, made by its deployment."""

    def find(self, film: str, languages: Sequence[str]) -> FilmFacts | None:
        """The film in the first of these languages that it was made in."""
        ...


class _NoFilms:
    def find(self, film: str, languages: Sequence[str]) -> FilmFacts | None:
        return None


NO_FILMS: Films = _NoFilms()


def film_of_item(talk: Talk) -> Film | None:
    """The film of the package item that is talked about."""
    item = current_item(talk)
    gap = talk.version.pack.gaps.get(item.get("gap") or "") if item else None
    return talk.version.pack.films.get(gap.film) if gap is not None and gap.film is not None else None


def languages(talk: Talk) -> tuple[str, ...]:
    """The languages in which she may watch, hers first."""
    return (*chain(talk.language), SOURCE_LANGUAGE)


def made(talk: Talk) -> FilmFacts | None:
    """What there is of the film of the package item; None if nobody has made it."""
    film = film_of_item(talk)
    return talk.versions.films.find(film.id, languages(talk)) if film is not None else None


def is_small(talk: Talk) -> bool:
    """Whether she wants to save her data."""
    return bool(talk.memory.get("settings", {}).get("save_data"))


def film_facts(talk: Talk) -> dict[str, Any]:
    """The names of the group `film` in conditions."""
    found = made(talk)
    return {
        "ready": found is not None,
        "sent": bool(talk.note("film_sent")),
        "other_language": found is not None and found.language not in _understood(talk),
    }


def _understood(talk: Talk) -> tuple[str, ...]:
    return chain(talk.language) or (SOURCE_LANGUAGE,)


# --- words ---


def title(talk: Talk) -> str:
    film = film_of_item(talk)
    return talk.text(f"films/{film.id}/title") if film is not None else ""


def seconds(talk: Talk) -> str:
    found = made(talk)
    return str(found.seconds) if found is not None else ""


def size(talk: Talk) -> str:
    """How much data the film needs in the size that is sent."""
    found = made(talk)
    count = (found.small_bytes if is_small(talk) else found.bytes) if found is not None else 0
    if not count:
        return talk.text("engine/film_size_unknown")
    number = format_decimal(max(count / MEGABYTE, 0.1), format="0.0", locale=talk.language.replace("-", "_"))
    return talk.filled("engine/film_size", {"size": number})


def language(talk: Talk) -> str:
    found = made(talk)
    return language_name(found.language) if found is not None else ""


def offer(talk: Talk) -> str:
    """A line that says that a film shows how, and what it costs to watch; empty without a film."""
    names = film_facts(talk)
    if not names["ready"]:
        return ""
    return talk.filled("engine/film_offer_other" if names["other_language"] else "engine/film_offer")


# --- what happens ---


def sent(talk: Talk, film: str) -> None:
    """A film went out to her. Whether she watches it in her chat nobody knows, unless she says so."""
    place, item = item_place(talk), current_item(talk)
    if place is not None:
        talk.update_item(place, film=True)
    talk.event("film_sent", film=film, gap=(item or {}).get("gap"), small=is_small(talk))
    _keep(talk, film, sent=talk.now)


def said_watched(talk: Talk) -> None:
    """She says that she has watched the film of the package item."""
    film = film_of_item(talk)
    if film is None:
        return
    known = _known(talk, film.id)
    if known.get("completed", 0) >= known.get("sent", 0) > 0:
        return  # its page has told already
    _play(talk, film.id, "said")
    found = made(talk)
    took = talk.now - known.get("sent", talk.now)
    if found is not None and took >= found.seconds * MOST_OF_IT * limits.SECOND:
        _complete(talk, film.id, "said")


def watched(talk: Talk) -> str | None:
    """What the page of a film reports. Gives back the film when it has been played to its end just now."""
    data = talk.inbound.data
    film, what = str(data.get("film")), data.get("seen")
    if film not in talk.live.pack.films:
        return None
    if what == "opened":
        _open(talk, film)
    elif what == "played":
        _play(talk, film, "player")
    elif what == "part":
        _part(talk, film, data.get("part"))
    elif what == "completed" and not _is_complete(talk, film):
        if "played" not in _known(talk, film):  # what told of the beginning was lost on the way
            _play(talk, film, "player")
        _complete(talk, film, "player")
        return film
    return None


def _open(talk: Talk, film: str) -> None:
    if _long_ago(talk, film, "opened"):
        _keep(talk, film, opened=talk.now)
        talk.event("video_opened", film=film, source="player")


def _play(talk: Talk, film: str, source: str) -> None:
    """One play of a person and film in half an hour (guide: indicator I06)."""
    if not _long_ago(talk, film, "played"):
        return
    known = {name: at for name, at in _known(talk, film).items() if name not in ("part", "completed")}
    talk.remember("films", {**talk.memory.get("films", {}), film: {**known, "played": talk.now}})
    talk.event("video_played", film=film, source=source)
    for place, item in enumerate(package_of(talk)):
        gap = talk.version.pack.gaps.get(item.get("gap") or "")
        if gap is not None and gap.film == film:
            talk.update_item(place, film=True, watched=True)


def _part(talk: Talk, film: str, part: Any) -> None:
    known = _known(talk, film)
    if part in QUARTERS and "played" in known and part > known.get("part", 0):
        _keep(talk, film, part=part)
        talk.event("video_progress", film=film, part=part)


def _complete(talk: Talk, film: str, source: str) -> None:
    if not _is_complete(talk, film):
        _keep(talk, film, completed=talk.now)
        talk.event("video_completed", film=film, source=source)


def _is_complete(talk: Talk, film: str) -> bool:
    """Whether the present play has come to its end."""
    return "completed" in _known(talk, film)


def _long_ago(talk: Talk, film: str, what: str) -> bool:
    at = _known(talk, film).get(what)
    return at is None or talk.now - at >= limits.VISIT_PAUSE * limits.SECOND


def _known(talk: Talk, film: str) -> Json:
    known: Json = talk.memory.get("films", {}).get(film, {})
    return known


def _keep(talk: Talk, film: str, **changes: int) -> None:
    films = talk.memory.get("films", {})
    talk.remember("films", {**films, film: {**films.get(film, {}), **changes}})
