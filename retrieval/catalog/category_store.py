"""Keeps a learned way to categorise beside its store: one file, arrays in half precision."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.bayes import Bayes
from retrieval.catalog.categories import CategoryModel, Judge
from retrieval.catalog.files import write_bytes_atomically
from retrieval.catalog.kinds import Kinds
from retrieval.catalog.phrases import PhraseTable
from retrieval.catalog.titles import TitleLexicon

# Raise when the way products are placed changes; older files are then learned anew.
VERSION = 1


def save_categories(model: CategoryModel, path: Path) -> None:
    """Write `model` as a whole; raises DiskFullError or TerminalError."""
    arrays: dict[str, NDArray[Any]] = {}
    if model.judge is not None:
        arrays = {
            "ratios": model.judge.bayes.ratios.astype(np.float16),
            "priors": model.judge.bayes.priors,
            "floors": model.judge.floors,
            "lowest": model.judge.lowest,
        }
    buffer = io.BytesIO()
    header = np.frombuffer(json.dumps(_header(model)).encode(), dtype=np.uint8)
    # numpy types every keyword as its flag allow_pickle.
    np.savez_compressed(buffer, header=header, **arrays)  # type: ignore[arg-type]
    write_bytes_atomically(path, buffer.getvalue())


def load_categories(path: Path) -> CategoryModel | None:
    """What `save_categories` wrote, None when there is none or it is of another version."""
    try:
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(file["header"].tobytes())
            if header["version"] != VERSION:
                return None
            judge = header["judge"] and Judge(
                names=tuple(header["judge"]["names"]),
                bayes=Bayes(file["ratios"].astype(np.float32), file["priors"]),
                margin=header["judge"]["margin"],
                head_margin=header["judge"]["head_margin"],
                floors=file["floors"],
                lowest=file["lowest"],
            )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        # A damaged file costs a second of learning, not the store.
        return None
    return CategoryModel(
        learned_from=header["learned_from"],
        lexicon=TitleLexicon(*(frozenset(words) for words in header["lexicon"])),
        table=PhraseTable(header["heads"], header["longer"], set(header["tails"])),
        kinds=Kinds(header["kinds"]),
        trusted=frozenset(header["trusted"]),
        parents=frozenset(header["parents"]),
        features={feature: number for number, feature in enumerate(header["features"])},
        judge=judge,
    )


def _header(model: CategoryModel) -> dict[str, object]:
    lexicon = model.lexicon
    return {
        "version": VERSION,
        "learned_from": model.learned_from,
        "lexicon": [
            sorted(words)
            for words in (lexicon.brands, lexicon.known, lexicon.values, lexicon.acronyms)
        ],
        "heads": model.table.heads,
        "longer": model.table.longer,
        "tails": sorted(model.table.tails),
        "kinds": model.kinds.canonical,
        "trusted": sorted(model.trusted),
        "parents": sorted(model.parents),
        "features": list(model.features),
        "judge": model.judge
        and {
            "names": list(model.judge.names),
            "margin": model.judge.margin,
            "head_margin": model.judge.head_margin,
        },
    }
