"""Tables of campaigns: each that was started, whom it reaches, and what WhatsApp says of our templates."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, Table, Text

from store.tables.base import Instant, Json, Keeping, key, metadata, programme_key, required, where

campaign = Table(
    "campaign",
    metadata,
    programme_key(),
    key("id"),  # as the pack names it
    required("flow"),
    required("state"),  # running; stopping while it is taken back; stopped
    Column("why", Text),  # why it was stopped
    required("templates", Json),  # [name, language] of the approved messages it invites with
    required("started_at", Instant),
    required("changed_at", Instant),
    ForeignKeyConstraint(["programme_id"], ["programme.id"]),
    # There is hardly ever one, and the worker asks all the time.
    Index("ix_campaign_stopping", "state", **where(Column("state") == "stopping")),
    info={"keeping": Keeping("programme", "as long as the programme", "never")},
)

campaign_person = Table(
    "campaign_person",
    metadata,
    programme_key(),
    key("campaign_id"),
    key("person_id"),
    required("conversation_id"),  # in which she hears it
    required("state"),  # planned said moved held dropped
    Column("reason", Text),  # why it was moved or dropped
    required("due_at", Instant),  # as it was planned first
    required("changed_at", Instant),
    Index(None, "programme_id", "person_id"),
    Index(None, "programme_id", "conversation_id"),
    Index("ix_campaign_person_changed", "changed_at"),  # for `retire`
    info={
        "keeping": Keeping(
            "person",
            "180 days after anything became of it",
            "with_person",
            by="person_id",
            since="changed_at",
            days=180,
        )
    },
)

template_state = Table(
    "template_state",
    metadata,
    programme_key(),
    key("account_id"),
    key("name"),
    key("language"),  # WhatsApp's code, with _ between its parts
    key("what"),  # status, category, quality
    required("value"),  # WhatsApp's word
    Column("why", Text),  # WhatsApp's word for its reason
    required("at", Instant),  # as WhatsApp says
    ForeignKeyConstraint(["programme_id"], ["programme.id"]),
    info={"keeping": Keeping("programme", "as long as the programme", "never")},
)
