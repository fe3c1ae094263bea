"""What a link to the bot carries, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.helpers import create_deep_linked_url

from bot.channels.links import start_data, start_link
from bot.channels.telegram.capabilities import START_VALUE


def test_a_link_looks_like_this() -> None:
    link = start_link("pasito_bot", language="es-PE", campaign="market-day")
    assert link == "https://t.me/pasito_bot?start=es-PE_market-day"


def test_the_library_makes_the_same_link() -> None:
    link = start_link("pasito_bot", language="es-PE", campaign="market-day")
    assert link == create_deep_linked_url("pasito_bot", "es-PE_market-day")
    with pytest.raises(ValueError, match="64"):
        create_deep_linked_url("pasito_bot", "x" * (START_VALUE + 1))


def test_a_link_may_carry_nothing() -> None:
    assert start_link("pasito_bot") == "https://t.me/pasito_bot"


@pytest.mark.parametrize("campaign", ["día", "a b", "x" * 41])
def test_what_no_link_can_carry_is_said(campaign: str) -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        start_link("pasito_bot", language="es-PE", campaign=campaign)


def test_what_is_no_language_is_said() -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        start_link("pasito_bot", language="Spanish please")


@given(
    st.sampled_from(["", "en", "es-PE", "zh-Hant"]),
    st.text("abcXYZ019_-", max_size=40),
)
def test_what_a_link_carries_arrives(language: str, campaign: str) -> None:
    value = start_link("b", language=language, campaign=campaign).partition("?start=")[2]
    wanted = {"language": language, "campaign": campaign}
    assert start_data(value) == {name: text for name, text in wanted.items() if text}
