"""The command line. `pasito --help` is quick: what a command needs is imported when it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
pack_app = typer.Typer(
    help="Packs: make one, compare it with its parent, publish it, go back.", no_args_is_help=True
)
app.add_typer(pack_app, name="pack")
i18n_app = typer.Typer(help="Translations: extract, update, status.", no_args_is_help=True)
app.add_typer(i18n_app, name="i18n")
video_app = typer.Typer(help="Films: make them, list them, look at their scenes.", no_args_is_help=True)
app.add_typer(video_app, name="video")
meetings_app = typer.Typer(
    help="Meetings: list them with their links, write QR codes to print.", no_args_is_help=True
)
app.add_typer(meetings_app, name="meetings")
campaign_app = typer.Typer(
    help="Campaigns: list them, see whom they reach and what that costs, start and stop them.",
    no_args_is_help=True,
)
app.add_typer(campaign_app, name="campaign")
dead_app = typer.Typer(
    help="What was given up: list it, give it one more chance, drop it.", no_args_is_help=True
)
app.add_typer(dead_app, name="dead")

stories_app = typer.Typer(
    help="Stories that owners told for others: read them, decide, put them among the cases.",
    no_args_is_help=True,
)
app.add_typer(stories_app, name="stories")

Host = Annotated[str | None, typer.Option(help="The address to listen on (PASITO_HOST).")]
Port = Annotated[int | None, typer.Option(help="The port to listen on (PASITO_PORT).")]
PackArgument = Annotated[
    str | None,
    typer.Argument(metavar="PACK", help="A pack's id or folder; without it, the pack of this deployment."),
]
ProgrammeArgument = Annotated[
    str | None,
    typer.Argument(metavar="[PACK]", help="The id of a pack; without it, the pack of this deployment."),
]
PackNeeded = Annotated[str, typer.Argument(metavar="PACK", help="A pack's id or folder.")]


class CheckForm(StrEnum):
    """How `pasito check` writes down what it finds."""

    text = "text"
    json = "json"
    github = "github"


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
    from pasito.letters import BrokenPack
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
def check(
    packs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PACK]...", help="Ids or folders of packs; else the pack of this deployment."
        ),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All packs that can be seen.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Hints count as problems.")] = False,
    for_publication: Annotated[
        bool,
        typer.Option(
            "--for-publication",
            help="As --strict; and nothing may be untranslated, without a source, or left in [square brackets].",
        ),
    ] = False,
    form: Annotated[
        CheckForm,
        typer.Option("--as", help="How to write it: for people, as JSON, or as notes for a code host."),
    ] = CheckForm.text,
) -> None:
    """Checks packs and shows all problems at once, each with its place and what to do.

    Ends with 0 if all is well, with 1 if something has to be mended: a pipeline can rely on it.
    """
    settings = _settings()

    def start() -> None:
        from pasito.checking import Strictness
        from pasito.checking import check as check_packs
        from pasito.packs_on_disk import known_packs

        strictness = Strictness.strict if strict else Strictness.draft
        strictness = Strictness.publication if for_publication else strictness
        names = list(known_packs(settings)) if all_ else packs or [settings.programme]
        sys.exit(check_packs(settings, names, strictness, form))

    _mendable(start)


@app.command("test")
def play_tests(pack: PackArgument = None) -> None:
    """Plays the conversation tests of a pack."""
    settings = _settings()

    def start() -> None:
        from pasito.testing import play

        sys.exit(play(settings, pack))

    _mendable(start)


@app.command()
def preview(
    folder: PackArgument = None,
    into: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="The file to write; else preview-ID.html in this folder."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file of that name that is no preview.")
    ] = False,
    form: Annotated[
        Form | None, typer.Option("--as", help="Print a part of it instead of writing the page.")
    ] = None,
    flow: Annotated[str, typer.Option(help="Which flow to draw, for --as diagram.")] = "welcome",
    language: Annotated[str | None, typer.Option(help="In which language; else the pack's first.")] = None,
) -> None:
    """Writes one page with all that a pack says, as each channel shows it; or prints a part of it."""
    settings = _settings()

    def start() -> None:
        from pasito import showing

        if form is None:
            _preview_page(settings, folder, into, force=force)
        elif form is Form.script:
            showing.script(settings, folder, language)
        elif form is Form.manifest:
            showing.manifest(settings, folder)
        else:
            showing.diagram(settings, folder, flow, language)

    _mendable(start)


def _preview_page(settings: Settings, pack: str | None, into: Path | None, *, force: bool) -> None:
    from pasito.deployment import compiled_pack
    from pasito.previewing import write

    version = compiled_pack(settings, pack)
    file = write(version, into, force=force)
    typer.echo(f"{version.pack.title}: all it says is in {file}. Open it in a browser, or print it.")


@pack_app.command("new")
def pack_new(
    id: Annotated[str, typer.Argument(help="The name of the pack: small letters, such as cl.")],
    language: Annotated[
        list[str],
        typer.Option(help="A language people are talked with, such as es-CL. May be given several times."),
    ],
    parent: Annotated[str, typer.Option("--from", help="The pack that it extends.")] = "base",
    into: Annotated[Path, typer.Option(help="The folder in which its folder is made.")] = Path("packs"),
) -> None:
    """Makes a pack for an economy: a folder that checks green, with notes that say what to do first."""
    settings = _settings()

    def start() -> None:
        from pasito.packing import new

        new(settings, id, parent, language, into)

    _mendable(start)


@pack_app.command("diff")
def pack_diff(pack: PackNeeded) -> None:
    """Shows what a pack changes in the one it extends, and what has changed there since the pin."""
    settings = _settings()

    def start() -> None:
        from pasito.pinning import diff

        diff(settings, pack)

    _mendable(start)


@pack_app.command("update")
def pack_update(
    pack: PackNeeded,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would happen.")] = False,
) -> None:
    """Moves a pack to the newest version of the one it extends, and lists what to look at again."""
    settings = _settings()

    def start() -> None:
        from pasito.pinning import update

        sys.exit(update(settings, pack, dry_run=dry_run))

    _mendable(start)


@pack_app.command("publish")
def pack_publish(
    pack: ProgrammeArgument = None,
    note: Annotated[
        str, typer.Option(help="What has changed, in a sentence, for `pasito pack history`.")
    ] = "",
) -> None:
    """Makes the pack on disk the live one. In development `pasito run` does it at every start."""
    settings = _settings(programme=pack)

    def start() -> None:
        from pasito.deployment import open_store, publish
        from store.writer import Writer

        database = open_store(settings)
        writer = Writer(database)
        try:
            version = publish(writer, settings, by="command line", note=note)
        finally:
            writer.stop()
            database.close()
        typer.echo(
            f"'{settings.programme}' is live: structure {version.structure}, words {version.content[:16]}."
        )

    _mendable(start)


@pack_app.command("share")
def pack_share(
    pack: PackNeeded,
    new_link: Annotated[
        bool, typer.Option("--new-link", help="Make another link; the old one ends by itself.")
    ] = False,
) -> None:
    """Makes a link with which a reviewer can try a draft on the web page. What is live stays as it is."""
    settings = _settings()

    def start() -> None:
        from pasito.releases import share

        share(settings, pack, new_link=new_link)

    _mendable(start)


@pack_app.command("history")
def pack_history(pack: ProgrammeArgument = None) -> None:
    """Lists the published versions, newest first, and how many people are in the middle of each."""
    settings = _settings(programme=pack)

    def start() -> None:
        from pasito.releases import history

        history(settings)

    _mendable(start)


@pack_app.command("rollback")
def pack_rollback(
    pack: ProgrammeArgument = None,
    to: Annotated[
        str | None,
        typer.Option(help="The number or id of a version, as in the history; else the one before."),
    ] = None,
) -> None:
    """Makes an earlier version live again. Nobody in the middle of something is disturbed."""
    settings = _settings(programme=pack)

    def start() -> None:
        from pasito.releases import rollback

        rollback(settings, to)

    _mendable(start)


@i18n_app.command("extract")
def i18n_extract(pack: PackArgument = None) -> None:
    """Writes all texts of a pack into po/messages.pot, for a language that is not begun yet."""
    settings = _settings()

    def start() -> None:
        from pasito.translating import extract

        extract(settings, pack or settings.programme)

    _mendable(start)


@i18n_app.command("update")
def i18n_update(
    pack: PackArgument = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Only this language. May be given several times.")
    ] = None,
) -> None:
    """Brings the PO files up to date: translations stay, those of changed texts are marked fuzzy."""
    settings = _settings()

    def start() -> None:
        from pasito.translating import update

        update(settings, pack or settings.programme, language or ())

    _mendable(start)


@i18n_app.command("status")
def i18n_status(pack: PackArgument = None) -> None:
    """Shows how far each language is translated, part by part."""
    settings = _settings()

    def start() -> None:
        from pasito.translating import status

        status(settings, pack or settings.programme)

    _mendable(start)


FilmOption = Annotated[
    list[str] | None, typer.Option("--video", help="Only this film, such as V05. May be given several times.")
]


@video_app.command("build")
def video_build(
    pack: PackArgument = None,
    video: FilmOption = None,
    language: Annotated[
        list[str] | None,
        typer.Option(
            help="Only in this language; else in all that are translated. May be given several times."
        ),
    ] = None,
) -> None:
    """Makes the films of a pack from their texts and drawings, in two sizes. What has not changed stays.

    Each film is kept as soon as it is done: stop it and start it again as you like.
    """
    settings = _settings()

    def start() -> None:
        from pasito.films_making import build

        sys.exit(build(settings, pack, video or (), language or ()))

    _mendable(start)


@video_app.command("list")
def video_list(pack: PackArgument = None) -> None:
    """Lists the films of a pack in each language: length, sizes, and what is missing or has changed since."""
    settings = _settings()

    def start() -> None:
        from pasito.films_making import show

        show(settings, pack)

    _mendable(start)


@video_app.command("clean")
def video_clean() -> None:
    """Removes the files of films that no pack has any more. Nothing else removes them: somebody may be watching."""
    settings = _settings()

    def start() -> None:
        from pasito.films_making import clean

        clean(settings)

    _mendable(start)


@video_app.command("sheet")
def video_sheet(
    pack: PackArgument = None,
    video: FilmOption = None,
    language: Annotated[str | None, typer.Option(help="In which language; else the pack's first.")] = None,
    into: Annotated[
        Path | None, typer.Option(dir_okay=False, help="The file to write; else films-ID-LANGUAGE.png here.")
    ] = None,
) -> None:
    """Writes one picture with every scene, to look at before the films are made."""
    settings = _settings()

    def start() -> None:
        from pasito.films_making import sheet

        sheet(settings, pack, video or (), language, into)

    _mendable(start)


@video_app.command("parts")
def video_parts(
    into: Annotated[
        Path | None, typer.Option(dir_okay=False, help="The file to write; else parts.png here.")
    ] = None,
) -> None:
    """Writes one picture with all parts that scenes are put together from, and their names."""
    from pasito.films_making import show_parts

    _mendable(lambda: show_parts(into))


CampaignNeeded = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its id in campaigns.yaml.")]
PriceOption = Annotated[
    str | None,
    typer.Option(
        help="What one approved message costs, and when you looked that up: '0.0113 USD 2026-11-01'. "
        "Else what campaigns.yaml says."
    ),
]


@campaign_app.command("list")
def campaign_list() -> None:
    """Lists the campaigns of the live pack, and which of them were started."""
    from pasito import campaigns

    _mendable(lambda: campaigns.show(_settings()))


@campaign_app.command("estimate")
def campaign_estimate(campaign: CampaignNeeded, price: PriceOption = None) -> None:
    """Says how many people it reaches, on which channels and days, and what that costs. Nothing begins."""
    from pasito import campaigns

    _mendable(lambda: campaigns.estimate(_settings(), campaign, price))


@campaign_app.command("start")
def campaign_start(
    campaign: CampaignNeeded,
    price: PriceOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Plans it for everybody whom it reaches, after asking. Run again, it goes on where it was interrupted."""
    settings = _settings()

    def begin() -> None:
        from pasito import campaigns

        sys.exit(campaigns.start(settings, campaign, price, lambda asked: yes or typer.confirm(asked)))

    _mendable(begin)


