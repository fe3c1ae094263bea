"""Another site may not speak in somebody's name."""

from __future__ import annotations

from starlette.requests import Request

from access.problems import ApiProblem


def refuse_other_sites(request: Request) -> None:
    """Raises a 403 for what another page sends; browsers say where a request comes from."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ApiProblem(403, "This request comes from another page.")
