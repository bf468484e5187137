"""How long does an import take, how much memory, and how long when nothing changed?

python -m benchmarks.importing [--catalog FEED] [--models DIR] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.parts import CATALOG, ENGLISH, MULTILINGUAL, default_models
from retrieval.catalog.feed import open_feed
from retrieval.catalog.store import StorePaths
from retrieval.catalog.sync import import_feed
from retrieval.index.encoder import load_encoder
from retrieval.index.indexer import Indexer
from retrieval.index.schema import index_schema
from retrieval.index.storage import open_embedded_index


def run_import(feed: Path, models: Path, store: Path) -> dict[str, float]:
    """One import in a process of its own, encoders loaded as part of it."""
    started = time.monotonic()
    english, multilingual = (load_encoder(name, models) for name in (ENGLISH, MULTILINGUAL))
    index = open_embedded_index(StorePaths(store).index, index_schema(english, multilingual))
    indexer = Indexer(index, english, multilingual)
    report = import_feed(open_feed(feed), indexer, store, lambda done, total, note="": None)
    index.close()
    return {
        "products": report.products,
        "indexed": report.indexed,
        "seconds": time.monotonic() - started,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalog", type=Path, default=CATALOG)
    parser.add_argument("--models", type=Path, default=default_models())
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first import", "second import, nothing changed"):
            # A fresh process each: the peak belongs to this import alone.
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                arguments = (options.catalog, options.models, Path(folder) / "store")
                results[name] = pool.apply(run_import, arguments)
            row = results[name]
            print(
                f"{name}: {row['products']:.0f} products, {row['indexed']:.0f} indexed, "
                f"{row['seconds']:.1f} s, peak {row['peak_gb']:.2f} GB",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