@campaign_app.command("stop")
def campaign_stop(campaign: CampaignNeeded) -> None:
    """Takes back what was not said yet."""
    settings = _settings()

    def end() -> None:
        from pasito import campaigns

        sys.exit(campaigns.stop(settings, campaign))

    _mendable(end)


@campaign_app.command("status")
def campaign_status(
    campaign: Annotated[
        str | None, typer.Argument(metavar="[CAMPAIGN]", help="Its id; without it, all that were started.")
    ] = None,
) -> None:
    """Shows how many people heard it, will hear it, or not and why, and how many opted out after it."""
    from pasito import campaigns

    _mendable(lambda: campaigns.status(_settings(), campaign))


@app.command()
def backup(
    file: Annotated[
        Path, typer.Argument(help="The file to write. An older backup of that name is replaced.")
    ],
    only_erasures: Annotated[
        bool, typer.Option("--only-erasures", help="Only who was erased: small, for every few minutes.")
    ] = False,
) -> None:
    """Writes a backup of the database, encrypted. It can be made while Pasito runs."""
    from pasito import backups

    _mendable(lambda: backups.backup(_settings(), file, only_erasures=only_erasures))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The backup.")],
    journal: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A newer backup or journal: whoever it names as erased is erased again.",
        ),
    ] = None,
    only_erasures: Annotated[
        bool,
        typer.Option(
            "--only-erasures", help="Fill nothing: erase in the database that is there whom FILE names."
        ),
    ] = False,
) -> None:
    """Fills an empty database from a backup, of either kind of database. Stop Pasito before."""
    from pasito import backups

    _mendable(lambda: backups.restore(_settings(), file, journal, only_erasures=only_erasures))


