"""Reads PO files, strictly: where a quote is not closed Babel would drop the text without a word."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from content.guarded_yaml import BYTES

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

_TEXT = r'"(?:[^"\\]|\\.)*"'
_LINE = re.compile(rf"(?:#~ ?)?(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s*)?{_TEXT}")
_EARLIER = re.compile(rf"\|\d+\s*(msgctxt|msgid|msgid_plural)?\s*({_TEXT})")


class BrokenPoFileError(ValueError):
    """A PO file cannot be read. `line` counts from 1."""

    def __init__(self, detail: str, line: int = 1) -> None:
        super().__init__(detail)
        self.line = line


def read_po_file(source: bytes, locale: str | None = None) -> Catalog:
    """The entries of a PO file, which is in UTF-8; its obsolete ones and earlier texts among them.

    Raises BrokenPoFileError for anything else.
    """
    # Babel reads its tables of languages when it is imported; a pack in English needs none.
    from babel.messages.pofile import PoFileError, read_po

    if len(source) > BYTES:
        raise BrokenPoFileError(f"it is larger than {BYTES} bytes")
    try:
        lines = source.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise BrokenPoFileError("it is not in UTF-8", source[: error.start].count(b"\n") + 1) from error
    for number, line in enumerate(map(str.strip, lines)):
        if line.startswith("#~|"):
            lines[number] = ""  # the earlier text of an entry that is gone: Babel takes it for a mistake
        elif line.startswith("#|"):
            lines[number] = f"#|{number} {line[2:]}"  # of lines that are the same Babel keeps one
        elif line and (line[0] != "#" or line.startswith("#~")) and not _LINE.fullmatch(line):
            raise BrokenPoFileError(f"this is no text in quotes: {line}", number + 1)
    try:
        catalogue = read_po(io.StringIO("\n".join(lines)), locale=locale, abort_invalid=True)
    except PoFileError as error:
        raise BrokenPoFileError(str(error), (error.lineno or 0) + 1) from error
    except (ValueError, LookupError, TypeError) as error:
        raise BrokenPoFileError(str(error)) from error
    for message in (*catalogue, *catalogue.obsolete.values()):
        earlier = [comment for comment in message.user_comments if comment.startswith("|")]
        if earlier:  # Babel takes these for comments of people
            message.user_comments = [comment for comment in message.user_comments if comment not in earlier]
            message.previous_id = _earlier(earlier)
    return catalogue


def _earlier(comments: list[str]) -> list[str]:
    """The text before a change: `|7 msgid "..."` with the number of its line, and the lines it goes on in."""
    from babel.messages.pofile import unescape

    parts: list[str] = []
    in_text = False
    for comment in comments:
        match = _EARLIER.fullmatch(comment)
        if match is None:
            continue
        in_text = match[1] == "msgid" if match[1] else in_text
        if in_text:
            parts.append(unescape(match[2]))
    return ["".join(parts)] if parts else []
