"""A sentence encoder of a few thousand random weights, in the form of the packaged ones."""

from __future__ import annotations

import json
from pathlib import Path

from retrieval.index.e5 import E5Config, _folder_files
from retrieval.index.e5_tokenizer import Vocabulary, build_tokenizer
from retrieval.index.encoder_graph import write_encoder_graph
from retrieval.index.encoder_models import ENCODERS, PRECISIONS
from retrieval.index.encoder_onnx import GRAPH
from retrieval.index.model_folder import _write_manifest

THINGS = ("lamp", "chair", "mouse", "kettle", "scarf", "tent", "drill", "piano", "sofa", "clock")
# What shoppers call them; no word in common.
CALLED = ("light", "seat", "pointer", "boiler", "wrap", "shelter", "borer", "keys", "couch", "dial")
KINDS = ("red", "blue", "small", "large", "old", "new")
_PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", *(f"▁{w}" for w in (*THINGS, *CALLED, *KINDS)))


def write_tiny_encoder(models: Path, name: str, seed: int = 0) -> Path:
    """A model folder called `name` that counts as built."""
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    config = E5Config(64, 2, 4, 128, len(_PIECES), 128, 2, 1e-12)
    folder = models / name
    folder.mkdir(parents=True)
    for file, content in _folder_files(config).items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(json.dumps(content))
    torch.manual_seed(seed)
    bert = BertModel(BertConfig(**json.loads((folder / "config.json").read_text())))
    with torch.no_grad():
        # As far from each other as trained word vectors are.
        bert.embeddings.word_embeddings.weight *= 20
    save_file(bert.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})
    scores = tuple(-float(len(_PIECES) - n) for n in range(len(_PIECES)))
    special = {"bos": 0, "pad": 1, "eos": 2, "unk": 3}
    build_tokenizer(Vocabulary(_PIECES, scores, special, {}), 128).save(
        str(folder / "tokenizer.json")
    )
    write_encoder_graph(folder, folder / GRAPH, PRECISIONS[name])
    _write_manifest(ENCODERS[name], folder)
    return folder


def write_things(path: Path) -> Path:
    """A feed of ten things in six kinds."""
    rows = [
        f"{thing}-{kind},{kind} {thing},{10 + n},EUR"
        for n, thing in enumerate(THINGS)
        for kind in KINDS
    ]
    path.write_text("id,title,price,currency\n" + "\n".join(rows) + "\n")
    return path


def write_pairs(path: Path, rounds: int = 4) -> Path:
    """Shoppers who call each thing otherwise than the catalogue does."""
    lines = [
        json.dumps({"query": f"{kind} {called}", "product_id": f"{thing}-{kind}"})
        for _ in range(rounds)
        for kind in KINDS
        for thing, called in zip(THINGS, CALLED, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path
