"""What WhatsApp says of our approved messages: status, category and quality, each as it was told last.

One that is not to be sent any more stops the campaigns that invite with it, in the transaction that
keeps the news.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, select

from store import campaigns
from store import tables as t
from store.bulk import find_rows, upsert_rows

What = Literal["status", "category", "quality"]

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_status_update
# FLAGGED may still be sent, but each one brings it nearer to being disabled.
STOPS = frozenset(
    {
        "REJECTED", "PAUSED", "DISABLED", "FLAGGED", "ARCHIVED", "PENDING", "IN_APPEAL", "PENDING_DELETION", "DELETED",
    }
)  # fmt: skip
LOW = "RED"

_KEY = ("programme_id", "account_id", "name", "language", "what")


@dataclass(frozen=True, slots=True)
class TemplateNews:
    """One thing that WhatsApp tells of a template. at: microseconds UTC. why: its word for the reason."""

    programme: str
    account: str
    name: str
    language: str
    what: What
    value: str
    at: int
    why: str = ""

    @property
    def stops(self) -> bool:
        """Whether nothing is to be sent with it from now on."""
        return (self.what == "status" and self.value in STOPS) or (
            self.what == "quality" and self.value == LOW
        )

    @property
    def words(self) -> str:
        """For an operator: come_back (es): PAUSED."""
        return f"{self.name} ({self.language}): {self.value if self.what == 'status' else f'quality {self.value}'}"


def note(tx: Connection, news: Sequence[TemplateNews]) -> None:
    """Keeps what is newer than what is known. Campaigns that invite with what is not to be sent are stopped."""
    latest: dict[tuple[str, ...], TemplateNews] = {}
    for one in sorted(news, key=lambda one: one.at):
        latest[_key_of(one)] = one
    known = {
        tuple(row[name] for name in _KEY): row["at"]
        for row in find_rows(
            tx, t.template_state, [_row(one, _KEY) for one in latest.values()], (*_KEY, "at"), lock=True
        )
    }
    newer = [one for key, one in latest.items() if one.at >= known.get(key, 0)]
    upsert_rows(
        tx, t.template_state, [_row(one) for one in newer],
        {"value": "replace", "why": "replace", "at": "replace"},
    )  # fmt: skip
    for one in newer:
        if one.stops:
            campaigns.stop_those_inviting_with(tx, one.programme, one.name, one.language, one.words)


def told(tx: Connection) -> list[TemplateNews]:
    """All that is known, of all programmes."""
    return [
        _read(row)
        for row in tx.execute(select(t.template_state).order_by(*t.template_state.primary_key)).mappings()
    ]


def why_not(tx: Connection, programme: str, name: str, language: str, account: str | None = None) -> str:
    """Why an approved message is not to be sent, in words for an operator; "" if nothing speaks against it.

    account: only what was told of this one.
    """
    columns = t.template_state.c
    found = select(t.template_state).where(
        columns.programme_id == programme,
        columns.name == name,
        columns.language == plain_code(language),
        *(() if account is None else (columns.account_id == account,)),
    )
    against = [one for row in tx.execute(found).mappings() if (one := _read(row)).stops]
    return against[0].words if against else ""


def plain_code(language: str) -> str:
    """WhatsApp writes en_US in one place and en-US in another."""
    return language.replace("-", "_")


def _key_of(news: TemplateNews) -> tuple[str, ...]:
    return news.programme, news.account, news.name, news.language, news.what


def _row(news: TemplateNews, names: Iterable[str] = ()) -> dict[str, Any]:
    row: dict[str, Any] = dict(zip(_KEY, _key_of(news), strict=True))
    row |= {"value": news.value, "why": news.why or None, "at": news.at}
    return {name: row[name] for name in names} if names else row


def _read(row: RowMapping) -> TemplateNews:
    return TemplateNews(
        row["programme_id"], row["account_id"], row["name"], row["language"], row["what"], row["value"],
        row["at"], row["why"] or "",
    )  # fmt: skip
