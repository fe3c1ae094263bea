"""What platforms hand over, written before they are told that we have it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from bot.channels.delivery import Courtesy, Delivery, Unreadable
from bot.worker import Worker
from store import dead_letters, deliveries, inbox, template_states
from store.errors import WriterBusyError, WriterStoppedError, is_away
from store.inbox import Accepted
from store.writer import Writer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ingest:
    """The way in for all platforms. courtesy: shows what is polite; it must not wait."""

    writer: Writer
    worker: Worker
    courtesy: Callable[[Courtesy], None] = field(default=lambda _: None)

    async def take(self, delivery: Delivery) -> None:
        """Returns when everything in it is durable; raises if the database could not be written.

        An item that the store refuses becomes a dead letter and does not keep back its neighbours.
        """
        for problem in delivery.unreadable:
            log.warning("An item of %s cannot be read: %s", problem.account, problem.reason)
        try:
            accepted = await self._written(delivery)
        except (WriterBusyError, WriterStoppedError):
            raise
        except Exception as error:
            items = (*delivery.arrivals, *delivery.statuses, *delivery.templates)
            if is_away(error) or len(items) < 2:
                raise
            log.exception("A delivery was refused whole; its items are taken one by one.")
            accepted = await self._one_by_one(delivery)
        for courtesy in delivery.courtesies:
            self.courtesy(courtesy)
        for arrival, one in zip(delivery.arrivals, accepted, strict=True):
            if one is not None and one.new and one.conversation:
                self.worker.ring(arrival.programme, one.conversation)

    async def _written(self, delivery: Delivery) -> Sequence[Accepted | None]:
        return await asyncio.wrap_future(
            self.writer.submit(_write, delivery, size=_size(delivery), urgent=True)
        )

    async def _one_by_one(self, delivery: Delivery) -> list[Accepted | None]:
        accepted: list[Accepted | None] = []
        for arrival in delivery.arrivals:
            alone = Delivery(arrivals=(arrival,))
            refused = Unreadable(
                arrival.programme, arrival.account, arrival.inbound.key, "the store refused it"
            )
            accepted += await self._or_refused(alone, refused) or [None]
        for status in delivery.statuses:
            refused = Unreadable(
                status.programme, status.account, status.provider_id, "the store refused its status"
            )
            await self._or_refused(Delivery(statuses=(status,)), refused)
        for news in delivery.templates:
            refused = Unreadable(news.programme, news.account, news.words, "the store refused this news")
            await self._or_refused(Delivery(templates=(news,)), refused)
        await self._written(Delivery(unreadable=delivery.unreadable))
        return accepted

    async def _or_refused(self, alone: Delivery, refused: Unreadable) -> list[Accepted | None]:
        try:
            return list(await self._written(alone))
        except Exception as error:
            if is_away(error):
                raise
            log.exception("An item of %s was refused.", refused.account)
            await self._written(Delivery(unreadable=(refused,)))
            return []


def _write(tx: Connection, given: Sequence[Delivery]) -> list[list[Accepted | None]]:
    """All of them in this transaction; for each delivery where its arrivals lie now."""
    accepted = iter(inbox.accept(tx, [arrival for one in given for arrival in one.arrivals]))
    statuses = [status for one in given for status in one.statuses]
    if statuses:
        deliveries.note(tx, statuses)
    if news := [news for one in given for news in one.templates]:
        template_states.note(tx, news)
    unreadable = [problem for one in given for problem in one.unreadable]
    if unreadable:
        dead_letters.unreadable(tx, [(u.programme, u.account, u.key, u.reason) for u in unreadable])
    return [[next(accepted) for _ in one.arrivals] for one in given]


def _size(delivery: Delivery) -> int:
    """About how many bytes it writes."""
    return 500 + sum(1_000 + len(arrival.inbound.text) for arrival in delivery.arrivals)
