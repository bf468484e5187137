"""Finds an encoder by name: a packaged model's folder, or a published model."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from retrieval.errors import WeightsError
from retrieval.index.encoder_onnx import GRAPH, OnnxEncoder
from retrieval.types import Encoder

# Beside the graph of an encoder whose vectors it shortens; the weights give the whole ones.
PROJECTED = "projection.json"
Runtime = Literal["auto", "torch", "onnx"]


def load_encoder(
    name: str, models_path: Path, runtime: Runtime = "auto", threads: int = 0
) -> Encoder:
    """The encoder called `name`: a built model's folder, or a published "owner/model".

    "auto" takes the ONNX graph where the model has one. `threads` bounds the encoding of
    passages (0: all cores); queries use one. Raises WeightsError when the model is not there.
    """
    folder = models_path / name
    if not (folder / "modules.json").is_file():
        if "/" not in name:
            raise WeightsError(
                f"The encoder {name} is not in {models_path}.",
                remedy=f"Run: aisle models pull {name}",
            )
        if runtime == "onnx":
            raise WeightsError(
                f"The published model {name} has no ONNX graph built here.",
                remedy="Set AISLE_ENCODER_RUNTIME=auto.",
            )
        return _load_torch(name, name, threads)
    if runtime == "torch" and (folder / PROJECTED).is_file():
        raise WeightsError(
            f"The vectors of {name} are shortened by its ONNX graph alone.",
            remedy="Set AISLE_ENCODER_RUNTIME=auto.",
        )
    if runtime == "torch" or (runtime == "auto" and not (folder / GRAPH).is_file()):
        return _load_torch(str(folder), name, threads)
    return OnnxEncoder(folder, name, passage_threads=threads)


def _load_torch(source: str, name: str, threads: int) -> Encoder:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    from retrieval.index.encoder_torch import SentenceTransformerEncoder

    # Its progress bars and its report of the pooler nobody uses would land in the log.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(source, device="cpu")
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"The encoder {name} cannot be loaded: {str(error).splitlines()[0]}",
            remedy="Check the name, or the network when it is a published model.",
        ) from None
    return SentenceTransformerEncoder(model, name, passage_threads=threads)
