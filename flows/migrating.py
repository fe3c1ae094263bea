"""Takes runs over to the live version where the pack's migration map names the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from content.problems import Place, Report, did_you_mean
from flows.state import Frame, State
from flows.version import Flow, Version, Versions


def migrated(versions: Versions, state: State) -> State:
    """The state with those runs in the live version for which the map names the step that they stand in.

    A run stays where it is while its instrument is another one: what was begun to be measured is
    measured to its end with the same questions.
    """
    live = versions.live
    if not live.pack.migrations or all(frame.structure == live.structure for frame in state.frames):
        return state
    frames = tuple(_moved(frame, versions) or frame for frame in state.frames)
    return replace(state, frames=frames) if frames != state.frames else state


def _moved(frame: Frame, versions: Versions) -> Frame | None:
    """The run in the live version, or None if it stays where it is."""
    live, flow = versions.live, frame.flow
    if frame.structure == live.structure or flow not in live.pack.migrations or flow not in live.flows:
        return None
    old = versions.get(frame.structure)
    step = step_at(old.flows[flow], frame.at)
    if old.instrument != live.instrument or step is None:
        return None
    place = place_of(live, flow, live.pack.migrations[flow].get(step, step))
    return None if place is None else replace(frame, structure=live.structure, at=place)


def step_at(flow: Flow, place: int) -> str | None:
    """The id of the step that a run comes to next; None behind the last."""
    seen: set[int] = set()
    while place < len(flow.instructions) and place not in seen:
        seen.add(place)
        instruction = flow.instructions[place]
        if instruction.id:
            return instruction.id
        place = instruction.target if instruction.target is not None else place + 1
    return None


def place_of(version: Version, flow: str, step: str) -> int | None:
    """Where a step stands in a flow of a version; None if there is none."""
    instructions = version.flows[flow].instructions if flow in version.flows else ()
    return next((one.place for one in instructions if one.id == step), None)


def check_migrations(
    migrations: Mapping[str, Mapping[str, str]], flows: Mapping[str, Flow], at: Place, report: Report
) -> None:
    """Reports entries that lead to a flow or a step that is not there."""
    for flow, steps in migrations.items():
        if flow not in flows:
            near = did_you_mean(flow, flows)
            report.add("FLOW-012", at, step="migrations", target=flow, known=sorted(flows), near=near)
            continue
        known = [one.id for one in flows[flow].instructions if one.id]
        for step, target in steps.items():
            if target not in known:
                report.add("FLOW-002", at, step=step, target=target, near=did_you_mean(target, known))
