"""GET /v1/summary: how a programme is doing, in a dozen numbers, for its operator.

Everything is read from the read models, which are kept in the transaction of the events. There are
no breakdowns here, so nothing can be seen of one firm.
"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, func, select

from access.keys import Keys, scope_of
from access.problems import described
from store import tables as t
from store.engine import Database
from store.keys import ApiKey
from store.read_models import stage
from store.scope import Scope

STAGES = (
    "arrived",
    "registered",
    "diagnostic_started",
    "diagnostic_completed",
    "first_item_opened",
    "half_of_package_done",
    "package_completed",
    "action_confirmed",
)


class Stage(BaseModel):
    """How many persons reached this stage and none beyond it."""

    model_config = ConfigDict(json_schema_extra={"example": {"stage": 3, "name": STAGES[3], "persons": 42}})

    stage: int = Field(ge=0, le=7)
    name: str
    persons: int = Field(ge=0)


class Summary(BaseModel):
    """Counts of present persons who agreed to statistics; test persons are left out."""

    registered: int = Field(description="Persons with consent and the required fields (I01).")
    visits: int = Field(description="Runs of messages with no pause over 30 minutes (I03).")
    unique_visits: int = Field(description="Persons with at least one visit (I04).")
    stages: list[Stage] = Field(description="Highest stage reached, from 0 to 7 (I05).")
    diagnostics_started: int
    diagnostics_completed: int
    items_opened: int = Field(description="Package items that were opened.")
    plays: int = Field(description="Films played (I06).")


def summarise(tx: Connection, scope: Scope) -> Summary:
    """The summary of the programmes in scope."""
    fact = t.person_fact.c
    mine = scope.allows(fact.programme_id)
    sums = tx.execute(
        select(
            func.count(fact.registered_at),
            func.coalesce(func.sum(fact.visits), 0),
            func.coalesce(func.sum(fact.diagnostics_started), 0),
            func.coalesce(func.sum(fact.diagnostics_completed), 0),
            func.coalesce(func.sum(fact.items_opened), 0),
            func.coalesce(func.sum(fact.plays), 0),
        ).where(mine)
    ).one()
    unique = tx.execute(select(func.count()).where(mine, fact.visits > 0)).scalar_one()
    reached = stage().label("stage")
    counted = dict(tx.execute(select(reached, func.count()).where(mine).group_by(reached)).all())
    return Summary(
        registered=sums[0],
        visits=int(sums[1]),
        unique_visits=unique,
        stages=[Stage(stage=n, name=name, persons=counted.get(n, 0)) for n, name in enumerate(STAGES)],
        diagnostics_started=int(sums[2]),
        diagnostics_completed=int(sums[3]),
        items_opened=int(sums[4]),
        plays=int(sums[5]),
    )


def router(database: Database, keys: Keys) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["figures"])
    needed = Depends(keys.needing("operator"))

    @routes.get("/summary", summary="How the programme is doing", responses=described(401, 403))
    async def summary(response: Response, key: ApiKey = needed) -> Summary:
        response.headers["cache-control"] = "private, no-store"

        def read() -> Summary:
            with database.read() as tx:
                return summarise(tx, scope_of(key))

        return await asyncio.to_thread(read)

    return routes
