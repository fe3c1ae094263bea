"""Shows her result as a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from flows import cycles, facts
from flows.model import Step
from flows.moves import NEXT, WAIT, Move
from flows.package import package_of
from flows.views import change_lines, dimension_line, package_lines

if TYPE_CHECKING:
    from flows.state import Json
    from flows.talk import Talk
    from flows.version import Instruction


class Picture(Step):
    """Shows her result as a picture, with the same in words for those who do not see it.

    ```yaml
    - picture: result
    ```

    `result` is a net of nine sides for a full diagnostic, a path of four steps for a quick check;
    `change` shows the first measurement beside the latest, `package` how far she is with her steps. If
    there is nothing to show, or the picture cannot be made, the conversation goes on without it.
    """

    kind: ClassVar[str] = "picture"

    picture: Literal["result", "change", "package"] = "result"

    def run(self, talk: Talk, at: Instruction) -> Move:
        arguments = _DRAWN[self.picture](talk)
        if arguments is None:
            return NEXT
        assert talk.top is not None  # a step runs on a run
        talk.top.notes["call"] = talk.call("picture", {**arguments, "language": talk.language})
        return WAIT

    def resulted(self, talk: Talk, at: Instruction, result: dict[str, Any]) -> None:
        if result.get("ok"):
            title, alt = _TOLD[self.picture](talk)
            talk.show_image(f"picture:{result['value']}", alt, title)


def _result(talk: Talk) -> Json | None:
    standing = cycles.standing_of(talk)
    result = standing.get("result")
    if not result or result.get("level") is None:
        return None
    return _path(talk, result) if standing["mode"] == "quick" else _net(talk, result)


def _change(talk: Talk) -> Json | None:
    change = cycles.standing_of(talk).get("change")
    if not change:
        return None
    values = [
        [talk.text(f"dimensions/{id}/name", short=True), *pair] for id, pair in change["dimensions"].items()
    ]
    return {
        "kind": "change",
        "values": values,
        "overall": change["overall"],
        "title": talk.text("engine/picture_change"),
        "before": talk.text("engine/picture_before"),
        "after": talk.text("engine/picture_after"),
    }


def _package(talk: Talk) -> Json | None:
    items = [item for item in package_of(talk) if not item.get("aside")]
    if not items:
        return None
    return {
        "kind": "package",
        "items": [[facts.item_text(talk, item, "name"), _state(item)] for item in items],
        "title": talk.text("engine/picture_package"),
        "done": talk.text("engine/step_done"),
    }


def _state(item: Json) -> str:
    if item.get("done") == "yes":
        return "done"
    return "open" if item.get("opened") else "waiting"


def _tell_result(talk: Talk) -> tuple[str, str]:
    return talk.text("engine/picture"), _alt(talk, cycles.standing_of(talk))


def _tell_change(talk: Talk) -> tuple[str, str]:
    return talk.text("engine/picture_change"), change_lines(talk)


def _tell_package(talk: Talk) -> tuple[str, str]:
    return talk.text("engine/picture_package"), package_lines(talk)


_DRAWN: dict[str, Callable[[Talk], Json | None]] = {"result": _result, "change": _change, "package": _package}
# The title of a picture, and what stands for it where nobody sees it.
_TOLD: dict[str, Callable[[Talk], tuple[str, str]]] = {
    "result": _tell_result,
    "change": _tell_change,
    "package": _tell_package,
}


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
    }


def _path(talk: Talk, result: Json) -> Json:
    levels = [level.id for level in talk.version.pack.scoring.levels]
    return {
        "kind": "path",
        "place": levels.index(result["level"]),
        "names": _level_names(talk),
        "title": talk.text("engine/picture"),
        "here": talk.text("engine/picture_here"),
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
