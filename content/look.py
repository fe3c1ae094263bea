"""The look: colours, sizes and spaces that the chat, films, pictures, dashboard and reports share.

A token has one name everywhere. In CSS it is the custom property `--{name}`; a static page uses the
file that `python -m content.look` writes, and a test keeps that file current.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType

# Text colours (ink, muted, path, clay, good, warn, bad) reach a contrast of 4.5 on paper, sand and mist.
LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#FFFFFF",
        "sand": "#F7F3EC",
        "mist": "#E4F1EF",
        "ink": "#1B2430",
        "muted": "#55606C",
        "line": "#DDD5C7",
        "edge": "#7F8893",
        "path": "#0B6E69",
        "path-deep": "#085551",
        "on-path": "#FFFFFF",
        "sun": "#F2A33A",
        "clay": "#A8432A",
        "good": "#2E7031",
        "warn": "#7A5200",
        "bad": "#B3261E",
        # The four levels: one hue, further along the path is stronger.
        "level-1": "#EDF6F4",
        "level-2": "#D9EDEA",
        "level-3": "#C1E1DC",
        "level-4": "#A6D3CD",
    }
)

DARK: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#11181F",
        "sand": "#1A232C",
        "mist": "#21313A",
        "ink": "#EAF0F4",
        "muted": "#A9B6C1",
        "line": "#34424D",
        "edge": "#7B8A96",
        "path": "#6BD0C8",
        "path-deep": "#8FE0D9",
        "on-path": "#11181F",
        "sun": "#F2A33A",
        "clay": "#F0997F",
        "good": "#8BD08E",
        "warn": "#F0C069",
        "bad": "#FF9C94",
        "level-1": "#17242B",
        "level-2": "#1B3036",
        "level-3": "#203D43",
        "level-4": "#264C52",
    }
)

# Pixels. Body text is never under 16.
SIZES: Mapping[str, int] = MappingProxyType({"text": 16, "lead": 18, "large": 22, "title": 28, "display": 36})

STEP = 8  # pixels: every space is a number of steps
CORNER_CARD = 12  # pixels: bubbles and cards
CORNER_BUTTON = 8  # pixels
TOUCH = 44  # pixels: the least height of anything a finger presses
LINE_HEIGHT = 1.5
MEASURE = 60  # characters: the longest line of running text
MOTION_MS = 180

# Noto first, so that pictures and screens agree; the system's own fonts otherwise, so that nothing is downloaded.
FONTS = '"Noto Sans", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'


def colours(dark: bool = False) -> Mapping[str, str]:
    return DARK if dark else LIGHT


def css() -> str:
    """The tokens as CSS custom properties, light by default and dark for those who ask for it."""
    lines = ["/* Written by `python -m content.look`. Change content/look.py instead. */", ":root {"]
    lines.append("  color-scheme: light dark;")
    lines += _properties(LIGHT, "  ")
    # In rem, so that the person's own text size counts.
    lines += [f"  --size-{name}: {size / 16:g}rem;" for name, size in SIZES.items()]
    lines += [
        f"  --step: {STEP}px;",
        f"  --corner-card: {CORNER_CARD}px;",
        f"  --corner-button: {CORNER_BUTTON}px;",
        f"  --touch: {TOUCH}px;",
        f"  --line-height: {LINE_HEIGHT};",
        f"  --measure: {MEASURE}ch;",
        f"  --motion: {MOTION_MS}ms;",
        f"  --fonts: {FONTS};",
        "}",
        "@media (prefers-color-scheme: dark) {",
        "  :root {",
        *_properties(DARK, "    "),
        "  }",
        "}",
        "@media (prefers-reduced-motion: reduce) {",
        "  :root {",
        "    --motion: 0ms;",
        "  }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _properties(tokens: Mapping[str, str], indent: str) -> list[str]:
    return [f"{indent}--{name}: {value};" for name, value in tokens.items()]


if __name__ == "__main__":
    sys.stdout.write(css())