@app.command()
def doctor() -> None:
    """Looks at everything that a running Pasito needs, and says what is red and what follows from it."""
    settings = _settings()

    def look() -> None:
        from pasito import health

        sys.exit(health.doctor(settings))

    _mendable(look)


@app.command()
def trace(
    code: Annotated[str, typer.Argument(help="The code of a conversation; a person reads it after *help*.")],
) -> None:
    """Shows what happened to one conversation and what it waits for, without words or identities."""
    from pasito.tracing import show

    _mendable(lambda: show(_settings(), code))


Letter = Annotated[
    str | None, typer.Argument(help="Its id, as `pasito dead list` shows it, or how that begins.")
]
Source = Annotated[str | None, typer.Option(help="Only of this kind: inbox, outbox, call or unreadable.")]
Why = Annotated[str | None, typer.Option("--why", help="Only those with exactly this reason.")]
All = Annotated[bool, typer.Option("--all", help="All that `pasito dead list` shows with the same options.")]


@dead_app.command("list")
def dead_list(source: Source = None, why: Why = None) -> None:
    """Lists what was given up, without anybody's words."""
    from pasito.dead import show

    _mendable(lambda: show(_settings(), source, why))


@dead_app.command("replay")
def dead_replay(letter: Letter = None, source: Source = None, why: Why = None, all_: All = False) -> None:
    """Gives a letter one more chance: a message has its turn again, a reply is sent again."""
    from pasito.dead import replay

    _refuse_unclear(letter, all_)
    _mendable(lambda: replay(_settings(), letter, source, why))


