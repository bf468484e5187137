"""What outlives a process, and who may open an index."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.index_products import PRODUCTS, TONER, HashingEncoder

from retrieval.errors import IndexIncompatibleError, StoreInUseError
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import destroy_embedded_index, open_embedded_index
from retrieval.index.types import Group, ProductIndex
from retrieval.search import HybridSearcher
from retrieval.types import SearchRequest

Opener = Callable[[HashingEncoder], ProductIndex]
ENCODER = HashingEncoder()


def test_reopening_finds_everything(opener: Opener) -> None:
    first = opener(ENCODER)
    Indexer(first, ENCODER, ENCODER).index(PRODUCTS)
    first.flush()
    first.close()
    again = opener(ENCODER)
    searcher = HybridSearcher(again, ENCODER, ENCODER)
    assert again.count(Group()) == len(PRODUCTS)
    assert searcher.search(SearchRequest(text="tn2110")).hits[0].product == TONER
    again.close()


@pytest.mark.parametrize("other", [HashingEncoder("other"), HashingEncoder(dimensions=16)])
def test_another_encoder_is_refused(opener: Opener, other: HashingEncoder) -> None:
    opener(ENCODER).close()
    with pytest.raises(IndexIncompatibleError, match=r"encoders|dimensions"):
        opener(other)
    opener(ENCODER).close()


WRITER = """
import os, sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from support.index_products import PRODUCTS, HashingEncoder
from retrieval.index.indexer import Indexer
from retrieval.index.storage import open_embedded_index
from retrieval.index.schema import index_schema
encoder = HashingEncoder()
index = open_embedded_index(Path({path!r}), index_schema(encoder, encoder))
Indexer(index, encoder, encoder).index(PRODUCTS)
os.kill(os.getpid(), 9)
"""


def test_embedded_index_survives_a_kill(tmp_path: Path) -> None:
    script = WRITER.format(tests=str(Path(__file__).parent.parent), path=str(tmp_path / "index"))
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    index = open_embedded_index(tmp_path / "index", index_schema(ENCODER, ENCODER))
    assert index.count(Group()) == len(PRODUCTS)
    index.close()


OPENER = """
from pathlib import Path
from retrieval.errors import StoreInUseError
from retrieval.index.schema import SCHEMA_VERSION
from retrieval.index.storage import open_embedded_index
from retrieval.index.types import IndexSchema
schema = IndexSchema(SCHEMA_VERSION, {{"english": "hashing", "multilingual": "hashing"}},
                     {{"english": 256, "multilingual": 256}})
try:
    open_embedded_index(Path({path!r}), schema)
except StoreInUseError as error:
    print("refused:", error)
"""


def test_second_process_is_told_the_store_is_in_use(tmp_path: Path) -> None:
    index = open_embedded_index(tmp_path / "index", index_schema(ENCODER, ENCODER))
    script = OPENER.format(path=str(tmp_path / "index"))
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("refused: Another process has this store open.")
    with pytest.raises(StoreInUseError):
        destroy_embedded_index(tmp_path / "index")
    index.close()
    destroy_embedded_index(tmp_path / "index")
    assert not list((tmp_path / "index").iterdir())
