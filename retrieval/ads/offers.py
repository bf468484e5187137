"""Offers as signed tokens (JWT, HS256): the price of a click is the store's word, not a page's."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import jwt

from retrieval.ads.types import Offer, from_micros, to_micros
from retrieval.rank.sponsored import Won

ALGORITHM = "HS256"
# A page left open overnight; a click that comes later is nobody's bill.
VALID_FOR = timedelta(hours=24)


class OfferSigner:
    """Signs and reads the offers of one store."""

    def __init__(self, secret: str, application: str) -> None:
        """The key is derived from `secret`, so that no offer passes for a shopper's token."""
        self._key = hashlib.sha256(f"advertising offers\n{secret}".encode()).hexdigest()
        self._audience = f"aisle-ads:{application}"

    def sign(self, won: Won, now: datetime | None = None) -> str:
        """A token for one placement of a won slot."""
        claims = {
            "aud": self._audience,
            "exp": (now or datetime.now(UTC)) + VALID_FOR,
            "jti": uuid.uuid4().hex,
            "ad": won.bidder.campaign_id,
            "sub": won.bidder.product_id,
            "cost": to_micros(won.cost),
        }
        return jwt.encode(claims, self._key, ALGORITHM)

    def read(self, token: str) -> Offer | None:
        """The offer of a token; None for one that is not ours or too old."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                [ALGORITHM],
                audience=self._audience,
                options={"require": ["exp", "aud", "jti", "sub"]},
            )
            cost: Decimal = from_micros(int(claims["cost"]))
            return Offer(str(claims["jti"]), str(claims["ad"]), str(claims["sub"]), cost)
        except (jwt.InvalidTokenError, KeyError, ValueError):
            return None
