"""What the index keeps of a product: the texts embedded, the payload, the fingerprint."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from retrieval.index.analysis import fold, terms
from retrieval.index.types import Payload
from retrieval.rank.families import family_key
from retrieval.rank.rules import product_models
from retrieval.types import Attribute, Fingerprint, Language, Product
from retrieval.units import to_base

# Raise when texts, lexical weights or payload fields change: every product is then indexed
# again at the next import.
DOCUMENT_VERSION = 3
# Characters of the description worth embedding: the rest moves rank little, costs much.
DESCRIPTION_LENGTH = 120
# Longer attribute values are prose or lists of models: terms, but no choices to filter by.
VALUE_LENGTH = 60
# Attributes that say what a thing is rather than how: they count like the title.
KIND_ATTRIBUTES = frozenset({"type", "product_type", "device_type", "kind"})
DIGESTS = ("id", "text_digest", "payload_digest", "image_digest")
# Parsed products kept: what is popular is read again and again, and a product with ninety
# attributes takes .3 ms and 50 KB.
PARSED = 1024
_LIST = re.compile(r"\s*[,;、，；|/]\s*")
_PLAIN = re.compile(r"^\w+$", re.ASCII)


# ------------------------------------------------------------------------- texts


def english_text(product: Product) -> str:
    """What the English encoder reads: title, kind, then what the description adds.

    On electronics the description lifts the judged-only nDCG@10 of MiniLM alone from .87 to
    .92; more than its beginning no longer pays.
    """
    parts = _title_and_kind(product, product.title_in(Language.ENGLISH))
    rest = product.description_in(Language.ENGLISH).strip()
    if rest and rest not in parts[0]:
        parts.append(rest[:DESCRIPTION_LENGTH])
    return ". ".join(parts)


def multilingual_text(product: Product) -> str:
    """What the multilingual encoder reads: title and kind, then the Chinese title.

    Its tokens cost three times MiniLM's, so it does without the description.
    """
    parts = _title_and_kind(product, product.title)
    parts += [t.title for t in product.translations.values() if t.title != product.title]
    return ". ".join(parts)


def _title_and_kind(product: Product, title: str) -> list[str]:
    return [title, product.category[-1]] if product.category else [title]


def lexical_fields(product: Product) -> dict[str, str]:
    """The product's words by field; each field has its own weight in the lexical vector."""
    titles = {product.title, *(t.title for t in product.translations.values())}
    descriptions = {product.description, *(t.description for t in product.translations.values())}
    texts = [a for a in product.attributes if isinstance(a.value, str)]
    flags = [a.name.replace("_", " ") for a in product.attributes if a.value is True]
    numbers = [f"{a.value} {a.unit}" for a in product.attributes if _is_measure(a)]
    return {
        "title": " ; ".join(sorted(titles)),
        "brand": product.brand or "",
        "category": " ; ".join(product.category),
        "identifier": " ; ".join(product.identifiers.values()),
        "kind": " ; ".join(str(a.value) for a in texts if a.name in KIND_ATTRIBUTES),
        "attributes": " ; ".join(str(a.value).replace(",", " ; ") for a in texts),
        "measures": " ; ".join(numbers),
        "flags": " ; ".join(flags),
        "description": " ; ".join(sorted(descriptions)),
    }


def _is_measure(attribute: Attribute) -> bool:
    return bool(attribute.unit) and isinstance(attribute.value, Decimal)


# ----------------------------------------------------------------------- payload


