"""A person's addresses: she is found by any of them, and one may take the place of another.

Platforms name the same person by a phone number, by an id made for us, or by both, and change
them. A conversation belongs to one of her addresses: the one she wrote from last, where replies go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from store import tables as t
from store.bulk import delete_rows, find_rows, insert_rows, update_rows
from store.engine import vault_of
from store.errors import TryAgainError
from store.ids import new_id

Found = tuple[str, str, str]  # programme, kind and hash of an address
_Row = dict[str, Any]
_COLUMNS = ("programme_id", "id", "kind", "lookup", "person_id")


@dataclass(frozen=True, slots=True)
class Introduction:
    """The addresses of one person as a delivery names them, as (kind, value).

    The first one is where she writes from. moved_from: what it takes the place of.
    """

    programme: str
    addresses: Sequence[tuple[str, str]]
    moved_from: tuple[str, str] | None
    at: int
    is_test: bool


def introduce(tx: Connection, introductions: Sequence[Introduction]) -> dict[Found, Found]:
    """Adds the addresses that are missing, and moves who has moved: old address -> new one.

    An address that belongs to somebody else stays hers: nobody is merged for it.
    """
    book = _Book(tx, introductions)
    for one in introductions:
        book.move(one)
    for one in introductions:
        book.add(one)
    book.write()
    return book.moved


def take_over(tx: Connection, wanted: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Gives a person's conversation on an account to the address she writes from now.

    wanted: account and the row of that identity. Who has no conversation there gets none here.
    """
    keys = [{"programme_id": row["programme_id"], "person_id": row["person_id"]} for _, row in wanted]
    names = ("programme_id", "id", "person_id", "account_id", "identity_id", "last_inbound")
    talks = find_rows(tx, t.conversation, keys, names)
    changed = {}
    for account, row in wanted:
        here = [
            talk
            for talk in talks
            if (talk["programme_id"], talk["person_id"], talk["account_id"])
            == (row["programme_id"], row["person_id"], account)
        ]
        if here and all(talk["identity_id"] != row["id"] for talk in here):
            newest = max(here, key=lambda talk: talk["last_inbound"])
            changed[newest["programme_id"], newest["id"]] = row["id"]
    rows = [{"programme_id": p, "id": id, "identity_id": identity} for (p, id), identity in changed.items()]
    update_rows(tx, t.conversation, rows, match=("programme_id", "id"))


class _Book:
    """The identities that some introductions are about, as they are and as they shall be."""

    def __init__(self, tx: Connection, introductions: Sequence[Introduction]) -> None:
        self._tx = tx
        self._vault = vault_of(tx)
        self.moved: dict[Found, Found] = {}
        self._new: list[_Row] = []
        self._changed: list[_Row] = []
        self._people: list[_Row] = []
        keys = {
            self._found(one.programme, address)
            for one in introductions
            for address in (*one.addresses, one.moved_from)
            if address
        }
        names = ("programme_id", "kind", "lookup")
        found = find_rows(tx, t.identity, [dict(zip(names, key, strict=True)) for key in keys], _COLUMNS)
        self._there: dict[Found, _Row] = {tuple(row[name] for name in names): row for row in found}

    def move(self, one: Introduction) -> None:
        """The new address takes the place of the old one, unless it is somebody else's."""
        if one.moved_from is None:
            return
        old, new = self._found(one.programme, one.moved_from), self._found(one.programme, one.addresses[0])
        was, is_ = self._there.get(old), self._there.get(new)
        if was is None or old == new:
            return
        if is_ is None:
            kind, value = one.addresses[0]
            sealed = self._vault.seal(one.programme, kind, value)
            row = {"programme_id": one.programme, "id": was["id"], "kind": kind, "lookup": new[2]}
            self._changed.append({**row, "sealed": sealed})
            self._there[new] = {**was, **row}
        elif is_["person_id"] == was["person_id"]:
            self._replace(was, is_)
        else:
            return
        del self._there[old]
        self.moved[old] = new

    def add(self, one: Introduction) -> None:
        """Every address that nobody has yet becomes hers; a stranger becomes a person."""
        keys = [self._found(one.programme, address) for address in one.addresses]
        known = next((self._there[key]["person_id"] for key in keys if key in self._there), None)
        person = known or new_id()
        if known is None:
            self._people.append(
                {
                    "programme_id": one.programme,
                    "id": person,
                    "is_test": one.is_test,
                    "reported": False,
                    "created_at": one.at,
                }
            )
        for key, (kind, value) in zip(keys, one.addresses, strict=True):
            if key not in self._there:
                row = {
                    "programme_id": one.programme,
                    "id": new_id(),
                    "kind": kind,
                    "lookup": key[2],
                    "person_id": person,
                }
                self._there[key] = row
                sealed = self._vault.seal(one.programme, kind, value)
                self._new.append({**row, "sealed": sealed, "created_at": one.at})

    def write(self) -> None:
        """Raises `TryAgainError` if another process has met the same people at this moment."""
        try:
            update_rows(self._tx, t.identity, self._changed, match=("programme_id", "id"))
            insert_rows(self._tx, t.identity, self._new)
        except IntegrityError as error:
            raise TryAgainError("Another process met the same person.") from error
        insert_rows(self._tx, t.person, self._people)

    def _found(self, programme: str, address: tuple[str, str]) -> Found:
        return programme, address[0], self._vault.mark(programme, "address", *address)

    def _replace(self, old: _Row, new: _Row) -> None:
        """Her conversations at the old address go on at the new one, and the old one is not hers any more."""
        key = {"programme_id": old["programme_id"], "person_id": old["person_id"]}
        names = ("programme_id", "id", "account_id", "identity_id")
        talks = find_rows(self._tx, t.conversation, [key], names, lock=True)
        taken = {talk["account_id"] for talk in talks if talk["identity_id"] == new["id"]}
        going = [talk for talk in talks if talk["identity_id"] == old["id"]]
        free = [talk for talk in going if talk["account_id"] not in taken]
        rows = [{"programme_id": k["programme_id"], "id": k["id"], "identity_id": new["id"]} for k in free]
        update_rows(self._tx, t.conversation, rows, match=("programme_id", "id"))
        if len(free) == len(going):  # else a conversation of hers still needs it
            delete_rows(self._tx, t.identity, [{"programme_id": old["programme_id"], "id": old["id"]}])
