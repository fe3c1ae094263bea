"""`GET /metrics`: figures for Prometheus, for this machine or for whoever shows the token."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
from collections.abc import Iterable

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from pasito import __version__
from pasito.deployment import Deployment
from store import health
from store.engine import Database

log = logging.getLogger(__name__)

# What a proxy adds when it speaks for somebody else. Then "this machine" is only the proxy.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_STATES = ("queued", "sending", "unknown", "waiting")
_SOURCES = ("inbox", "outbox", "call", "unreadable")


def router(deployment: Deployment) -> APIRouter:
    routes = APIRouter()
    registry = CollectorRegistry()
    figures = _Figures(deployment.database)
    registry.register(figures)
    ProcessCollector(registry=registry)
    deployment.worker.on_finished.append(figures.count_turn)
    one_at_a_time = asyncio.Semaphore()

    @routes.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        if not may_read(request, deployment.settings.metrics_token):
            raise HTTPException(404)
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        async with one_at_a_time:
            shown = await asyncio.to_thread(encode, registry)
        return Response(shown, headers={"content-type": kind, "cache-control": "no-store"})

    return routes


def may_read(request: Request, token: str) -> bool:
    """Whoever shows the token, or asks from this machine without a proxy between."""
    shown = request.headers.get("authorization", "")
    if token and hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
        return True
    if any(name in request.headers for name in _FORWARDED):
        return False
    # A page somewhere may point a name of its own at this machine; it cannot choose what is asked for.
    asked = request.url.hostname or ""
    return _is_here(request.client.host if request.client else "") and _is_here(asked)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


class _Figures(Collector):
    """Reads the figures anew for each visit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns = 0

    def count_turn(self, programme: str, conversation: str) -> None:
        """Somebody was answered; only the thread of the worker calls this."""
        self._turns += 1

    def collect(self) -> Iterable[Metric]:
        yield _gauge("pasito_build_info", "The version that runs.", 1, version=__version__)
        yield CounterMetricFamily(
            "pasito_turns",
            "Times that this process has answered somebody; messages that came together count once.",
            self._turns,
        )
        try:
            with self._database.read() as tx:
                figures = health.figures(tx)
        except Exception:  # whoever watches has to learn just that
            log.warning("The figures could not be read.", exc_info=True)
            yield _gauge("pasito_database_up", "Whether the database answers.", 0)
            return
        yield _gauge("pasito_database_up", "Whether the database answers.", 1)
        yield _gauge("pasito_database_size_bytes", "Bytes of the database.", figures.size)
        yield _gauge("pasito_inbox_waiting", "Messages that wait for their turn.", figures.waiting)
        yield _gauge(
            "pasito_inbox_oldest_waiting_seconds", "How long the oldest of them has waited.",
            figures.oldest_waiting,
        )  # fmt: skip
        yield _gauges(
            "pasito_outbox_replies", "Replies that the sender still has to look at.",
            "state", {**dict.fromkeys(_STATES, 0), **figures.outbox},
        )  # fmt: skip
        yield _gauge(
            "pasito_outbox_oldest_due_seconds", "How long the oldest reply that could go out has been due.",
            figures.oldest_due,
        )  # fmt: skip
        yield _gauges(
            "pasito_dead_letters", "What was given up in the last 30 days and not taken up again.",
            "source", {**dict.fromkeys(_SOURCES, 0), **figures.dead},
        )  # fmt: skip
        yield _gauge("pasito_conversations", "Conversations that are kept.", figures.conversations)


def _gauge(name: str, about: str, value: float, **labels: str) -> Metric:
    gauge = GaugeMetricFamily(name, about, labels=list(labels))
    gauge.add_metric(list(labels.values()), value)
    return gauge


def _gauges(name: str, about: str, label: str, values: dict[str, int]) -> Metric:
    gauge = GaugeMetricFamily(name, about, labels=[label])
    for value, count in values.items():
        gauge.add_metric([value], count)
    return gauge
