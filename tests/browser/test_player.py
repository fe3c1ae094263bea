"""A film watched in a real browser, from the real product: what is seen, and what is counted."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pasito.app import application
from pasito.deployment import Deployment, deployment
from pasito.settings import read_settings
from tests.bot.cinema import CAPTIONS, conversation_of, link, seen, show

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("PASITO_SHOTS")  # a folder, for whoever wants to look
WATCHED = [("opened", None), ("played", None), ("part", 25), ("part", 50), ("part", 75), ("completed", None), ("part", 100)]  # fmt: skip
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Three seconds of H.264 and AAC in two sizes, with a poster and captions."""
    folder = tmp_path_factory.mktemp("film")

    def made(name: str, *arguments: str) -> bytes:
        file = folder / name
        tool = imageio_ffmpeg.get_ffmpeg_exe()
        subprocess.run([tool, "-v", "error", *arguments, str(file)], check=True)
        return file.read_bytes()

    def copy(name: str, size: str) -> bytes:
        return made(
            name, "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration=3",
            "-f", "lavfi", "-i", "sine=frequency=330:duration=3", "-shortest", "-c:v", "libx264",
            "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart",
        )  # fmt: skip

    source = "color=c=0xE4F1EF:size=720x900"
    return {
        "large": copy("large.mp4", "720x900"),
        "small": copy("small.mp4", "240x300"),
        "poster": made("poster.jpg", "-f", "lavfi", "-i", source, "-frames:v", "1"),
        "captions": CAPTIONS,
    }


@dataclass
class Running:
    here: Deployment
    address: str

    def watch(self, **more: object) -> str:
        """The address of a link to the film for somebody who has just begun to talk."""
        return f"{self.address}/v/{link(self.here, conversation_of(self.here), **more)}"

    def seen(self) -> list[tuple[str, int | None]]:
        return [(row["seen"], row.get("part")) for row in seen(self.here)]

    def counted(self, wanted: list[tuple[str, int | None]]) -> None:
        """Waits until this was counted, and nothing else."""
        until = time.monotonic() + 10
        while sorted(self.seen(), key=str) != sorted(wanted, key=str) and time.monotonic() < until:
            time.sleep(0.05)
        assert sorted(self.seen(), key=str) == sorted(wanted, key=str)


@pytest.fixture
def running(tmp_path: Path, film: dict[str, bytes]) -> Iterator[Running]:
    here = deployment(read_settings(data_dir=tmp_path, env="development"))
    show(here.films, copies=film, seconds=3)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(here), log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Running(here, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    server.force_exit = True
    thread.join(timeout=15)


@pytest.fixture
def visit(browser: Browser, running: Running) -> Iterator[Callable[..., Page]]:
    """Begins a talk on the web page, then opens the link to the film; keyword arguments are the browser's."""
    contexts = []

    def open_it(address: str | None = None, *, link: dict[str, object] | None = None, **how: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 390, "height": 780}, **how})
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_init_script(VIOLATIONS)
        page = context.new_page()
        page.goto(running.address)
        page.goto(address or running.watch(**(link or {})))
        return page

    yield open_it
    for context in contexts:
        context.close()


def look(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"player-{name}.png"), full_page=True)


def until(page: Page, condition: str) -> None:
    """Waits until something is true of the film."""
    page.wait_for_function(f"() => {{ const film = document.querySelector('video'); return {condition}; }}")


def ends(page: Page) -> None:
    until(page, "film.ended")


def test_a_film_is_watched_to_its_end(running: Running, visit: Callable[..., Page]) -> None:
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    running.counted([("opened", None)])
    page.get_by_role("button", name="Watch the film").click()
    until(page, "film.currentTime > 0.5")
    look(page, "playing")
    ends(page)
    running.counted(WATCHED)
    assert all(url.startswith(running.address) for url in asked)
    assert page.evaluate("window.violations") == []
    assert page.evaluate("document.querySelector('video').videoWidth") == 720


def test_nothing_of_the_film_is_loaded_before_it_is_wanted(
    running: Running, visit: Callable[..., Page]
) -> None:
    page = visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(running.watch())
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "film.mp4" in url]


