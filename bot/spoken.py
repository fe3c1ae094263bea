"""In which words a page of ours speaks to whoever follows a link."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from bot.channels.web.accepted import accepted
from bot.shelf import BrokenPackError, Shelf
from content.languages import nearest
from flows.version import Version
from store.links import Link


def spoken(
    packs: Shelf, programmes: Sequence[str], link: Link | None, request: Request
) -> tuple[Version, str]:
    """The pack whose words are said, and in which language: the link's, or one that the browser reads.

    programmes: the first one's words are for links that lead nowhere.
    """
    if link is not None:
        try:
            return packs.versions(link.programme)[0].live, link.language
        except BrokenPackError:
            pass  # its programme is not served any more
    live = packs.versions(programmes[0])[0].live
    return live, link.language if link is not None else readable(live, request)


def readable(version: Version, request: Request) -> str:
    """The language of a pack that comes nearest to one that the browser reads, else its first."""
    offered = version.pack.languages
    read = accepted(request.headers.get("accept-language", ""))
    return next((found for tag in read if (found := nearest(tag, offered))), offered[0])
