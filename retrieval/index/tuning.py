"""How an index trades memory, time to build and time to answer; vendor-free."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Quantization(StrEnum):
    """What is kept of a vector for the first pass: all of it, a byte or a bit a dimension."""

    NONE = "none"
    INT8 = "int8"
    BINARY = "binary"


# Candidates the first pass hands to the second, as a multiple of what was asked for: a byte a
# dimension hardly moves a neighbour, a bit does.
OVERSAMPLING = {Quantization.NONE: 1.0, Quantization.INT8: 1.5, Quantization.BINARY: 4.0}


@dataclass(frozen=True)
class IndexTuning:
    """Settings of an index; the defaults suit a catalogue below about 100,000 products.

    `hnsw_m` edges a node and `hnsw_ef_construct` candidates while building decide the graph
    (Malkov and Yashunin 2020), `hnsw_ef` the candidates of a query (0: the engine's choice).
    A segment below `exact_up_to_kb` KB a named vector is scanned instead. With quantisation
    `oversampling` times the hits (0: by kind) are compared again in full when `rescore` is on.
    `on_disk` leaves full vectors on disk. `shards` and `replicas` are a cluster's.
    """

    hnsw_m: int = 16
    hnsw_ef_construct: int = 100
    hnsw_ef: int = 0
    # 19,406 × 384 floats are 29,000 KB: scanned in 1 ms, while building graphs would take
    # longer than all the rest of an import.
    exact_up_to_kb: int = 200_000
    quantization: Quantization = Quantization.NONE
    oversampling: float = 0.0
    rescore: bool = True
    on_disk: bool = False
    shards: int = 1
    replicas: int = 1

    @property
    def candidates(self) -> float:
        """The multiple of the hits that is compared again in full."""
        return self.oversampling or OVERSAMPLING[self.quantization]

    def built(self) -> dict[str, Any]:
        """What only a rebuilt index takes on, as it is stored beside the index."""
        return {
            "hnsw_m": self.hnsw_m,
            "hnsw_ef_construct": self.hnsw_ef_construct,
            "exact_up_to_kb": self.exact_up_to_kb,
            "quantization": self.quantization.value,
            "on_disk": self.on_disk,
            "shards": self.shards,
            "replicas": self.replicas,
        }
