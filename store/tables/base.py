"""What all tables share: the metadata, the types, and the declaration of what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import JSON, BigInteger, Column, ColumnElement, MetaData, Table, Text

# Names for every constraint: a migration can only change what has a name.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Whose = Literal["identity", "person", "business", "programme", "nobody"]
Erased = Literal["with_person", "with_conversation", "with_business", "blanked", "subtracted", "never"]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whose data a table holds, how long, and what `erase(person)` does with it.

    whose: identity, person, business, programme, or nobody.
    kept: the rule in words, for the privacy page.
    erased: with_person, with_conversation, with_business: rows go whose column `by` names them;
        blanked: the row stays without its columns `blanks`; subtracted: a sum is lowered;
        never: nothing in it is about a person.
    by: the column that names the person, the conversation or the business.
    since, days: rows go this many days after the instant in column `since`.
    blanks, blank_days: these columns become NULL that many days after `since`.
    """

    whose: Whose
    kept: str
    erased: Erased
    by: str | None = None
    since: str | None = None
    days: int | None = None
    blanks: tuple[str, ...] = ()
    blank_days: int | None = None


# Microseconds UTC, in every table: one type, no time zones in the database.
Instant = BigInteger
# Text on SQLite, `json` on PostgreSQL: unlike `jsonb` it keeps the order of keys, and an order may be an answer.
Json = JSON(none_as_null=True)
# A calendar day as 2026-11-21, in the zone that held at that moment.
Day = Text


def programme_key() -> Column[str]:
    """The tenant: first column and first in every key of all tables but `programme`."""
    return Column("programme_id", Text, primary_key=True)


def key(name: str) -> Column[str]:
    """A column of the primary key, after the programme."""
    return Column(name, Text, primary_key=True)


def required(name: str, type_: Any = Text, **more: Any) -> Column[Any]:
    """A column that always has a value."""
    return Column(name, type_, nullable=False, **more)


def where(condition: ColumnElement[bool]) -> dict[str, Any]:
    """What makes an index a partial one, for both engines."""
    return {"sqlite_where": condition, "postgresql_where": condition}


def keeping_of(table: Table) -> Keeping:
    """The declaration beside a table's columns. Raises `KeyError` if its author forgot it."""
    keeping = table.info["keeping"]
    assert isinstance(keeping, Keeping)
    return keeping
