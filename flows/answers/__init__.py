"""The types of answers: one file each, listed here."""

from __future__ import annotations

from flows.answers import date, location, many, number, one, phone, photo, text
from flows.answers.base import AnswerType

ANSWERS: dict[str, AnswerType] = {
    "one": one.ONE,
    "many": many.MANY,
    "number": number.NUMBER,
    "text": text.TEXT,
    "date": date.DATE,
    "phone": phone.PHONE,
    "location": location.LOCATION,
    "photo": photo.PHOTO,
}

__all__ = ["ANSWERS", "AnswerType"]
