"""What an index was written with, kept beside its data and checked when it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retrieval.errors import IndexIncompatibleError
from retrieval.index.types import IndexSchema, VectorName
from retrieval.types import Encoder

# Raise when stored fields change so that older indexes cannot be read.
SCHEMA_VERSION = 1

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
)
NUMBER_FIELDS = ("price", "rating", "released")


def index_schema(english: Encoder, multilingual: Encoder) -> IndexSchema:
    """The schema of an index filled by these encoders."""
    encoders = {VectorName.ENGLISH.value: english, VectorName.MULTILINGUAL.value: multilingual}
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


def check_schema(stored: Mapping[str, Any], wanted: IndexSchema) -> None:
    """Raise IndexIncompatibleError unless both are the same."""
    for key, value in schema_dict(wanted).items():
        if stored.get(key) != value:
            raise IndexIncompatibleError(
                f"The index was written with {key} {stored.get(key)}, not {value}.",
                remedy="Remove the store with `aisle reset` and import the catalogue again.",
            )
