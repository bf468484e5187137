"""What an index was written with, kept beside its data and checked when it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retrieval.errors import IndexIncompatibleError
from retrieval.index.types import IndexSchema, VectorName
from retrieval.types import Encoder, ImageEncoder

# Raise when stored fields change so that older indexes cannot be read.
SCHEMA_VERSION = 2

# Payload fields that filters read, by the kind of their payload index. Flags are keywords:
# Edge 0.9 takes a Python bool for the integer 1 and would match nothing.
KEYWORD_FIELDS = (
    "brand",
    "category",
    "attributes",
    "has",
    "terms",
    "models",
    "available",
    "currency",
    "family",
    "pictured",
)
NUMBER_FIELDS = ("price", "rating", "released")


def index_schema(
    english: Encoder, multilingual: Encoder, image: ImageEncoder | None = None
) -> IndexSchema:
    """The schema of an index filled by these encoders."""
    encoders: dict[str, Encoder | ImageEncoder] = {
        VectorName.ENGLISH.value: english,
        VectorName.MULTILINGUAL.value: multilingual,
    }
    if image is not None:
        encoders[VectorName.IMAGE.value] = image
    return IndexSchema(
        version=SCHEMA_VERSION,
        encoders={name: encoder.name for name, encoder in encoders.items()},
        dimensions={name: encoder.dimensions for name, encoder in encoders.items()},
    )


def schema_dict(schema: IndexSchema) -> dict[str, Any]:
    """The schema as it is stored."""
    return {
        "version": schema.version,
        "encoders": dict(schema.encoders),
        "dimensions": dict(schema.dimensions),
    }


def read_schema(stored: Mapping[str, Any]) -> IndexSchema:
    """The schema that `schema_dict` gave; raises IndexIncompatibleError for anything else."""
    try:
        return IndexSchema(
            version=int(stored["version"]),
            encoders=dict(stored["encoders"]),
            dimensions=dict(stored["dimensions"]),
        )
    except (KeyError, TypeError, ValueError):
        raise IndexIncompatibleError(
            "The store has no readable index.", remedy="Import the catalogue again."
        ) from None


def join_schemas(stored: Mapping[str, Any], wanted: IndexSchema) -> IndexSchema:
    """The schema an index written with `stored` is opened with: both agree, but either may
    have pictures that the other has not.

    Raises IndexIncompatibleError when they do not agree.
    """
    found = read_schema(stored)
    pairs = (
        ("encoders", found.encoders, wanted.encoders),
        ("dimensions", found.dimensions, wanted.dimensions),
    )
    if found.version != wanted.version:
        raise _incompatible("version", found.version, wanted.version)
    for key, before, now in pairs:
        if _without_image(before) != _without_image(now) or _differ(before, now):
            raise _incompatible(key, dict(before), dict(now))
    return IndexSchema(
        version=wanted.version,
        encoders={**found.encoders, **wanted.encoders},
        dimensions={**found.dimensions, **wanted.dimensions},
    )


def _without_image(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != VectorName.IMAGE.value}


def _differ(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a vector that both have is another one."""
    return any(before[name] != now[name] for name in before.keys() & now.keys())


def _incompatible(key: str, found: object, wanted: object) -> IndexIncompatibleError:
    return IndexIncompatibleError(
        f"The index was written with {key} {found}, not {wanted}.",
        remedy="Remove the store with `aisle reset` and import the catalogue again.",
    )
