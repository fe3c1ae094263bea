"""A voice that reads aloud: espeak-ng, from the library that the extra `video` brings.

The library holds one state for the whole process, so one text is read at a time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from content.words import SOURCE_LANGUAGE
from films.errors import FilmError

WORDS_A_MINUTE = 132  # what espeak-ng calls so; with its pauses about 150 English words
LONGEST_PATH = 150  # of its data; espeak-ng cuts longer ones

_SYNCHRONOUS = 2
_UTF8 = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_ENDED, _WORD, _END = 0, 1, 5
_DO_NOT_EXIT = 0x8000
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Voiced:
    """Sound: 16-bit samples of one channel. words, ends: where in the text a word begins and a part of a
    sentence ends, and at which second.
    """

    sound: bytes
    rate: int
    words: tuple[tuple[int, float], ...]
    ends: tuple[tuple[int, float], ...]


class _Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # in characters, from 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # in milliseconds
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def speak(text: str, voice: str, words_a_minute: int = WORDS_A_MINUTE) -> Voiced:
    """The text as the voice reads it. Raises FilmError for a voice that espeak-ng does not have."""
    with _lock:
        library, rate = _library()
        sound = bytearray()
        places: dict[int, list[tuple[int, float]]] = {_WORD: [], _END: []}
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise FilmError(f"espeak-ng has no voice '{voice}'.")
        library.espeak_SetParameter(_RATE, words_a_minute, 0)
        library.espeak_SetParameter(_PITCH, 45, 0)
        library.espeak_SetParameter(_RANGE, 55, 0)
        heard = _Heard(_listener(sound, places))
        library.espeak_SetSynthCallback(heard)
        source = text.encode() + b"\0"
        if library.espeak_Synth(source, len(source), 0, 1, 0, _UTF8, None, None) != 0:
            raise FilmError("espeak-ng could not read the text.")
        library.espeak_Synchronize()
    return Voiced(bytes(sound), rate, tuple(places[_WORD]), tuple(places[_END]))


def _listener(
    sound: bytearray, places: Mapping[int, list[tuple[int, float]]]
) -> Callable[[Any, int, Any], int]:
    def hear(samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            sound.extend(ctypes.string_at(samples, count * 2))
        number = 0
        while events[number].type != _ENDED:
            event = events[number]
            if event.type in places:
                places[event.type].append((event.text_position - 1, event.audio_position / 1000))
            number += 1
        return 0

    return hear


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    """The library, ready to speak, and its sampling rate."""
    import espeakng_loader

    data = Path(espeakng_loader.get_data_path()).parent
    if len(str(data)) > LONGEST_PATH:
        raise FilmError(
            f"The voices lie in a folder whose path is too long for espeak-ng: {data}. Move Pasito's environment."
        )
    library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, str(data).encode(), _DO_NOT_EXIT)
    if rate <= 0 or library.espeak_SetVoiceByName(SOURCE_LANGUAGE.encode()) != 0:
        raise FilmError(
            "espeak-ng could not be started. Install the extra again: pip install 'pasito[video]'"
        )
    return library, rate
