"""Tables for the analysts: what happened, and the read models that follow from it alone."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from store.tables.base import Day, Instant, Json, Keeping, key, metadata, programme_key, required

event = Table(
    "event",
    metadata,
    programme_key(),
    key("id"),
    required("kind"),
    required("version", Integer),
    Column("person_id", Text),
    Column("business_id", Text),
    Column("role", Text),  # in which she speaks for the business: own, assisted, member
    Column("assessment_id", Text),
    Column("conversation_id", Text),
    required("channel"),
    Column("language", Text),
    Column("pack_version", Text),
    Column("mode", Text),
    required("is_test", Boolean),
    required("occurred_at", Instant),
    required("recorded_at", Instant),
    required("local_day", Day),
    required("data", Json),
    Index(None, "programme_id", "person_id"),
    Index(None, "programme_id", "local_day", "kind"),
    Index("ix_event_occurred", "occurred_at"),  # for `retire`
    info={
        "keeping": Keeping(
            "person", "24 months", "with_person", by="person_id", since="occurred_at", days=730
        )
    },
)

_FOLLOWS = "as long as the events it follows from"

person_fact = Table(
    "person_fact",
    metadata,
    programme_key(),
    key("person_id"),
    required("first_at", Instant),
    required("last_at", Instant),
    Column("registered_at", Instant),
    required("milestone", Integer),  # highest stage that one event alone shows; see store/read_models.py
    required("visits", Integer),
    required("diagnostics_started", Integer),
    required("diagnostics_completed", Integer),
    required("items_assigned", Integer),
    required("items_opened", Integer),
    required("package_size", Integer),
    required("items_done", Integer),
    required("plays", Integer),
    Column("opted_out_at", Instant),
    info={"keeping": Keeping("person", _FOLLOWS, "with_person", by="person_id")},
)

person_day = Table(
    "person_day",
    metadata,
    programme_key(),
    key("local_day"),
    key("person_id"),
    required("visits", Integer),
    required("events", Integer),
    Index(None, "programme_id", "person_id"),
    info={"keeping": Keeping("person", _FOLLOWS, "with_person", by="person_id")},
)

film_day = Table(
    "film_day",
    metadata,
    programme_key(),
    key("local_day"),
    key("film"),
    Column("shard", Integer, primary_key=True, autoincrement=False),  # of the writer; readers sum over it
    required("opened", BigInteger),
    required("plays", BigInteger),
    required("completed", BigInteger),
    info={"keeping": Keeping("programme", _FOLLOWS, "subtracted")},
)

programme_day = Table(
    "programme_day",
    metadata,
    programme_key(),
    key("local_day"),
    key("kind"),
    key("channel"),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    required("n", BigInteger),
    info={"keeping": Keeping("programme", _FOLLOWS, "subtracted")},
)
