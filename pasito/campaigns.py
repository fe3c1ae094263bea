"""`pasito campaign`: what the live pack declares, whom it would reach and what that costs, starting and stopping it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from sqlalchemy import func, select

from analytics.opt_outs import FEW, in_words, opt_outs
from bot.shelf import Shelf
from bot.worker import microseconds
from content.campaigns import Campaign, Price
from content.problems import did_you_mean
from content.words import chain
from flows.campaigns import end_of, fits, instants, is_outside, last_used, wants_reminders
from flows.version import Version
from pasito.columns import columns, moment
from pasito.deployment import open_store
from pasito.letters import SettingsError
from pasito.settings import Settings
from store import campaigns, template_states
from store import tables as t
from store.campaigns import Planned
from store.engine import Database
from store.inbox import Claimed
from store.scope import Scope

AT_ONCE = 500
BY_HAND = "by an operator"
INVITING = "invite"


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who is to hear it. outside: her channel takes nothing but an approved message then."""

    planned: Planned
    channel: str
    language: str
    outside: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """Who would hear it. late: for whom its days are too few. already: to whom it is planned or was said."""

    campaign: Campaign
    listeners: tuple[Listener, ...]
    late: int
    already: int
    without_template: int
    price: Price | None

    @property
    def outside(self) -> int:
        return sum(one.outside for one in self.listeners)


# --- commands --------------------------------------------------------------------------------------


def show(settings: Settings) -> None:
    """Lists what the live pack declares, and what became of it."""
    with _here(settings) as (database, version), database.read() as tx:
        started = campaigns.started(tx, settings.programme)
    declared = version.pack.campaigns.by_id
    if not declared and not started:
        sys.stdout.write(
            f"The live pack of '{settings.programme}' declares no campaign. Write campaigns.yaml.\n"
        )
        return
    rows: list[tuple[str, ...]] = [
        (
            one.id, one.flow, str(one.begins), str(one.ends), one.at, str(one.pace), one.outside,
            _state_of(started.get(one.id)), one.title,
        )
        for one in declared.values()
    ]  # fmt: skip
    rows += [
        (id, one.flow, "-", "-", "-", "-", "-", _state_of(one), "not in the live pack any more")
        for id, one in started.items()
        if id not in declared
    ]
    heads = ("campaign", "flow", "from", "until", "at", "a day", "outside", "state", "title")
    sys.stdout.write(columns(heads, rows))


def _state_of(started: campaigns.Campaign | None) -> str:
    return started.state if started is not None else "not started"


def estimate(settings: Settings, name: str, price: str | None) -> None:
    """Says whom it would reach, when and at what cost. Nothing begins."""
    with _here(settings) as (database, version):
        found = _estimated(database, version, settings.programme, _named(version, name), _price(price))
        _tell(found, version)
        _tell_templates(database, settings.programme, version, found.campaign)


def start(settings: Settings, name: str, price: str | None, confirm: Callable[[str], bool]) -> int:
    """Plans it for everybody whom it reaches. Run again, it goes on where it was interrupted.

    confirm: asks the operator. Gives back the exit code.
    """
    programme = settings.programme
    with _here(settings) as (database, version):
        campaign = _named(version, name)
        _refuse_stopped_templates(database, programme, version, campaign)
        found = _estimated(database, version, programme, campaign, _price(price))
        _tell(found, version)
        if not found.listeners:
            sys.stdout.write("Nobody is left to plan it for. Nothing was started.\n")
            return 0
        if not confirm(f"Start {campaign.id}?"):
            sys.stdout.write("Nothing was started.\n")
            return 1
        planned = _planned(database, programme, version, found)
    sys.stdout.write(
        f"{campaign.id} runs: planned for {in_words(planned)} people. "
        f"Look: pasito campaign status {campaign.id}   Stop: pasito campaign stop {campaign.id}\n"
    )
    return 0


