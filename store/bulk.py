"""Writes many rows with one statement, and finds many.

On PostgreSQL the rows travel as one JSON parameter: half again as fast as a statement for each
row. SQLite runs in our own process, and its prepared statement is filled anew for each row:
measured three to five times as fast as reading rows out of JSON there. Either way the number of
statements in a transaction does not depend on how many turns are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Delete,
    Executable,
    FromClause,
    Integer,
    Table,
    Text,
    and_,
    bindparam,
    column,
    delete,
    func,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from store.driver import driver_of, planned_anew, told

Row = Mapping[str, Any]
Rows = Sequence[Row]
# The columns of the rows, as a statement that is done for each of them names them.
Columns = Mapping[str, ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class ForEach:
    """A statement that SQLite runs for each row: its text, its parameters in order, those that never change.

    harmless: columns in which nothing can be that cannot be stored: numbers, and JSON that is text already.
    """

    sql: str
    names: tuple[str, ...]
    fixed: Row
    harmless: frozenset[str]

    def run(self, tx: Connection, rows: Rows, documents: Collection[str] = ()) -> int:
        """How many rows of the table it met."""
        parameters = self.parameters(rows, documents)
        with told(tx, self.sql):
            return int(driver_of(tx).executemany(self.sql, parameters).rowcount)

    def parameters(self, rows: Rows, documents: Collection[str] = ()) -> list[tuple[Any, ...]]:
        """The rows as tuples. documents: the columns whose values become JSON text."""
        return list(zip(*(self._column(name, rows, name in documents) for name in self.names), strict=True))

    def _column(self, name: str, rows: Rows, document: bool) -> Sequence[Any]:
        """A column at a time: what cannot be stored is looked for once in all its values."""
        if name in self.fixed:
            return [self.fixed[name]] * len(rows)
        values = [row[name] for row in rows]
        if document:
            return [json_text(value) for value in values]
        return values if name in self.harmless else _storable(values)


Change = ForEach | Executable


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as SQLite's driver takes it.

    names: its parameters in order. fixed: those that never change. columns: what it gives back.
    makers: what makes a value of what the file holds, where that is not the same.
    """

    sql: str
    names: tuple[str, ...]
    fixed: Row
    columns: tuple[str, ...]
    makers: tuple[tuple[str, Callable[[Any], Any]], ...]

    def run(self, tx: Connection, values: Row) -> list[dict[str, Any]]:
        given = {**self.fixed, **values}
        with told(tx, self.sql):
            found = driver_of(tx).execute(self.sql, [given[name] for name in self.names]).fetchall()
        rows = [dict(zip(self.columns, row, strict=True)) for row in found]
        for name, make in self.makers:
            for row in rows:
                if row[name] is not None:
                    row[name] = make(row[name])
        return rows


def for_each_row(
    dialect: str, types: Mapping[str, TypeEngine[Any]], build: Callable[[Columns], Executable]
) -> Change:
    """What `build` makes of the columns of the rows, for `change_with_rows`."""
    if dialect == "sqlite":
        return _for_each(build({name: bindparam(_FROM_ROW + name) for name in types}), types)
    rows = incoming(dialect, types).c
    return build({name: rows[name] for name in types})


def incoming(dialect: str, types: Mapping[str, TypeEngine[Any]]) -> FromClause:
    """The rows of the parameter `rows` as something to select from, named `incoming`.

    Values of JSON columns travel as text inside the parameter, so that their order survives.
    """
    parameter = bindparam("rows", type_=Text)
    if dialect == "sqlite":
        each = func.json_each(parameter).table_valued("value", name="each")
        values = [func.json_extract(each.c.value, f"$.{name}").label(name) for name in types]
        return select(*values).subquery("incoming")
    records = func.jsonb_to_recordset(sql_cast(parameter, JSONB)).table_valued(
        *(column(name, _travelling(type_)) for name, type_ in types.items())
    )
    raw = records.render_derived(name="raw", with_types=True)
    typed = [
        sql_cast(raw.c[name], JSON).label(name) if isinstance(type_, JSON) else raw.c[name]
        for name, type_ in types.items()
    ]
    return select(*typed).subquery("incoming")


