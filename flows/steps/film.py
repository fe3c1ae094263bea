"""Sends the film of the package item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from flows import films
from flows.model import Step
from flows.moves import NEXT, WAIT, Move
from flows.values import Reply, Video

if TYPE_CHECKING:
    from flows.talk import Talk
    from flows.version import Instruction


class Film(Step):
    """Sends the film of the package item: as a video where the channel can, else as a short link.

    ```yaml
    - film: item
    ```

    Her setting "save my data" decides between the large and the small copy. `film.ready` says
    beforehand whether there is a film at all, `film.sent` afterwards whether it went out.
    """

    kind: ClassVar[str] = "film"

    film: Literal["item"] = "item"

    def run(self, talk: Talk, at: Instruction) -> Move:
        film = films.film_of_item(talk)
        assert talk.top is not None  # a step runs on a run
        talk.top.notes.pop("film_sent", None)
        if film is None or films.made(talk) is None:
            return NEXT
        arguments = {"film": film.id, "small": films.is_small(talk), "languages": list(films.languages(talk))}
        talk.top.notes["call"] = talk.call("film", arguments)
        return WAIT

    def resulted(self, talk: Talk, at: Instruction, result: dict[str, Any]) -> None:
        film, found = films.film_of_item(talk), result.get("value")
        if film is None or not result.get("ok") or not found:
            return
        assert talk.top is not None  # a step runs on a run
        talk.top.notes["film_sent"] = True
        talk.changed()
        small = films.is_small(talk)
        video = Video(
            url=f"film:{found['token']}",
            title=talk.text(f"films/{film.id}/title"),
            seconds=found["seconds"],
            bytes=found["small_bytes" if small else "bytes"],
            film=film.id,
            language=found["language"],
            small=small,
        )
        text, language = talk.in_one_language(lambda: talk.filled("engine/film_sent"))
        talk.replies.append(Reply(text, "video", language, video=video))
        films.sent(talk, film.id)