def test_who_jumps_to_the_end_has_not_watched_it(running: Running, visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("button", name="Watch the film").click()
    until(page, "film.currentTime > 0.1")
    page.evaluate("document.querySelector('video').currentTime = 2.8")
    ends(page)
    time.sleep(0.5)
    assert ("completed", None) not in running.seen()
    assert ("played", None) in running.seen()


def test_watched_twice_within_half_an_hour_is_counted_once(
    running: Running, visit: Callable[..., Page]
) -> None:
    page = visit()
    page.get_by_role("button", name="Watch the film").click()
    ends(page)
    page.evaluate("document.querySelector('video').play()")
    until(page, "!film.ended")
    ends(page)
    page.reload()
    running.counted(WATCHED)


def test_the_small_copy_is_played_for_who_wants_it_and_can_be_changed(
    running: Running, visit: Callable[..., Page]
) -> None:
    page = visit(link={"small": True})
    expect(page.get_by_role("radio", name="Small")).to_be_checked()
    page.get_by_role("button", name="Watch the film").click()
    until(page, "film.videoWidth == 240")
    until(page, "film.currentTime > 0.3")
    page.get_by_role("radio", name="Large").check()
    until(page, "film.videoWidth == 720")
    ends(page)  # it went on where the other was
    assert {row["small"] for row in seen(running.here) if row["seen"] == "played"} == {True}


def test_a_phone_that_saves_data_gets_the_small_copy(running: Running, visit: Callable[..., Page]) -> None:
    page = visit("about:blank")
    page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    page.goto(running.watch())
    expect(page.get_by_role("radio", name="Small")).to_be_checked()


def test_the_film_can_be_slower_and_faster(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.get_by_role("button", name="1.5×")).to_be_hidden()
    page.get_by_role("button", name="Watch the film").click()
    page.get_by_role("button", name="1.5×").click()
    expect(page.get_by_role("button", name="1.5×")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="1×", exact=True)).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("document.querySelector('video').playbackRate") == 1.5


def test_with_the_keyboard_alone(visit: Callable[..., Page]) -> None:
    page = visit()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until(page, "film.currentTime > 0.1")
    assert page.evaluate("document.activeElement.tagName") == "VIDEO"


def test_captions_can_be_chosen(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("button", name="Watch the film").click()
    page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
    until(page, "film.textTracks[0].cues?.length == 1")


def test_without_script_the_film_is_watched_too(running: Running, visit: Callable[..., Page]) -> None:
    page = visit(java_script_enabled=False)
    look(page, "no-script")
    page.get_by_role("radio", name="Small").check()
    page.get_by_role("button", name="Watch the film").click()
    assert page.url.endswith("?show=small")
    expect(page.locator("video")).to_have_attribute("src", "{}/film.mp4?small=1".format(page.url.removeprefix(running.address).partition("?")[0]))  # fmt: skip
    look(page, "no-script-playing")
    running.counted([("opened", None), ("played", None)])
    page.get_by_role("radio", name="Large").check()
    page.get_by_role("button", name="Change the size").click()
    assert page.url.endswith("?show=large")
    running.counted([("opened", None), ("played", None)])


def test_a_film_that_stops_can_still_be_read(running: Running, visit: Callable[..., Page]) -> None:
    page = visit()
    page.route("**/film.mp4*", lambda route: route.abort())
    page.get_by_role("button", name="Watch the film").click()
    expect(page.get_by_role("status")).to_contain_text("You can read it below")
    expect(page.get_by_text("She takes one photo a day.")).to_be_visible()
    look(page, "broken")
    assert ("played", None) not in running.seen()


def test_from_the_film_back_to_the_chat(running: Running, visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("link", name="Back to the chat").click()
    expect(page.get_by_text("Hello! I am Pasito.")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1024])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    running: Running,
    visit: Callable[..., Page],
    film: dict[str, bytes],
    scheme: str,
    language: str,
    width: int,
) -> None:
    if language == "ar":
        show(
            running.here.films,
            copies=film,
            seconds=3,
            language="ar",
            title="دليل على هاتفك",
            transcript=("تبيع آنا الخبز.",),
        )
    how = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "reduced_motion": "reduce"}
    page = visit(link={"language": language}, **how)
    name = f"{scheme}-{language}-{width}"
    check(page)
    look(page, name)
    page.locator("summary").click()
    check(page)
    page.locator("button.poster").click()
    until(page, "film.currentTime > 0.1")
    page.evaluate("document.querySelector('video').pause()")
    check(page)
    look(page, f"{name}-started")
    page.goto(f"{running.address}/v/{'A' * 22}")
    check(page)
    look(page, f"{name}-unknown")
    running.here.films.list_path("base", language).unlink()
    page.goto(running.watch(language=language))
    check(page)
    look(page, f"{name}-gone")
    show(running.here.films, copies={}, address="https://videos.example/v/1", language=language)
    page.goto(running.watch(language=language))
    check(page)
    look(page, f"{name}-elsewhere")


def check(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 10  # the rules did run
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    small = page.locator("button, .button, summary, .copies label").evaluate_all(
        """nodes => nodes
            .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 44)
            .map((node) => node.outerHTML)"""
    )
    assert small == []
