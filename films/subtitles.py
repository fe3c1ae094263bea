"""Captions as a file of their own (WebVTT), for who reads them elsewhere than in the picture."""

from __future__ import annotations

from films.timing import RATE, Timing


def webvtt(timing: Timing, language: str) -> str:
    """The captions of a film, each as long as it stands in the picture."""
    cues = [
        f"{number}\n{_time(cue.start)} --> {_time(cue.end)}\n{_escaped(cue.text)}\n"
        for number, cue in enumerate((cue for cue in timing.cues if cue.end > cue.start), 1)
    ]
    return "\n".join([f"WEBVTT\nLanguage: {language}\n", *cues])


def _time(frame: int) -> str:
    milliseconds = round(frame * 1000 / RATE)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
