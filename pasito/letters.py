"""What the command line can tell an operator instead of a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from content.problems import Problem


class SettingsError(Exception):
    """Something cannot be used as it is. The message is for the operator: name, value, consequence."""


class BrokenPack(Exception):  # noqa: N818 - it carries the author's problems
    """A pack cannot be published as it is. `problems` are for its author."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems
