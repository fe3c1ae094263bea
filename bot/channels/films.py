"""A film in a reply: its file, for a platform that shows films by itself, or words that lead to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bot.channels.parts import GAP
from bot.player.addresses import film_path
from films.shelf import BuiltFilm, FilmShelf
from flows.values import Link, Reply, Video

FILM = "film:"


@dataclass(frozen=True, slots=True)
class FilmFile:
    """name: made from what the film was made of, so that it never stands for another film."""

    name: str
    path: Path


class Films:
    """The films of a deployment. public_url: where people reach our pages; empty if they cannot."""

    def __init__(self, shelf: FilmShelf, public_url: str) -> None:
        self._shelf = shelf
        self._public_url = public_url

    def file(self, programme: str, video: Video, most: int) -> FilmFile | None:
        """The file of the copy that is meant; None without one of at most so many bytes."""
        film = self._find(programme, video)
        copy = (film.small if video.small else film.large) if film else None
        path = self._shelf.path(copy) if copy else None
        if copy is None or path is None:
            return None
        try:
            fits = 0 < path.stat().st_size <= most
        except OSError:  # taken away just now
            return None
        return FilmFile(copy.file, path) if fits else None

    def in_words(self, programme: str, reply: Reply) -> Reply:
        """The reply without the film itself: the way to our page, or what is spoken in it if nobody gets there."""
        assert reply.video  # only asked for a reply with a film
        if self._public_url:
            url = self._public_url + film_path(reply.video.url)
            if reply.link:
                return reply._replace(kind="link", link=Link(reply.link.label, url), video=None)
            return reply._replace(video=replace(reply.video, url=url))
        film = self._find(programme, reply.video)
        words = (reply.text or reply.video.title, *(film.transcript if film else ()))
        return Reply(GAP.join(words), "text", reply.lang)

    def _find(self, programme: str, video: Video) -> BuiltFilm | None:
        return self._shelf.find(programme, video.film, [video.language])


def is_ours(reply: Reply) -> bool:
    """Whether a reply shows a film of ours, which has no address before somebody gives it one."""
    return reply.video is not None and reply.video.url.startswith(FILM)
