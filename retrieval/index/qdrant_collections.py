"""The generations of a store's index on a Qdrant server: collections behind one alias.

The alias ``aisle-<store>`` names the collection in use, ``aisle-<store>.<n>``. A dot parts the
number, since a store's name may end in "-2" itself. What a collection was written with is kept
in its metadata.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from retrieval.errors import IndexIncompatibleError
from retrieval.index.qdrant_server import ServerIndex, guarded, index_field
from retrieval.index.schema import (
    KEYWORD_FIELDS,
    NUMBER_FIELDS,
    join_schemas,
    read_schema,
    schema_dict,
)
from retrieval.index.storage import Generation
from retrieval.index.tuning import IndexTuning, Quantization
from retrieval.index.types import IndexSchema, VectorName

logger = logging.getLogger(__name__)

_TIMEOUT_S = 30
_KIND = models.PayloadSchemaType
_INDEXED = {
    **dict.fromkeys(KEYWORD_FIELDS, _KIND.KEYWORD),
    **dict.fromkeys(NUMBER_FIELDS, _KIND.FLOAT),
}


def connect(url: str, api_key: str | None = None) -> QdrantClient:
    """A client of the server at `url`; nothing is sent yet."""
    return QdrantClient(url=url, api_key=api_key, timeout=_TIMEOUT_S)


class ServerStorage:
    """An `IndexStorage` over the collections of one store; owns its client."""

    def __init__(self, client: QdrantClient, store: str, tuning: IndexTuning | None = None) -> None:
        self._client = client
        self._alias = f"aisle-{store}"
        self._own = re.compile(rf"^{re.escape(self._alias)}\.(\d+)$")
        self._tuning = tuning or IndexTuning()

    def stored(self) -> Mapping[str, Any] | None:
        """The metadata of the collection in use."""
        name = self.current()
        return self._metadata(name) if name else None

    def open(self, schema: IndexSchema) -> Generation:
        """The collection the alias names, by its own name: a switch leaves readers their index."""
        name = self.current()
        if name is None:
            generation = self.begin(schema)
            self.commit(generation)
            return generation
        metadata = self._metadata(name)
        schema = self._add_vectors(name, metadata, join_schemas(metadata, schema))
        guarded(lambda: self._index_fields(name))
        return self._generation(name, schema)

    def begin(self, schema: IndexSchema) -> Generation:
        """An empty collection with the next number; unfinished ones of before are removed."""
        current = self.current()
        for name in self._collections():
            if name != current:
                self.remove(name)
        number = int(current.rpartition(".")[2]) + 1 if current else 1
        name = f"{self._alias}.{number}"
        guarded(lambda: self._create(name, schema))
        return self._generation(name, schema)

    def commit(self, generation: Generation) -> None:
        """Point the alias at the collection; the server does so in one step."""
        operations: list[Any] = []
        if self.current():
            gone = models.DeleteAlias(alias_name=self._alias)
            operations.append(models.DeleteAliasOperation(delete_alias=gone))
        new = models.CreateAlias(collection_name=generation.name, alias_name=self._alias)
        operations.append(models.CreateAliasOperation(create_alias=new))
        guarded(lambda: self._client.update_collection_aliases(operations))

    def remove(self, name: str) -> None:
        """Remove a collection of this store."""
        if self._own.match(name):
            guarded(lambda: self._client.delete_collection(name))

    def destroy(self) -> None:
        """Remove every collection of this store, the alias with them."""
        if self.current():
            gone = models.DeleteAlias(alias_name=self._alias)
            operation = models.DeleteAliasOperation(delete_alias=gone)
            guarded(lambda: self._client.update_collection_aliases([operation]))
        for name in self._collections():
            self.remove(name)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _generation(self, name: str, schema: IndexSchema) -> Generation:
        index = ServerIndex(self._client, name, self._tuning, schema.dimensions)
        return Generation(name, schema, index)

    def _add_vectors(
        self, name: str, metadata: Mapping[str, Any], wanted: IndexSchema
    ) -> IndexSchema:
        """Give the collection the vectors of `wanted` it lacks, where the server knows how."""
        stored = read_schema(metadata)
        try:
            for key in wanted.dimensions.keys() - stored.dimensions.keys():
                dense = models.DenseVectorConfig(
                    size=wanted.dimensions[key], distance=models.Distance.COSINE
                )
                config = models.DenseVectorNameConfig(dense=dense)
                self._client.create_vector_name(name, key, config)
        except UnexpectedResponse:
            # Servers before 1.18 cannot; the store then serves without pictures.
            logger.warning("this Qdrant server cannot add pictures to the collection %s", name)
            return stored
        if wanted != stored:
            guarded(
                lambda: self._client.update_collection(
                    name, metadata={**metadata, **schema_dict(wanted)}
                )
            )
        return wanted

    def current(self) -> str | None:
        """The collection that the alias names."""
        aliases = guarded(self._client.get_aliases).aliases
        return next((a.collection_name for a in aliases if a.alias_name == self._alias), None)

    def _collections(self) -> list[str]:
        found = guarded(self._client.get_collections).collections
        return [c.name for c in found if self._own.match(c.name)]

    def _metadata(self, name: str) -> Mapping[str, Any]:
        config = guarded(lambda: self._client.get_collection(name)).config
        if not config.metadata:
            raise IndexIncompatibleError(
                f"The collection {name} was not written by Aisle.", remedy="Name another store."
            )
        return config.metadata

    def _create(self, name: str, schema: IndexSchema) -> None:
        tuning = self._tuning
        self._client.create_collection(
            name,
            vectors_config={
                key: models.VectorParams(
                    size=size, distance=models.Distance.COSINE, on_disk=tuning.on_disk or None
                )
                for key, size in schema.dimensions.items()
            },
            sparse_vectors_config={
                VectorName.LEXICAL.value: models.SparseVectorParams(modifier=models.Modifier.IDF)
            },
            hnsw_config=models.HnswConfigDiff(
                m=tuning.hnsw_m, ef_construct=tuning.hnsw_ef_construct
            ),
            optimizers_config=models.OptimizersConfigDiff(indexing_threshold=tuning.exact_up_to_kb),
            quantization_config=_quantization(tuning.quantization),
            shard_number=tuning.shards,
            replication_factor=tuning.replicas,
            metadata={**schema_dict(schema), "tuning": tuning.built()},
        )
        self._index_fields(name)

    def _index_fields(self, name: str) -> None:
        """Index the fields that filters read; a collection of an older version may lack some."""
        known = set(self._client.get_collection(name).payload_schema)
        for field in _INDEXED.keys() - known:
            index_field(self._client, name, field, _INDEXED[field])


def _quantization(
    kind: Quantization,
) -> models.ScalarQuantization | models.BinaryQuantization | None:
    if kind is Quantization.INT8:
        config = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
        return models.ScalarQuantization(scalar=config)
    if kind is Quantization.BINARY:
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    return None