@dead_app.command("drop")
def dead_drop(letter: Letter = None, source: Source = None, why: Why = None, all_: All = False) -> None:
    """Forgets a letter for good."""
    from pasito.dead import drop

    _refuse_unclear(letter, all_)
    _mendable(lambda: drop(_settings(), letter, source, why))


def _refuse_unclear(letter: str | None, all_: bool) -> None:
    if bool(letter) == all_:
        raise typer.BadParameter("Name one letter, or say --all.")


StoryArgument = Annotated[str, typer.Argument(metavar="STORY", help="The beginning of its id, as listed.")]
Reviewer = Annotated[str, typer.Option("--by", help="Who decides.")]
Note = Annotated[str, typer.Option(help="Why, in a sentence.")]


@stories_app.command("list")
def stories_list(
    targets: Annotated[
        bool, typer.Option("--targets", help="Count approved stories and verified cases against the targets.")
    ] = False,
) -> None:
    """Lists the stories that wait for an editor, without names and words."""
    settings = _settings()

    def start() -> None:
        from pasito import stories

        stories.targets(settings) if targets else stories.waiting(settings)

    _mendable(start)


@stories_app.command("show")
def stories_show(story: StoryArgument) -> None:
    """Prints one story, with the name that may be shown."""
    settings = _settings()

    def start() -> None:
        from pasito import stories

        stories.show(settings, story)

    _mendable(start)


