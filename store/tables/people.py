"""Tables about persons and the businesses they speak for. Identity stands apart, encrypted."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from store.tables.base import Instant, Json, Keeping, key, metadata, programme_key, required, where


def _points_to(table: str, column: str) -> ForeignKeyConstraint:
    """Checked at commit: a person and what belongs to it are written and erased in any order."""
    return ForeignKeyConstraint(
        ["programme_id", column],
        [f"{table}.programme_id", f"{table}.id"],
        deferrable=True,
        initially="DEFERRED",
    )


person = Table(
    "person",
    metadata,
    programme_key(),
    key("id"),
    required("is_test", Boolean),
    required("reported", Boolean),  # another party reports her; she never talks with us
    required("created_at", Instant),
    Index("ix_person_reported", "programme_id", "id", **where(Column("reported", Boolean) == true())),
    info={"keeping": Keeping("person", "12 months after the last message", "with_person", by="id")},
)

identity = Table(
    "identity",
    metadata,
    programme_key(),
    key("id"),
    required("kind"),  # the channel whose address it is
    required("lookup"),  # keyed hash of the address
    required("sealed"),  # the address, encrypted
    required("person_id"),
    required("created_at", Instant),
    UniqueConstraint("programme_id", "kind", "lookup"),
    Index(None, "programme_id", "person_id"),
    _points_to("person", "person_id"),
    info={"keeping": Keeping("identity", "as long as the person", "with_person", by="person_id")},
)

business = Table(
    "business",
    metadata,
    programme_key(),
    key("id"),
    required("profile", Json),
    required("consent", Json),  # guidance and statistics, as the one whose business it is has said
    required("registered", Boolean),  # whether `person_registered` has been said of it
    Column("standing", Json),  # the latest completed assessment and the package she works on
    Column("assessment_id", Text),  # the current one
    required("version", Integer),
    required("created_at", Instant),
    required("changed_at", Instant),
    info={"keeping": Keeping("business", "as long as one of its members", "with_business", by="id")},
)

membership = Table(
    "membership",
    metadata,
    programme_key(),
    key("person_id"),
    key("business_id"),
    Column("role", Text),
    required("current", Boolean),
    required("created_at", Instant),
    Index(None, "programme_id", "business_id"),
    # At most one business of a person is the one she speaks for now.
    Index(
        "ix_membership_current",
        "programme_id",
        "person_id",
        unique=True,
        **where(Column("current", Boolean) == true()),
    ),
    _points_to("person", "person_id"),
    _points_to("business", "business_id"),
    info={"keeping": Keeping("person", "as long as the person", "with_person", by="person_id")},
)

assessment = Table(
    "assessment",
    metadata,
    programme_key(),
    key("id"),
    required("business_id"),
    required("mode"),
    required("instrument"),
    required("answers", Json),
    Column("result", Json),
    required("started", Instant),
    Column("completed", Instant),
    Column("cycle", Text),  # T0, 30d, T1, T2
    required("version", Integer),
    Index(None, "programme_id", "business_id"),
    _points_to("business", "business_id"),
    info={"keeping": Keeping("business", "as long as the business", "with_business", by="business_id")},
)

consent = Table(
    "consent",
    metadata,
    programme_key(),
    key("id"),
    required("person_id"),
    Column("business_id", Text),  # whose owner said so; NULL for what is hers alone
    required("purpose"),
    required("given", Boolean),
    required("text_hash"),
    required("language"),
    required("channel"),
    required("at", Instant),
    Index(None, "programme_id", "person_id", "purpose", "at"),
    info={"keeping": Keeping("person", "as long as the person", "with_person", by="person_id")},
)

story = Table(
    "story",
    metadata,
    programme_key(),
    key("id"),  # of the call that brought it: it counts once, however often that is made
    required("person_id"),
    required("sealed"),  # her words and the name to show, encrypted; see store/stories.py
    required("named", Boolean),  # whether she agreed to be shown with a name
    required("agreed"),  # hash of the words she agreed to
    required("language"),
    # Of the business as it was when she told it, as codes; NULL where nobody knows.
    Column("economy", Text),
    Column("sector", Text),
    Column("leader_sex", Text),
    Column("gap", Text),
    Column("times", Text),  # normal crisis
    required("state"),  # waiting approved refused; what is taken back is deleted
    Column("reviewer", Text),
    Column("note", Text),
    required("told_at", Instant),
    Column("decided_at", Instant),
    Index(None, "programme_id", "person_id"),
    _points_to("person", "person_id"),
    info={
        "keeping": Keeping(
            "person", "as long as the person, or until she takes it back", "with_person", by="person_id"
        )
    },
)

erasure = Table(
    "erasure",
    metadata,
    programme_key(),
    key("mark"),  # keyed hash of the erased person's id, to erase again after a restore
    required("at", Instant),
    Index("ix_erasure_at", "at"),  # for `retire`
    info={"keeping": Keeping("nobody", "400 days: longer than any backup", "never", since="at", days=400)},
)