def stop(settings: Settings, name: str) -> int:
    """Takes back what was not said yet. Gives back the exit code."""
    programme = settings.programme
    with _database(settings) as database:
        with database.begin() as tx:
            started = campaigns.started(tx, programme).get(name)
            if started is None:
                raise SettingsError(
                    f"'{name}' was never started. `pasito campaign list` shows what there is."
                )
            stopped = campaigns.stop(tx, programme, name, BY_HAND)
        if not stopped and started.state == "stopped":
            sys.stdout.write(f"{name} is stopped already ({started.why}).\n")
            return 0
        gone = _taken_back(database)
    sys.stdout.write(
        f"{name} is stopped: {in_words(gone)} people will not hear it. What is on its way at this moment may still come.\n"
    )
    return 0


def status(settings: Settings, name: str | None) -> None:
    """What became of it for everybody, and how many wanted no more messages after it."""
    programme = settings.programme
    with _database(settings) as database, database.read() as tx:
        started = campaigns.started(tx, programme)
        if name is not None and name not in started:
            raise SettingsError(f"'{name}' was never started. `pasito campaign list` shows what there is.")
        for id in [name] if name is not None else list(started):
            _tell_status(started[id], campaigns.counts(tx, programme, id))
            for one in opt_outs(tx, Scope(frozenset({programme})), campaign=id):
                sys.stdout.write(_opt_outs_in_words(one.said, one.opted_out, one.rate))
        if not started:
            sys.stdout.write("No campaign was ever started.\n")
        for line in template_lines(template_states.told(tx), programme):
            sys.stdout.write(line + "\n")


# --- who would hear it -----------------------------------------------------------------------------


def _estimated(
    database: Database, version: Version, programme: str, campaign: Campaign, price: Price | None
) -> Estimate:
    now = microseconds()
    with database.read() as tx:
        taken = campaigns.planned_at(tx, programme, campaign.id)
        people = select(func.count()).where(t.person.c.programme_id == programme)
        total = int(tx.execute(people).scalar_one())
    places = _places(instants(campaign, version.pack, now), campaign.pace, taken)
    listeners: list[Listener] = []
    late = already = 0
    with _bar("People looked at", total) as step:
        for page in _people(database, programme, step):
            heard = [one for hers in page if (one := _heard_by(version, campaign, hers, now))]
            with database.read() as tx:
                reached = campaigns.reached(tx, programme, campaign.id, [one.person for one in heard])
            already += len(reached)
            for one in heard:
                if one.person in reached:
                    continue
                if (at := next(places, None)) is None:
                    late += 1
                else:
                    listeners.append(_listener(one, at))
    templates = version.pack.templates
    without = sum(
        one.outside and not any(tag in templates for tag in _tags(one.language)) for one in listeners
    )
    return Estimate(campaign, tuple(listeners), late, already, without, price or version.pack.campaigns.price)


def _places(days: Sequence[int], pace: int, taken: Mapping[int, int]) -> Iterator[int]:
    """The instants, each as often as there is room on its day."""
    for at in days:
        for _ in range(pace - taken.get(at, 0)):
            yield at


def _people(database: Database, programme: str, step: Callable[[int], None]) -> Iterator[list[list[Claimed]]]:
    """The conversations of everybody, person by person, some hundred persons at a time."""
    after = ""
    while True:
        with database.read() as tx:
            found, after = campaigns.people(tx, programme, after, AT_ONCE)
        yield found
        step(len(found))
        if not after:
            return


def _heard_by(version: Version, campaign: Campaign, hers: Sequence[Claimed], now: int) -> Claimed | None:
    """The conversation in which this person would hear it; None if it is not for her."""
    place = last_used([one.state for one in hers])
    if place is None or not wants_reminders(hers[place].state):
        return None
    one = hers[place]
    return one if fits(version, campaign, one.state, now, one.channel) else None


def _listener(one: Claimed, at: int) -> Listener:
    planned = Planned(one.person, one.conversation, at)
    return Listener(planned, one.channel, one.state.language, is_outside(one.state, one.channel, at))


