"""The command line. `pasito --help` is quick: what a command needs is imported when it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pasito.settings import Settings

app = typer.Typer(
    name="pasito",
    help="A digital assistant that walks small firms through a self-check and three small steps.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
key_app = typer.Typer(help="API keys: make, list, revoke.", no_args_is_help=True)
app.add_typer(key_app, name="key")
pack_app = typer.Typer(help="Packs: publish.", no_args_is_help=True)
app.add_typer(pack_app, name="pack")

Host = Annotated[str | None, typer.Option(help="The address to listen on (PASITO_HOST).")]
Port = Annotated[int | None, typer.Option(help="The port to listen on (PASITO_PORT).")]
PackArgument = Annotated[
    Path | None,
    typer.Argument(
        exists=True, file_okay=False, help="A pack's folder; without it, the pack of this deployment."
    ),
]


class Form(StrEnum):
    """What `pasito preview` can print."""

    script = "script"
    manifest = "manifest"
    diagram = "diagram"


def main() -> None:
    """Runs the command line. What an operator or author can mend is a sentence, not a traceback."""
    from pasito.letters import SettingsError

    try:
        app()
    except SettingsError as error:
        _say(str(error))
        sys.exit(2)


def _say(text: str) -> None:
    sys.stderr.write(text.rstrip() + "\n")


def _settings(**overrides: Any) -> Settings:
    from pasito.settings import read_settings

    return read_settings(**overrides)


def _mendable(function: Callable[[], None]) -> None:
    """Runs a command; a broken pack or a database that cannot be used becomes a letter."""
    from sqlalchemy.exc import OperationalError

    from content.problems import render
    from pasito.deployment import BrokenPack
    from store.engine import DatabaseRefusedError

    try:
        function()
    except BrokenPack as error:
        _say(render(error.problems))
        sys.exit(1)
    except DatabaseRefusedError as error:
        _say(str(error))
        sys.exit(2)
    except OperationalError as error:
        _say(f"The database of PASITO_DATABASE_URL does not answer. Pasito stops. It said: {error.orig}")
        sys.exit(2)


@app.command()
def run(host: Host = None, port: Port = None) -> None:
    """Starts everything in one process: chat, API, worker."""
    _serve(host, port, only_wanted=False)


@app.command()
def serve(host: Host = None, port: Port = None) -> None:
    """Starts the web process only; workers run beside it."""
    _serve(host, port, only_wanted=True)


def _serve(host: str | None, port: int | None, *, only_wanted: bool) -> None:
    settings = _settings(host=host, port=port)

    def start() -> None:
        from pasito.serving import serve as serve_forever

        serve_forever(settings, only_wanted=only_wanted)

    _mendable(start)


@app.command()
def worker() -> None:
    """Starts a worker only: it runs turns, timers and calls."""
    settings = _settings()

    def start() -> None:
        from pasito.serving import work

        work(settings)

    _mendable(start)


@app.command()
def talk(
    record: Annotated[
        bool, typer.Option("--record", help="Print what was said as a conversation test at the end.")
    ] = False,
) -> None:
    """Holds the conversation here in the terminal. Write "menu" for what it can do, Ctrl-D to leave."""
    settings = _settings()

    def start() -> None:
        from pasito.talking import talk as talk_here

        talk_here(settings, record=record)

    _mendable(start)


@app.command()
def check(folder: PackArgument = None) -> None:
    """Checks a pack and shows all problems at once, each with its place and what to do."""
    settings = _settings()

    def start() -> None:
        from pasito.deployment import compiled_pack

        version = compiled_pack(settings, folder)
        flows, questions = len(version.flows), len(version.questions)
        typer.echo(f"All is well: {flows} flows, {questions} questions, structure {version.structure}.")

    _mendable(start)


@app.command("test")
def play_tests(folder: PackArgument = None) -> None:
    """Plays the conversation tests of a pack."""
    settings = _settings()

    def start() -> None:
        from pasito.testing import play

        sys.exit(play(settings, folder))

    _mendable(start)


@app.command()
def preview(
    folder: PackArgument = None,
    form: Annotated[Form, typer.Option("--as", help="What to print.")] = Form.script,
    flow: Annotated[str, typer.Option(help="Which flow to draw, for --as diagram.")] = "welcome",
    language: Annotated[str | None, typer.Option(help="In which language; else the pack's first.")] = None,
) -> None:
    """Prints what comes from a pack: a script to read aloud, the data it records, a drawing of a flow."""
    settings = _settings()

    def start() -> None:
        from pasito import showing

        if form is Form.script:
            showing.script(settings, folder, language)
        elif form is Form.manifest:
            showing.manifest(settings, folder)
        else:
            showing.diagram(settings, folder, flow, language)

    _mendable(start)


@pack_app.command("publish")
def pack_publish() -> None:
    """Makes the pack on disk the live one. In development `pasito run` does it at every start."""
    settings = _settings()

    def start() -> None:
        from pasito.deployment import open_store, publish
        from store.writer import Writer

        database = open_store(settings)
        writer = Writer(database)
        version = publish(writer, settings, by="command line")
        writer.stop()
        database.close()
        typer.echo(
            f"'{settings.programme}' is live: structure {version.structure}, words {version.content[:16]}."
        )

    _mendable(start)


@key_app.command("new")
def key_new(
    label: Annotated[str, typer.Argument(help="What it is for, such as 'ministry dashboard'.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="What it may do: operator (read the summary) or events (send events). May be given twice."
        ),
    ],
    source: Annotated[
        str | None, typer.Option(help="Whose events it sends; needed for the scope events.")
    ] = None,
) -> None:
    """Makes a key and shows it once."""
    from pasito.keys import new

    _mendable(lambda: new(_settings(), label, scope, source))


@key_app.command("list")
def key_list() -> None:
    """Lists the keys, without their secrets."""
    from pasito.keys import show

    _mendable(lambda: show(_settings()))


@key_app.command("revoke")
def key_revoke(prefix: Annotated[str, typer.Argument(help="The second part of the key, as listed.")]) -> None:
    """Ends a key at once."""
    from pasito.keys import revoke

    _mendable(lambda: revoke(_settings(), prefix))