def insert_rows(
    tx: Connection,
    table: Table,
    rows: Iterable[Row],
    *,
    on_conflict: str = "fail",
    returning: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Inserts all rows with one statement and gives back `returning` of those inserted.

    All rows have the same columns. `on_conflict` is `fail`, or `nothing`: a row that is there
    already stays as it is and is not given back.
    """
    sent = _sorted(table, rows)
    if not sent:
        return []
    names = tuple(sent[0])
    if not returning:
        _change(tx, _insert_each(tx.dialect.name, table, names, on_conflict), table, sent)
        return []
    return _run(tx, _insert(tx.dialect.name, table, names, on_conflict, tuple(returning)), table, sent)


def insert_unless_there(tx: Connection, table: Table, rows: Iterable[Row]) -> int:
    """Inserts the rows whose keys are new, and says how many those were."""
    sent = _sorted(table, rows)
    if not sent:
        return 0
    return _change(tx, _insert_each(tx.dialect.name, table, tuple(sent[0]), "nothing"), table, sent)


def upsert_rows(tx: Connection, table: Table, rows: Iterable[Row], merge: Mapping[str, str]) -> None:
    """Inserts rows, and merges those whose primary key is there already.

    merge: column -> `replace`, `add`, `least`, `greatest` (a NULL gives way to a value).
    """
    sent = _sorted(table, rows)
    if sent:
        statement = _upsert(tx.dialect.name, table, tuple(sent[0]), tuple(merge.items()))
        _change(tx, statement, table, sent)


def update_rows(tx: Connection, table: Table, rows: Iterable[Row], *, match: Sequence[str]) -> None:
    """Updates the rows whose columns `match` are equal; all other columns of the rows are set."""
    sent = _sorted(table, rows)
    if sent:
        _change(tx, _update(tx.dialect.name, table, tuple(sent[0]), tuple(match)), table, sent)


def delete_rows(tx: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Deletes the rows that agree with one of the given rows in all its columns."""
    sent = _sorted(table, rows)
    if sent:
        _change(tx, _delete(tx.dialect.name, table, tuple(sent[0])), table, sent)


def delete_returning(
    tx: Connection, table: Table, rows: Iterable[Row], returning: Sequence[str]
) -> list[dict[str, Any]]:
    """As `delete_rows`, and gives back `returning` of those rows that this transaction has deleted."""
    sent = _sorted(table, rows)
    if not sent:
        return []
    statement = _delete_returning(tx.dialect.name, table, tuple(sent[0]), tuple(returning))
    return _run(tx, statement, table, sent)


def find_rows(
    tx: Connection, table: Table, keys: Iterable[Row], columns: Sequence[str], *, lock: bool = False
) -> list[dict[str, Any]]:
    """The rows that agree with one of the keys, sorted by primary key.

    lock: on PostgreSQL they are locked in that order, so that two writers never wait for each
    other in a circle. On SQLite the transaction has locked everything already.
    """
    sent = list(keys)
    if not sent:
        return []
    return _run(tx, _find(tx.dialect.name, table, tuple(sent[0]), tuple(columns), lock), table, sent)


def run_with_rows(
    tx: Connection, statement: Executable, rows: Rows, *, joins: bool = False
) -> list[dict[str, Any]]:
    """Runs a statement built on `incoming` and gives back its rows. joins: as for `run`."""
    return run(tx, statement, {"rows": packed(rows)}, joins=joins)


def run(tx: Connection, statement: Executable, values: Row, *, joins: bool = False) -> list[dict[str, Any]]:
    """Runs a statement that is kept and used again, and gives back its rows as dictionaries.

    joins: it joins tables that grow, so PostgreSQL has to look at them before it plans.

    On SQLite its text is made once and handed to the driver: with a few rows in a batch, looking it
    up and wrapping its result took longer than the statement itself.
    """
    if tx.dialect.name == "sqlite":
        return _prepared(statement).run(tx, values)
    with planned_anew(tx) if joins else nullcontext():
        result = tx.execute(statement, values)
    names = list(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result.all()]


def change_with_rows(tx: Connection, statement: Change, rows: Rows) -> int:
    """Does a change made by `for_each_row` for each of the rows; how many rows of the table it met.

    Without rows there is nothing to do. Values of JSON columns are text already, by `json_text`.
    """
    if not rows:
        return 0
    if isinstance(statement, ForEach):
        return statement.run(tx, rows)
    options = {"preserve_rowcount": True}
    return tx.execute(statement, {"rows": packed(rows)}, execution_options=options).rowcount


def at_most(name: str) -> ColumnElement[int]:
    """The parameter of this name as a LIMIT.

    The sum keeps SQLite from looking at the value while it plans: for a LIMIT that is a parameter alone
    it plans the statement anew each time, which took longer than running it.
    """
    return bindparam(name, type_=BigInteger) + 0


def packed(rows: Rows) -> str:
    """The rows as one JSON text."""
    return _dumped(rows)[0]


def json_text(value: Any) -> str | None:
    """A JSON value as it travels inside a row."""
    return None if value is None else _dumped(value)[0]


def _storable(values: Sequence[Any]) -> Sequence[Any]:
    return cast("Sequence[Any]", _dumped(values)[1])


def _dumped(value: Any) -> tuple[str, Any]:
    """A value as JSON, and as it is when everything that cannot be stored is replaced.

    PostgreSQL takes no NUL character and nobody takes half a surrogate pair; what a person
    typed must not fail for that.
    """
    try:
        text = orjson.dumps(value).decode()
    except TypeError:
        text = "\\u0000"
    if "\\u0000" in text:
        value = _cleaned(value)
        text = orjson.dumps(value).decode()
    return text, value


def types_of(table: Table, names: Iterable[str]) -> dict[str, TypeEngine[Any]]:
    return {name: table.c[name].type for name in names}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, Mapping):
        return {_cleaned(name): _cleaned(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(part) for part in value]
    return value


def _sorted(table: Table, rows: Iterable[Row]) -> list[Row]:
    """Rows in the order of the primary key, or of the first columns there are."""
    listed = list(rows)
    if len(listed) > 1:
        names = [c.name for c in table.primary_key if c.name in listed[0]] or list(listed[0])
        listed.sort(key=itemgetter(*names))
    return listed


def _run(tx: Connection, statement: Executable, table: Table, rows: list[Row]) -> list[dict[str, Any]]:
    return run_with_rows(tx, statement, _with_documents(table, rows))


def _change(tx: Connection, statement: Change, table: Table, rows: list[Row]) -> int:
    if isinstance(statement, ForEach):
        return statement.run(tx, rows, _documents(table))
    return change_with_rows(tx, statement, _with_documents(table, rows))


@lru_cache(maxsize=128)
def _documents(table: Table) -> frozenset[str]:
    """The columns that hold JSON."""
    return frozenset(column.name for column in table.columns if isinstance(column.type, JSON))


def _with_documents(table: Table, rows: list[Row]) -> list[Row]:
    """The rows with their JSON values as text."""
    documents = _documents(table) & rows[0].keys()
    if not documents:
        return rows
    return [{**row, **{name: json_text(row[name]) for name in documents}} for row in rows]


# A parameter of an UPDATE may not be called like a column that it sets.
_FROM_ROW = "row_"
_SQLITE = sqlite.dialect()


@lru_cache(maxsize=512)
def _prepared(statement: Any) -> Prepared:
    compiled = statement.compile(dialect=_SQLITE)
    if compiled.post_compile_params:
        raise ValueError("An IN whose values are filled in later cannot be kept; write it with or_.")
    makers = {JSON: orjson.loads, Boolean: bool}
    return Prepared(
        str(compiled),
        tuple(str(name) for name in compiled.positiontup),
        compiled.params,
        tuple(entry[0] for entry in compiled._result_columns),
        tuple(
            (entry[0], make)
            for entry in compiled._result_columns
            for kind, make in makers.items()
            if isinstance(entry[3], kind)
        ),
    )


def _for_each(statement: Any, types: Mapping[str, TypeEngine[Any]]) -> ForEach:
    compiled = statement.compile(dialect=_SQLITE)
    order = [str(name) for name in compiled.positiontup]
    fixed = {name: compiled.params[name] for name in order if not name.startswith(_FROM_ROW)}
    harmless = {name for name, type_ in types.items() if isinstance(type_, JSON | Integer | Boolean)}
    names = tuple(name.removeprefix(_FROM_ROW) for name in order)
    return ForEach(str(compiled), names, fixed, frozenset(harmless))


def _travelling(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """How a column arrives on PostgreSQL, before it is cast."""
    return type_ if isinstance(type_, BigInteger | Integer | Boolean) else Text()


def _values(dialect: str, table: Table, names: tuple[str, ...]) -> FromClause:
    return incoming(dialect, types_of(table, names))


def _new_insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@lru_cache(maxsize=512)
def _insert(
    dialect: str, table: Table, names: tuple[str, ...], on_conflict: str, returning: tuple[str, ...]
) -> Executable:
    # SQLite needs a WHERE between FROM and ON CONFLICT to tell it from a join's ON.
    source = select(_values(dialect, table, names)).where(true())
    statement = _new_insert(dialect, table).from_select(list(names), source)
    if on_conflict == "nothing":
        statement = statement.on_conflict_do_nothing()
    return statement.returning(*(table.c[name] for name in returning)) if returning else statement


@lru_cache(maxsize=512)
def _insert_each(dialect: str, table: Table, names: tuple[str, ...], on_conflict: str) -> Change:
    if dialect != "sqlite":
        return _insert(dialect, table, names, on_conflict, ())
    statement = _new_row(table, names)
    if on_conflict == "nothing":
        statement = statement.on_conflict_do_nothing()
    return _for_each(statement, types_of(table, names))


def _new_row(table: Table, names: Iterable[str]) -> sqlite.Insert:
    return sqlite.insert(table).values({name: bindparam(_FROM_ROW + name) for name in names})


@lru_cache(maxsize=128)
def _upsert(dialect: str, table: Table, names: tuple[str, ...], merge: tuple[tuple[str, str], ...]) -> Change:
    if dialect == "sqlite":
        return _for_each(_with_merge(dialect, _new_row(table, names), table, merge), types_of(table, names))
    source = select(_values(dialect, table, names)).where(true())
    statement = _new_insert(dialect, table).from_select(list(names), source)
    return _with_merge(dialect, statement, table, merge)


def _with_merge(
    dialect: str,
    statement: sqlite.Insert | postgresql.Insert,
    table: Table,
    merge: tuple[tuple[str, str], ...],
) -> Executable:
    new = statement.excluded
    merged = {name: _merged(dialect, how, table.c[name], new[name]) for name, how in merge}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=merged)


def _merged(dialect: str, how: str, old: ColumnElement[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    if how == "replace":
        return new
    if how == "add":
        return old + new
    return pick(dialect, how, old, new)


def pick(dialect: str, how: str, old: ColumnElement[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    """The `least` or `greatest` of two values; a NULL gives way to a value."""
    # PostgreSQL's least and greatest pass over NULL, SQLite's min and max do not.
    name = how if dialect == "postgresql" else {"least": "min", "greatest": "max"}[how]
    return cast(ColumnElement[Any], getattr(func, name)(func.coalesce(old, new), func.coalesce(new, old)))


def _same(table: Table, rows: Columns, names: Iterable[str]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == rows[name] for name in names))


@lru_cache(maxsize=128)
def _update(dialect: str, table: Table, names: tuple[str, ...], match: tuple[str, ...]) -> Change:
    def build(rows: Columns) -> Executable:
        changed = {name: rows[name] for name in names if name not in match}
        return update(table).values(changed).where(_same(table, rows, match))

    return for_each_row(dialect, types_of(table, names), build)


@lru_cache(maxsize=128)
def _delete(dialect: str, table: Table, names: tuple[str, ...]) -> Change:
    if dialect == "sqlite":
        return for_each_row(
            dialect, types_of(table, names), lambda rows: delete(table).where(_same(table, rows, names))
        )
    return _delete_found(dialect, table, names)


def _delete_found(dialect: str, table: Table, names: tuple[str, ...]) -> Delete:
    rows = _values(dialect, table, names)
    return delete(table).where(tuple_(*(table.c[name] for name in names)).in_(select(rows)))


@lru_cache(maxsize=128)
def _delete_returning(
    dialect: str, table: Table, names: tuple[str, ...], returning: tuple[str, ...]
) -> Executable:
    return _delete_found(dialect, table, names).returning(*(table.c[name] for name in returning))


@lru_cache(maxsize=128)
def _find(
    dialect: str, table: Table, names: tuple[str, ...], columns: tuple[str, ...], lock: bool
) -> Executable:
    rows = _values(dialect, table, names)
    found = (
        select(*(table.c[name] for name in columns))
        .select_from(rows.join(table, _same(table, {name: rows.c[name] for name in names}, names)))
        .order_by(*table.primary_key)
    )
    return found.with_for_update(of=table) if lock else found