def _tags(language: str) -> tuple[str, ...]:
    return (*chain(language), language.partition("-")[0])


# --- planning and taking back ----------------------------------------------------------------------


def _planned(database: Database, programme: str, version: Version, found: Estimate) -> int:
    campaign = found.campaign
    body = {
        "flow": campaign.flow,
        "at": campaign.at,
        "outside": campaign.outside,
        "campaign": campaign.id,
        "until": end_of(campaign, version.pack.zone),
    }
    with database.begin() as tx:
        campaigns.begin(
            tx, programme, campaign.id,
            flow=campaign.flow, templates=_templates(version, campaign), now=microseconds(),
        )  # fmt: skip
    count = 0
    with _bar("Planned", len(found.listeners)) as step:
        for start_ in range(0, len(found.listeners), AT_ONCE):
            some = [one.planned for one in found.listeners[start_ : start_ + AT_ONCE]]
            with database.begin() as tx:
                count += campaigns.plan(tx, programme, campaign.id, body, some)
            step(len(some))
    return count


def _taken_back(database: Database) -> int:
    gone = 0
    with _bar("Taken back", None) as step:
        while True:
            with database.begin() as tx:
                some = campaigns.let_go(tx, AT_ONCE)
                over = not campaigns.is_any_stopping(tx)
            gone += some
            step(some)
            if over:
                return gone


# --- templates -------------------------------------------------------------------------------------


def _templates(version: Version, campaign: Campaign) -> list[tuple[str, str]]:
    """The approved messages that it invites with: name and language."""
    if campaign.outside != INVITING:
        return []
    known = {(one.name, template_states.plain_code(one.code)) for one in version.pack.templates.values()}
    return sorted(known)


def _refuse_stopped_templates(
    database: Database, programme: str, version: Version, campaign: Campaign
) -> None:
    with database.read() as tx:
        against = [
            why
            for name, language in _templates(version, campaign)
            if (why := template_states.why_not(tx, programme, name, language))
        ]
    if against:
        raise SettingsError(
            f"{campaign.id} invites people on WhatsApp with messages that may not be sent now: {'; '.join(against)}. "
            "Nothing was started. Mend them at WhatsApp, or write 'outside: hold'."
        )


def _tell_templates(database: Database, programme: str, version: Version, campaign: Campaign) -> None:
    wanted = _templates(version, campaign)
    with database.read() as tx:
        told = [one for one in template_states.told(tx) if (one.name, one.language) in wanted]
    for line in template_lines(told, programme):
        sys.stdout.write(line + "\n")


def template_lines(told: Sequence[template_states.TemplateNews], programme: str | None = None) -> list[str]:
    """What WhatsApp has said of approved messages; what stops them first."""
    mine = [one for one in told if programme is None or one.programme == programme]
    return [
        f"Template {one.words if one.what != 'category' else _category(one)}"
        f"{f' ({one.why})' if one.why else ''}, since {moment(one.at)} UTC."
        f"{' Nobody is invited with it; what we would say waits until she writes.' if one.stops else ''}"
        for one in sorted(mine, key=lambda one: (not one.stops, one.name, one.language, one.what))
    ]


def _category(one: template_states.TemplateNews) -> str:
    return f"{one.name} ({one.language}): category {one.value}"


# --- what an operator reads ------------------------------------------------------------------------


