"""Which programmes a reader may see. Only `access/` makes one, from a credential."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class Scope:
    """Every reading function of the analysts takes one and adds `scope.allows(table.c.programme_id)`."""

    programmes: frozenset[str]

    def allows(self, programme: ColumnElement[str]) -> ColumnElement[bool]:
        """The condition that keeps all other programmes out. An empty scope sees nothing."""
        return programme.in_(sorted(self.programmes))
