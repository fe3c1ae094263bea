"""Which case is told to whom: one that has to do with her, that she has not heard, and that may be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.package import current_item

if TYPE_CHECKING:
    from content.cases import Case
    from flows.talk import Talk


def best_case(talk: Talk) -> Case | None:
    """The case most like her: the same gap first, then the same sector, then the same economy.

    One that shares neither gap nor sector says nothing to her.
    """
    heard = talk.memory.get("cases", [])
    pack, profile = talk.live.pack, talk.business.profile if talk.business else {}
    gap, sector = (current_item(talk) or {}).get("gap"), profile.get("sector")
    code = pack.economy.code if pack.economy is not None else None
    likeness = {
        case: (gap in case.gaps, case.sector == sector, case.economy == code)
        for case in pack.cases.values()
        if case.is_shown and case.id not in heard and (gap in case.gaps or case.sector == sector)
    }
    return max(likeness, key=lambda case: likeness[case], default=None)


def tell(talk: Talk, case: Case) -> None:
    """Notes that she has heard it."""
    talk.remember("cases", [*talk.memory.get("cases", []), case.id])
    talk.event("case_shown", case=case.id, gap=(current_item(talk) or {}).get("gap"))
