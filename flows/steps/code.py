"""Joins two conversations of one person by a code that is good once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from flows.model import Name, Step
from flows.moves import WAIT, Move

if TYPE_CHECKING:
    from flows.checks import Checking
    from flows.talk import Talk
    from flows.version import Instruction


class Code(Step):
    """Makes a code here, or takes one that was made elsewhere.

    ```yaml
    - code: make
    - code: take
      of: connect_code
    ```

    Behind `make`, `{join.code}` is the code; it is good once and for ten minutes. `take` reads the
    answer to the question `of`. Behind both, `join.ok` says whether it went well. Who gives the
    code goes on here with what she did there.
    """

    kind: ClassVar[str] = "code"

    code: Literal["make", "take"]
    of: Name | None = Field(None, description="The question whose answer is the code, for `take`.")

    def check(self, checking: Checking) -> None:
        if self.code == "take" and self.of is None:
            checking.report.add("FLOW-010", checking.place("code"), kind=self.kind, key="of")

    def run(self, talk: Talk, at: Instruction) -> Move:
        assert talk.top is not None  # a step runs on a run
        talk.top.notes.pop("join", None)
        typed = str(talk.answers.pop(self.of, "")) if self.of else ""
        arguments = {"code": typed} if self.code == "take" else {}
        talk.top.notes["call"] = talk.call(f"{self.code}_code", arguments)
        talk.changed()
        return WAIT

    def resulted(self, talk: Talk, at: Instruction, result: dict[str, Any]) -> None:
        assert talk.top is not None  # a call's result comes to the run that made it
        value = result.get("value")
        talk.top.notes["join"] = {
            "ok": bool(result.get("ok") and value),
            "code": value if self.code == "make" and isinstance(value, str) else "",
        }
        talk.changed()
