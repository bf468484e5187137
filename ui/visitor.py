"""Who a request comes from: named by headers, or by the cookies of Aisle's own pages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.requests import Request

from retrieval.profile.types import Visitor
from ui.access import demand, read_proof

CLIENT_HEADER, SESSION_HEADER, USER_HEADER = "X-Aisle-Client", "X-Aisle-Session", "X-Aisle-User"
CLIENT_COOKIE, SESSION_COOKIE = "aisle_client", "aisle_session"
VISITOR_HEADERS = (CLIENT_HEADER, SESSION_HEADER, USER_HEADER)
_ID = re.compile(r"^[\w.:@-]{1,128}$")
# What programs that read pages call themselves; they mean well, and they are no shoppers.
_ROBOT = re.compile(r"bot\b|crawl|spider|slurp|headless|preview|monitor", re.IGNORECASE)


def read_visitor(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Visitor | None:
    """The visitor that headers or cookies name; None without a client id."""
    client = _valid(headers.get(CLIENT_HEADER.lower(), "") or cookies.get(CLIENT_COOKIE, ""))
    user = _valid(headers.get(USER_HEADER.lower(), ""))
    if not client and not user:
        return None
    session = _valid(headers.get(SESSION_HEADER.lower(), "") or cookies.get(SESSION_COOKIE, ""))
    client = client or user
    return Visitor(client, session or client, user or None)


def visitor_of(request: Request) -> Visitor | None:
    """The visitor of an HTTP request.

    Who is signed in is told by their token alone: X-Aisle-User counts beside it, or beside the
    merchant's. Raises SignInError and NotYoursError.
    """
    proof = read_proof(request)
    found = read_visitor(request.headers, request.cookies)
    if found and found.user_id:
        demand(proof, found.user_id)
    if proof.shopper_id is None:
        return found
    if found is None:
        return Visitor(proof.shopper_id, proof.shopper_id, proof.shopper_id)
    return Visitor(found.client_id, found.session_id, proof.shopper_id)


def current_visitor() -> Visitor | None:
    """The visitor whose Gradio event is being handled."""
    from gradio.context import LocalContext  # Gradio takes seconds to import

    request = LocalContext.request.get(None)
    if request is None:
        return None
    headers = {str(k).lower(): str(v) for k, v in dict(request.headers).items()}
    headers.pop(USER_HEADER.lower(), None)  # a page's events carry no token that proves it
    cookies = getattr(request, "cookies", None) or {}
    return read_visitor(headers, {str(k): str(v) for k, v in dict(cookies).items()})


def is_robot(user_agent: str) -> bool:
    """Whether a program says that it is one."""
    return bool(_ROBOT.search(user_agent))


def _valid(text: str) -> str:
    return text if _ID.match(text) else ""
