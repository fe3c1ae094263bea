"""`pasito meetings list|qr`: the meetings of a pack with their links, and QR codes to print."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.channels.links import start_link, web_link, whatsapp_link
from content.problems import did_you_mean
from flows.meetings import OFFICIALS
from pasito.channels import channel_accounts, programmes
from pasito.columns import columns
from pasito.deployment import compiled_pack
from pasito.letters import SettingsError

if TYPE_CHECKING:
    from content.pack import Pack
    from pasito.settings import Settings

FORMS = (".svg", ".png")
SCALE = 10  # dots of the picture for each square of the code: large enough for a poster
BORDER = 4  # squares of white around it, as ISO/IEC 18004 asks


def show(settings: Settings, pack: str | None, *, telegram: str, whatsapp: str) -> None:
    """Prints the meetings of a pack in the order of their days, each with its links; the officials' survey last.

    telegram: the name of a bot. whatsapp: a number. Without them there are no links to them.
    """
    version = compiled_pack(settings, pack)
    meetings = sorted(version.pack.meetings.values(), key=lambda meeting: (meeting.first, meeting.code))
    rows = [
        [
            meeting.code,
            str(meeting.first),
            meeting.kind,
            version.words.of(f"meetings/{meeting.code}/title", version.pack.languages[0]),
        ]
        for meeting in meetings
    ]
    if rows:
        sys.stdout.write(columns(("CODE", "DAY", "KIND", "TITLE"), rows) + "\n")
    else:
        sys.stdout.write(f"The pack {version.pack.id} has no meeting yet: write one into meetings.yaml.\n\n")
    campaigns = [(meeting.code, meeting.campaign) for meeting in meetings] + [(OFFICIALS, OFFICIALS)]
    for name, campaign in campaigns:
        for link in _links(settings, version.pack, campaign, telegram, whatsapp):
            sys.stdout.write(f"{name}  {link}\n")


def _links(settings: Settings, pack: Pack, campaign: str, telegram: str, whatsapp: str) -> list[str]:
    links = [_web(settings, pack, campaign)]
    if telegram:
        links.append(start_link(telegram, campaign=campaign))
    if whatsapp:
        links.append(whatsapp_link(whatsapp, campaign=campaign))
    return links


def _web(settings: Settings, pack: Pack, campaign: str, language: str = "") -> str:
    """The link to the web chat. Only where there are several programmes it names this one."""
    address = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    several = len(programmes(settings, channel_accounts(settings))) > 1
    return web_link(address, programme=pack.id if several else "", language=language, campaign=campaign)


def qr(
    settings: Settings, pack: str | None, code: str, into: Path | None, *,
    telegram: str, whatsapp: str, language: str,
) -> None:  # fmt: skip
    """Writes a QR code that leads to a meeting: to a bot or a number where one is named, else to the web chat."""
    import segno  # only here

    known = compiled_pack(settings, pack).pack
    campaign = _campaign(known, code)
    file = into or Path(f"meeting-{code}.svg")
    if file.suffix not in FORMS:
        raise typer.BadParameter(f"'{file}' should end in {' or '.join(FORMS)}.")
    if language and language not in known.languages:
        raise typer.BadParameter(
            f"The pack {known.id} speaks {', '.join(known.languages)}, not '{language}'."
        )
    if telegram:
        link = start_link(telegram, language=language, campaign=campaign)
    elif whatsapp:
        link = whatsapp_link(whatsapp, language=language, campaign=campaign)
    elif settings.public_url:
        link = _web(settings, known, campaign, language)
    else:
        raise SettingsError(
            "PASITO_PUBLIC_URL is empty, so the code would lead nowhere and none is written. Set it to the"
            " address that people use, or name a bot (--telegram) or a number (--whatsapp)."
        )
    segno.make(link, error="m", micro=False).save(str(file), scale=SCALE, border=BORDER)
    sys.stdout.write(f"{file} leads to {link}\nTry it with a phone before you print it.\n")


def _campaign(pack: Pack, code: str) -> str:
    if code == OFFICIALS:
        return OFFICIALS
    if code in pack.meetings:
        return pack.meetings[code].campaign
    known = [*pack.meetings, OFFICIALS]
    near = did_you_mean(code, known)
    advice = f"Did you mean '{near}'?" if near else f"Known: {', '.join(known)}."
    raise typer.BadParameter(f"'{code}' is not a meeting of the pack {pack.id}. {advice}")