@stories_app.command("approve")
def stories_approve(story: StoryArgument, by: Reviewer, note: Note = "") -> None:
    """Approves a story: the next export puts it among the cases."""
    _decide(story, "approved", by, note)


@stories_app.command("refuse")
def stories_refuse(story: StoryArgument, by: Reviewer, note: Note = "") -> None:
    """Refuses a story. It stays until its owner takes it back or is erased, and nobody is shown it."""
    _decide(story, "refused", by, note)


def _decide(story: str, state: Literal["approved", "refused"], by: str, note: str) -> None:
    settings = _settings()

    def start() -> None:
        from pasito import stories

        stories.decide(settings, story, state, by=by, note=note)

    _mendable(start)


@stories_app.command("export")
def stories_export(pack: PackNeeded) -> None:
    """Writes approved stories into the cases.yaml of a pack, and lists those that have to go from there."""
    settings = _settings()

    def start() -> None:
        from pasito import stories

        stories.export(settings, pack)

    _mendable(start)


Bot = Annotated[str, typer.Option("--telegram", metavar="BOT", help="The name of a Telegram bot.")]
Number = Annotated[
    str,
    typer.Option(
        "--whatsapp", metavar="NUMBER", help="A WhatsApp number: digits, with the international prefix."
    ),
]


@meetings_app.command("list")
def meetings_list(pack: PackArgument = None, telegram: Bot = "", whatsapp: Number = "") -> None:
    """Lists the meetings of a pack with their links, and the link of the survey for officials."""
    settings = _settings()

    def start() -> None:
        from pasito.meetings import show

        show(settings, pack, telegram=telegram, whatsapp=whatsapp)

    _mendable(start)


@meetings_app.command("qr")
def meetings_qr(
    code: Annotated[str, typer.Argument(help="The meeting's code, or `officials`.")],
    pack: PackArgument = None,
    telegram: Bot = "",
    whatsapp: Number = "",
    language: Annotated[str, typer.Option(help="The language that the talk begins in, such as es-PE.")] = "",
    into: Annotated[
        Path | None, typer.Option(dir_okay=False, help="The file to write: .svg or .png.")
    ] = None,
) -> None:
    """Writes a QR code that leads to a meeting, to be printed or shown on a screen."""
    settings = _settings()

    def start() -> None:
        from pasito.meetings import qr

        qr(settings, pack, code, into, telegram=telegram, whatsapp=whatsapp, language=language)

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
