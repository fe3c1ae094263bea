"""All tables, by domain. Beside its columns each says whose data it is and how long it stays."""

from __future__ import annotations

from store.tables.base import Erased, Keeping, Whose, keeping_of, metadata
from store.tables.campaigns import campaign, campaign_person, template_state
from store.tables.figures import event, film_day, person_day, person_fact, programme_day
from store.tables.people import (
    assessment,
    business,
    consent,
    erasure,
    identity,
    membership,
    person,
    story,
)
from store.tables.programmes import (
    account,
    api_key,
    clock,
    idempotency,
    pack_version,
    programme,
    tally,
    upload,
)
from store.tables.talks import (
    call,
    conversation,
    dead_letter,
    inbox,
    link,
    merge_code,
    outbox,
    pace,
    picture,
    timer,
)

__all__ = [
    "Erased",
    "Keeping",
    "Whose",
    "account",
    "api_key",
    "assessment",
    "business",
    "call",
    "campaign",
    "campaign_person",
    "clock",
    "consent",
    "conversation",
    "dead_letter",
    "erasure",
    "event",
    "film_day",
    "idempotency",
    "identity",
    "inbox",
    "keeping_of",
    "link",
    "membership",
    "merge_code",
    "metadata",
    "outbox",
    "pace",
    "pack_version",
    "person",
    "person_day",
    "person_fact",
    "picture",
    "programme",
    "programme_day",
    "story",
    "tally",
    "template_state",
    "timer",
    "upload",
]