def product_payload(product: Product, image_digest: str = "") -> Payload:
    """The stored product as JSON, its fingerprint, and the fields that filters read.

    `image_digest` is that of the picture its vector was made of.

    Numbers lie in their dimension's base unit (millimetre, gram, second ...) under
    `number_field`; texts are folded. Absent facts are absent fields.
    """
    digest = fingerprint(product)
    payload: Payload = {
        "id": product.id,
        "product": product.model_dump_json(exclude_defaults=True),
        "text_digest": digest.text,
        "payload_digest": digest.payload,
        "currency": product.currency,
        "category": _prefixes(product.category),
        "attributes": sorted(set(_choices(product.attributes))),
        "has": sorted({a.name for a in product.attributes}),
        "numbers": _numbers(product.attributes),
        "terms": sorted(set(_own_words(product))),
        "models": product_models(product),
        "available": "yes" if _in_stock(product) else "no",
        "family": family_key(product),
    }
    if image_digest:
        payload |= {"image_digest": image_digest, "pictured": "yes"}
    if product.brand:
        payload["brand"] = fold(product.brand)
    if product.price is not None:
        payload["price"] = float(product.price)
    if product.rating is not None:
        payload["rating"] = float(product.rating)
    if product.released is not None:
        payload["released"] = float(product.released.toordinal())
    return payload


def read_product(payload: Payload) -> Product:
    """The product a payload was made of."""
    return _parse_product(payload["product"])


@lru_cache(maxsize=PARSED)
def _parse_product(text: str) -> Product:
    return Product.model_validate_json(text)


def category_key(path: Sequence[str]) -> str:
    """The value under which a category path (any prefix of it) is found."""
    return " > ".join(map(fold, path))


def number_field(name: str) -> str:
    """The payload field of the number attribute `name`; safe as a JSON path."""
    return f"numbers.{name if _PLAIN.match(name) else f'x{zlib.crc32(name.encode()):08x}'}"


def fingerprint(product: Product, image_digest: str = "") -> Fingerprint:
    """Digests of what is embedded and of the rest (blake2b, 64 bits), and the picture's."""
    fields = "\x1f".join(lexical_fields(product).values())
    text = (
        f"{DOCUMENT_VERSION}\x1f{english_text(product)}\x1f{multilingual_text(product)}\x1f{fields}"
    )
    return Fingerprint(
        text=_digest(text), payload=_digest(product.model_dump_json()), image=image_digest
    )


def stored_fingerprint(payload: Payload) -> Fingerprint:
    """The fingerprint a payload was stored with, from its fields `DIGESTS`."""
    return Fingerprint(
        text=payload["text_digest"],
        payload=payload["payload_digest"],
        image=payload.get("image_digest", ""),
    )


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _prefixes(path: Sequence[str]) -> list[str]:
    return [category_key(path[: n + 1]) for n in range(len(path))]


def _choices(attributes: Sequence[Attribute]) -> Iterator[str]:
    for attribute in attributes:
        value = attribute.value
        if isinstance(value, bool):
            yield f"{attribute.name}={str(value).lower()}"
        elif isinstance(value, str) and value:
            whole = fold(value)
            if len(whole) <= VALUE_LENGTH:
                yield f"{attribute.name}={whole}"
            for part in _LIST.split(whole):
                if part and len(part) <= VALUE_LENGTH:
                    yield f"{attribute.name}={part}"


def _numbers(attributes: Sequence[Attribute]) -> dict[str, list[float]]:
    numbers: dict[str, list[float]] = {}
    for attribute in attributes:
        if isinstance(attribute.value, Decimal):
            field = number_field(attribute.name).removeprefix("numbers.")
            numbers.setdefault(field, []).append(float(to_base(attribute.value, attribute.unit)))
    return numbers


def _own_words(product: Product) -> Iterator[str]:
    """Terms that exclusions ("no leather") look for: names and short attribute values."""
    fields = lexical_fields(product)
    short = [a.value for a in product.attributes if isinstance(a.value, str) and len(a.value) <= 24]
    names = (fields["title"], fields["brand"], fields["category"], fields["flags"])
    for term in terms(" ; ".join((*names, *short))):
        yield term.text


def _in_stock(product: Product) -> bool:
    """A feed that does not say has it; so has a product of which some variant is there."""
    if product.stock is not None:
        return product.stock > 0
    stocks = [v.stock for v in product.variants]
    return not stocks or any(s is None or s > 0 for s in stocks)