def _tell(found: Estimate, version: Version) -> None:
    campaign, zone = found.campaign, version.pack.zone
    lines = [f"{campaign.id}: {campaign.title}"]
    channels = Counter(one.channel for one in found.listeners)
    shares = ", ".join(f"{name} {in_words(count)}" for name, count in sorted(channels.items()))
    lines.append(f"  People    {in_words(len(found.listeners))}{f': {shares}' if shares else ''}")
    if found.already:
        lines.append(f"            {in_words(found.already)} more hear it already, or have heard it")
    if found.late:
        lines.append(
            f"            {in_words(found.late)} more fit and will not hear it: at most {campaign.pace} a day until {campaign.ends}"
        )
    if days := sorted({one.planned.at for one in found.listeners}):
        first, last = _day(days[0], zone), _day(days[-1], zone)
        lines.append(
            f"  Days      {len(days)}, from {first} to {last} at {campaign.at} ({zone}), at most {campaign.pace} a day"
        )
    lines += _cost_lines(found)
    sys.stdout.write("\n".join(lines) + "\n")


def _cost_lines(found: Estimate) -> list[str]:
    """Outside WhatsApp's 24 hours it costs something, or waits."""
    outside = found.outside
    if not outside:
        return ["  WhatsApp  nobody will be outside its 24 hours; nothing to pay for"]
    lines = [f"  WhatsApp  {in_words(outside)} will be outside its 24 hours, unless they write before"]
    if found.campaign.outside != INVITING:
        return [*lines, "            held for their next word, at most seven days; nothing to pay for"]
    if found.without_template:
        lines.append(
            f"            {in_words(found.without_template)} of them wait: no approved message in their language"
        )
    paid = outside - found.without_template
    price = found.price
    if price is None:
        return [
            *lines,
            f"  Cost      {in_words(paid)} approved messages; price not given (--price, or campaigns.yaml)",
        ]
    most = max(paid, FEW - 1) if paid else 0
    return [
        *lines,
        f"  Cost      at most {_money(most * price.amount)} {price.currency}: {in_words(paid)} approved messages "
        f"at {price.amount} {price.currency} each, price of {price.checked}",
    ]


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _day(at: int, zone: str) -> date:
    return datetime.fromtimestamp(at / 1_000_000, ZoneInfo(zone)).date()


def _tell_status(one: campaigns.Campaign, counts: Mapping[tuple[str, str], int]) -> None:
    why = f", {one.why}" if one.why else ""
    sys.stdout.write(f"{one.id}: {one.state}{why}; started {moment(one.started_at)} UTC\n")
    rows = [
        ("", state, in_words(people), reason.replace("_", " ")) for (state, reason), people in counts.items()
    ]
    sys.stdout.write(columns(("", "state", "people", "why"), rows))


def _opt_outs_in_words(said: int, opted_out: int, rate: float | None) -> str:
    share = f", {rate:.1%}" if rate is not None else ""
    return f"  Opted out after it: {in_words(opted_out)} of {in_words(said)} who are counted{share}\n"


# --- helpers ---------------------------------------------------------------------------------------


def _price(text: str | None) -> Price | None:
    """ "0.0113 USD 2026-11-01": amount, currency, and the day it was looked up. Raises SettingsError."""
    if text is None:
        return None
    try:
        amount, currency, checked = text.split()
        price = Price(Decimal(amount), currency, date.fromisoformat(checked))
    except (ValueError, InvalidOperation):
        price = None
    if price is None or price.amount < 0 or not (len(price.currency) == 3 and price.currency.isupper()):
        raise SettingsError(
            f"--price is '{text}'. Write amount, currency and day: --price '0.0113 USD 2026-11-01'."
        )
    return price


def _named(version: Version, name: str) -> Campaign:
    declared = version.pack.campaigns.by_id
    if name not in declared:
        near = did_you_mean(name, declared)
        advice = f"Did you mean '{near}'?" if near else f"There are: {', '.join(declared) or 'none'}."
        raise SettingsError(f"The live pack of '{version.pack.id}' declares no campaign '{name}'. {advice}")
    return declared[name]


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = open_store(settings)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _here(settings: Settings) -> Iterator[tuple[Database, Version]]:
    """The database, and the live version: what is said is what was published."""
    with _database(settings) as database:
        yield database, Shelf(database).versions(settings.programme)[0].live


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, and what moves it on."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task(what, total=total)
        yield lambda n: bar.advance(task, n)
