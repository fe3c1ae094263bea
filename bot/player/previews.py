"""Who looks at a link without being a person: messengers that draw a preview, search engines, programs.

They all load a page as a browser does. What they do is no opening.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# As they name themselves in the header User-Agent.
_PREVIEWERS = re.compile(
    r"""
    # At the beginning: further in, it is the browser inside that app, with a person in front of it.
    ^(whatsapp|viber|telegram|signal|skype|slack|zalo|microsoft\ office|teams)[/ ]
    | facebookexternalhit | facebot | facebookcatalog | meta-external
    | (?<!cu)bot(\b|_)          # CUBOT makes phones
    | crawl | spider | slurp | preview | feedfetcher
    | google-pagerenderer | googleother | google-inspectiontool | mediapartners-google
    | vkshare | kakaotalk-scrap | kakaostory-og-reader | line-poker | iframely | embedly | pinterest/0\.
    | lighthouse | pagespeed | pingdom | uptime | validator
    | ^(curl|wget|python|java|go-http-client|okhttp|libwww|axios|node|php|ruby|perl|apache-httpclient)\b
    | python-requests | aiohttp | httpx
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Said by browsers that load what nobody has pressed yet.
_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_AHEAD_WORDS = ("prefetch", "prerender", "preview")


def is_person(headers: Mapping[str, str]) -> bool:
    """Whether a page was loaded by a browser for somebody who opened it."""
    agent = headers.get("user-agent", "").strip()
    if not agent or _PREVIEWERS.search(agent):
        return False
    return not any(word in headers.get(name, "").lower() for name in _AHEAD for word in _AHEAD_WORDS)
