"""Surveys: ordinary flows with `survey:` in their head, of which answers are counted.

What was shown and answered is kept in the memory of the conversation: `surveys` -> survey -> {shown,
answered: {about: [questions]}}, where `about` is the meeting or the gap that was talked about, or "".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flows import limits
from flows.package import current_item

if TYPE_CHECKING:
    from flows.state import Json
    from flows.talk import Talk
    from flows.version import Flow

OF_MEETINGS = "meeting_"  # what the names of surveys about a meeting begin with
PAUSE = 7 * 86_400 * limits.SECOND  # at most one survey in seven days


def shown(talk: Talk, flow: Flow) -> None:
    """A run of a survey begins."""
    assert flow.survey is not None  # only called for surveys
    known = _known(talk, flow.survey)
    _keep(talk, flow.survey, {**known, "shown": talk.now})
    talk.event("survey_shown", survey=flow.survey, about=_about(talk, flow.survey) or None)


def answered(talk: Talk, flow: Flow, question: str, value: Any) -> None:
    """An answer to a question of a survey. Words of her own are not counted: they are not kept at all."""
    survey = flow.survey
    if survey is None or not isinstance(value, (str, int, float, list)):
        return
    about = _about(talk, survey)
    known = _known(talk, survey)
    before = known.get("answered", {}).get(about, [])
    for code in value if isinstance(value, list) else [value]:
        talk.event(
            "survey_answered",
            survey=survey, question=question, answer=str(code), about=about or None, again=question in before,
        )  # fmt: skip
    if question not in before:
        kept = {**known.get("answered", {}), about: [*before, question]}
        _keep(talk, survey, {**known, "answered": kept})


def next_allowed(talk: Talk) -> int:
    """Microseconds until another survey may be shown; 0 for now."""
    latest = max((entry.get("shown", 0) for entry in talk.memory.get("surveys", {}).values()), default=0)
    return max(0, latest + PAUSE - talk.now) if latest else 0


def open_one(talk: Talk) -> Flow | None:
    """The survey that a question belongs to: of its own flow, or of one that has called it."""
    for run in reversed(talk.runs):
        flow = talk.flow_of(run)
        if flow.survey is not None:
            return flow
        if run.aside:
            break
    return None


def leads_to_one(flows: Mapping[str, Flow], flow: str) -> bool:
    """Whether a flow is a survey, or asks if one may begin."""
    begins = [getattr(at.step, "begin") for at in flows[flow].instructions if at.step.kind == "begin"]  # noqa: B009
    return any(name in flows and flows[name].survey is not None for name in (flow, *begins))


def _about(talk: Talk, survey: str) -> str:
    if survey.startswith(OF_MEETINGS):
        return str(talk.note("meeting") or "")
    item = current_item(talk) or {}
    return str(item.get("gap") or "")


def _known(talk: Talk, survey: str) -> Json:
    known: Json = talk.memory.get("surveys", {}).get(survey, {})
    return known


def _keep(talk: Talk, survey: str, entry: Json) -> None:
    talk.remember("surveys", {**talk.memory.get("surveys", {}), survey: entry})
