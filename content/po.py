"""PO files as translators open them: written and brought up to date from the texts of a pack.

An entry's msgctxt is the key of its text, its msgid the text in the source language. What has changed since
it was translated keeps its translation and is marked fuzzy; what is gone is kept at the end as obsolete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from content.po_files import read_po_file
from content.translations import is_list
from content.words import LABEL, SHORT

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

# Dates of files would differ with every run and say nothing; history is the version control's.
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
_WIDTH = 110
DRAFT = "a draft, to be read by a native speaker"


@dataclass(frozen=True, slots=True)
class Translatable:
    """One text for a translator. notes: where it appears, what its placeholders mean, how long it may be."""

    key: str
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Updated:
    """A PO file brought up to date. new, changed, gone: keys that a translator should look at."""

    source: bytes
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = field(default=())


def updated(old: bytes | None, texts: Iterable[Translatable], language: str | None, title: str) -> Updated:
    """The PO file of a language with an entry for each text, in their order; a template without a language.

    Raises BrokenPoFileError for a file that is no PO file: what stands in it would be lost.
    """
    before = None if old is None else read_po_file(old, _locale(language))
    known = {message.context: message for message in before or () if message.context}
    obsolete = {m.context: m for m in (before.obsolete.values() if before else ()) if m.context}
    catalogue = _empty(language, title, before)
    new, changed, wanted = [], [], set()
    for text in texts:
        wanted.add(text.key)
        earlier = known.get(text.key) or obsolete.get(text.key)
        message = _entry(catalogue, text, earlier)
        if earlier is None:
            new.append(text.key)
        elif message.fuzzy and not earlier.fuzzy:
            changed.append(text.key)
    gone = [str(key) for key in known if key not in wanted and known[key].string]
    for key in [*gone, *obsolete]:
        if key not in wanted:
            catalogue.obsolete[key] = known.get(key) or obsolete[key]
    source = "".join(_written(catalogue)).encode()
    return Updated(source, tuple(new), tuple(changed), tuple(gone))


def _written(catalogue: Catalog) -> Iterator[str]:
    """The file, line by line. Babel would break earlier texts in the middle, and forget what was fuzzy once it is gone."""
    from babel.messages.pofile import generate_po

    yield from takewhile(lambda line: line != "\n", generate_po(catalogue, width=_WIDTH))
    yield "\n"
    for message in catalogue:
        if message.id:  # what has none is the header
            yield from _entry_lines(message, "")
    for message in catalogue.obsolete.values():
        yield from _entry_lines(message, "#~ ")


def _entry_lines(message: Message, gone: str) -> Iterator[str]:
    from babel.messages.pofile import normalize

    yield from (f"# {comment}".rstrip() + "\n" for comment in message.user_comments)
    if not gone:
        yield from (f"#. {comment}\n" for comment in message.auto_comments)
    if message.flags:
        yield f"#, {', '.join(sorted(message.flags))}\n"
    if message.previous_id and not gone:
        yield f"#| msgid {normalize(message.previous_id[0], '#| ', _WIDTH)}\n"
    for word, text in (("msgctxt", message.context), ("msgid", message.id), ("msgstr", message.string)):
        yield f"{gone}{word} {normalize(str(text or ''), gone, _WIDTH)}\n"
    yield "\n"


def _empty(language: str | None, title: str, before: Catalog | None) -> Catalog:
    from babel.messages.catalog import Catalog

    return Catalog(
        locale=_locale(language),
        project=title,
        version="1",
        header_comment=f"# {title}. Each entry says where it appears.",
        msgid_bugs_address="the team of this pack",
        creation_date=_NO_DATE,
        revision_date=_NO_DATE,
        last_translator=_kept(before.last_translator if before else None) or DRAFT,
        language_team=_kept(before.language_team if before else None) or language or "all languages",
        charset="utf-8",
        fuzzy=False,
    )


def _kept(name: str | None) -> str | None:
    """A name in a header, unless it is one that Babel puts in for nobody."""
    return None if name is None or re.search(r"FULL NAME|LL@li\.org", name) else name


def _locale(language: str | None) -> str | None:
    """As gettext writes it; Babel knows the plural forms of most languages, and of the rest their family's."""
    from babel import Locale, UnknownLocaleError

    if language is None:
        return None
    tag = language.replace("-", "_")
    try:
        Locale.parse(tag)
    except (UnknownLocaleError, ValueError):
        return tag.partition("_")[0]
    return tag


def _entry(catalogue: Catalog, text: Translatable, earlier: Message | None) -> Message:
    string = earlier.string if earlier is not None and isinstance(earlier.string, str) else ""
    fuzzy = bool(earlier and earlier.fuzzy and string)
    previous: tuple[str, ...] = tuple(earlier.previous_id) if earlier and fuzzy else ()
    if earlier is not None and string and earlier.id != text.text and not is_list(text.key):
        # Nobody has looked at it since: what was translated is the text before that.
        previous = previous or (str(earlier.id),)
        fuzzy = previous != (text.text,)
    message = catalogue.add(
        text.text,
        string,
        context=text.key,
        auto_comments=text.notes,
        user_comments=earlier.user_comments if earlier else (),
        flags={"fuzzy"} if fuzzy else set(),
        previous_id=previous if fuzzy else (),
    )
    assert message is not None  # only a header entry is none
    # gettext would demand the same names in braces, where a term may stand in another form, and take the
    # "% f" of "100% free" for a format. We check placeholders ourselves.
    message.flags -= {"python-brace-format", "python-format"}
    return message


def short_note(key: str) -> str | None:
    """What a translator should know of the room for a text; None where there is room enough."""
    if key.endswith(SHORT):
        return f"At most {LABEL} characters. Leave it empty if the whole label has at most {LABEL}."
    return None
