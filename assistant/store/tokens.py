"""Who a shopper is: signed tokens (JWT, RFC 7519, HS256), never an id in a message."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt

from assistant.errors import CallerError

ALGORITHM = "HS256"
AUDIENCE = "aisle"
# As long as a session in a shop commonly lasts; after that the shop signs a new one.
VALID_FOR = timedelta(hours=12)
SECRET_BYTES = 32
SHORTEST_SECRET = 32
"""Characters; RFC 7518 wants a key of at least the hash's 256 bits."""


class SignInError(CallerError):
    """The token is not one of ours, or has expired."""


class ShopperTokens:
    """Issues and checks tokens; a shop that shares the secret signs its own."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def issue(self, shopper_id: str, *, now: datetime | None = None) -> str:
        """A token that names `shopper_id` for twelve hours."""
        expires = (now or datetime.now(UTC)) + VALID_FOR
        return jwt.encode(
            {"sub": shopper_id, "aud": AUDIENCE, "exp": expires}, self._secret, ALGORITHM
        )

    def check(self, token: str) -> str:
        """The shopper's id; raises SignInError for anything but a valid token."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                [ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["sub", "exp", "aud"]},
            )
        except jwt.InvalidTokenError:
            raise SignInError(
                "You are not signed in, or not any more.", remedy="Sign in again."
            ) from None
        return str(claims["sub"])


def read_secret(given: str, path: Path) -> str:
    """The signing secret: the setting's, else one made once and kept at `path` (mode 600)."""
    if given:
        return given
    if path.is_file():
        return path.read_text(encoding="ascii").strip()
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_hex(SECRET_BYTES)
    path.touch(mode=0o600)
    path.write_text(secret + "\n", encoding="ascii")
    return secret
