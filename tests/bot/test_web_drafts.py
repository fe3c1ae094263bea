"""A reviewer tries a draft of a pack under a link of its own."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from content.sources import base_sources
from flows.compiler import library_sources
from store import drafts, packs, programmes
from store import tables as t
from tests.api.serving import client, here

__all__ = ["client", "here"]

NOW = 1_750_000_000_000_000
DAY = 86_400_000_000


def put(here, draft: str, *, at: int) -> None:
    sources = {**library_sources(), **base_sources()}
    flow = sources["flows/welcome.yaml"].replace(b"Hello! I am Pasito.", b"Hello! I am a draft.")
    sources["flows/welcome.yaml"] = flow
    texts = {path: text.decode() for path, text in sources.items()}
    with here.database.begin() as tx:
        programmes.keep_programme(tx, draft, zone="Etc/UTC", now=at)
        programmes.keep_account(tx, draft, "web", channel="web", pulls=True, now=at)
        packs.publish(tx, draft, texts, structure="0" * 16, content="0" * 64, by="Ben", now=at)


def test_who_has_the_link_talks_with_the_draft_and_is_not_counted(here, client) -> None:
    from bot.worker import microseconds

    draft = drafts.new_name("base")
    put(here, draft, at=microseconds())
    page = client.get(f"/?e={draft}").text
    assert "I am a draft" in page
    assert f"?e={draft}" in page  # what the page does stays in the draft
    with here.database.read() as tx:
        people = tx.execute(select(t.person.c.programme_id, t.person.c.is_test)).all()
    assert (draft, True) in [tuple(one) for one in people]
    assert "I am a draft" not in client.get("/?e=base").text


@pytest.mark.parametrize("name", ["base-draft-0123456789abcdef", "base-draft-x", "../base", "draft"])
def test_without_a_link_there_is_no_draft(here, client, name: str) -> None:
    assert "I am a draft" not in client.get(f"/?e={name}").text


def test_a_draft_ends_by_itself(here) -> None:
    draft = drafts.new_name("base")
    put(here, draft, at=NOW)
    with here.database.read() as tx:
        assert drafts.is_open(tx, draft, NOW + (drafts.LASTS_DAYS - 1) * DAY)
        assert drafts.of_pack(tx, "base", NOW) == draft
        assert not drafts.is_open(tx, draft, NOW + drafts.LASTS_DAYS * DAY)
        assert drafts.of_pack(tx, "base", NOW + drafts.LASTS_DAYS * DAY) is None
        assert drafts.of_pack(tx, "bas", NOW) is None
