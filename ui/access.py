"""Whose data a request may read or write: a signed token proves a shopper, the merchant's token
vouches for all; a random client id is its own proof."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from assistant.store.shop import Shop
from assistant.store.tokens import SignInError
from assistant.types import AssistantService
from retrieval.profile.types import Visitor
from ui.errors import NotYoursError

BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Proof:
    """Who a request has shown to be: a signed-in shopper, the merchant, or nobody."""

    shopper_id: str | None = None
    merchant: bool = False

    def vouches_for(self, user_id: str) -> bool:
        """Whether it may speak for this shopper."""
        return self.merchant or user_id == self.shopper_id


def read_proof(request: Request) -> Proof:
    """The proof in the Authorization header; raises SignInError for one that does not hold."""
    given = request.headers.get("authorization", "")
    if not given:
        return Proof()
    token = given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else ""
    admin = getattr(request.app.state, "admin", None)
    if admin is not None and token and admin.admits(token):
        return Proof(merchant=True)
    service: AssistantService = request.app.state.service
    shop: Shop | None = service.shop
    if shop is None or not token:
        raise SignInError("You are not signed in.", remedy="Send Authorization: Bearer <token>.")
    return Proof(shopper_id=shop.tokens.check(token))


def demand(proof: Proof, user_id: str) -> None:
    """Raise SignInError (401) or NotYoursError (403) unless `proof` vouches for `user_id`."""
    if proof.vouches_for(user_id):
        return
    if proof.shopper_id is None:
        raise SignInError(
            "This belongs to a signed-in shopper.",
            remedy="Send their token as Authorization: Bearer <token> (docs/privacy.md).",
        )
    raise NotYoursError(
        "This belongs to another shopper.", remedy="Ask for your own, or leave the id out."
    )


def read_name(
    service: AssistantService, request: Request, given: str, visitor: Visitor | None
) -> str:
    """The id whose profile this request may read: `given`, else the visitor's own.

    A signed-in shopper's needs their token, except by the random client id of their browser;
    raises SignInError and NotYoursError.
    """
    name = given or (visitor.name if visitor else "")
    learning = service.learning
    if not name or learning is None:
        return name
    owner = learning.owner(name)
    if owner != name and learning.is_secret(name):
        return name
    stated = service.preferences.recent(f"shopper:{owner}") if service.preferences else ()
    if stated or learning.knows_user(owner):
        demand(read_proof(request), owner)
    return name
