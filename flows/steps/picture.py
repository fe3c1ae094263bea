"""Shows her result as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from flows.model import Step
from flows.moves import NEXT, WAIT, Move
from flows.views import dimension_line

if TYPE_CHECKING:
    from flows.state import Json
    from flows.talk import Talk
    from flows.version import Instruction


class Picture(Step):
    """Shows her result as a picture, with the same in words for those who do not see it.

    ```yaml
    - picture: result
    ```

    A full diagnostic becomes a net of nine sides, a quick check a path of four steps.
    If the picture cannot be made, the conversation goes on without it.
    """

    kind: ClassVar[str] = "picture"

    picture: Literal["result"] = "result"

    def run(self, talk: Talk, at: Instruction) -> Move:
        standing = talk.business.standing if talk.business else None
        result = (standing or {}).get("result")
        if not standing or not result or result.get("level") is None:
            return NEXT
        assert talk.top is not None  # a step runs on a run
        arguments = _path(talk, result) if standing["mode"] == "quick" else _net(talk, result)
        talk.top.notes["call"] = talk.call("picture", arguments)
        return WAIT

    def resulted(self, talk: Talk, at: Instruction, result: dict[str, Any]) -> None:
        if result.get("ok"):
            standing = (talk.business.standing if talk.business else None) or {}
            talk.show_image(f"picture:{result['value']}", _alt(talk, standing), talk.text("engine/picture"))


def _net(talk: Talk, result: Json) -> Json:
    values = [
        [talk.text(f"dimensions/{id}/name", short=True), score] for id, score in result["dimensions"].items()
    ]
    return {
        "kind": "net",
        "values": values,
        "names": _level_names(talk),
        "title": talk.text("engine/picture"),
        "not_measured": talk.text("engine/picture_not_measured"),
        "language": talk.language,
    }


def _path(talk: Talk, result: Json) -> Json:
    levels = [level.id for level in talk.version.pack.scoring.levels]
    return {
        "kind": "path",
        "place": levels.index(result["level"]),
        "names": _level_names(talk),
        "title": talk.text("engine/picture"),
        "here": talk.text("engine/picture_here"),
        "language": talk.language,
    }


def _level_names(talk: Talk) -> list[str]:
    return [talk.text(f"levels/{level.id}/name") for level in talk.version.pack.scoring.levels]


def _alt(talk: Talk, standing: Json) -> str:
    result = standing.get("result") or {}
    level = talk.text(f"levels/{result['level']}/name")
    lines = [talk.filled("engine/picture_alt", {"level": level})]
    if standing.get("mode") != "quick":
        lines += [dimension_line(talk, id, score) for id, score in result["dimensions"].items()]
    return "\n".join(lines)
