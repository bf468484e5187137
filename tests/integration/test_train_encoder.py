"""`aisle train encoder` and what follows, as a merchant runs it: real files, tiny weights."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from support.tiny_encoder import (
    CALLED,
    KINDS,
    THINGS,
    write_pairs,
    write_things,
    write_tiny_encoder,
)

from retrieval.index.encoder import load_encoder

pytest.importorskip("datasets", reason="needs the extra aisle[train]")
pytest.importorskip("accelerate", reason="needs the extra aisle[train]")

# Several processes load torch one after the other; a busy machine takes minutes for that.
pytestmark = pytest.mark.timeout(1200)

PROJECT = Path(__file__).resolve().parents[2]
MINILM, E5 = "all-minilm-l6-v2", "multilingual-e5-small"
LAUNCHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
TRAINING = ("--epochs", "6", "--learning-rate", "3e-3", "--batch", "16", "--save-steps", "5")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a store of ten things in six kinds, and encoders that know nothing."""
    home = tmp_path_factory.mktemp("home")
    for name in (MINILM, E5):
        write_tiny_encoder(home / "models", name)
    feed = write_things(home / "things.csv")
    write_pairs(home / "pairs.jsonl")
    run(home, "import", str(feed), "--store", "things")
    return home


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "AISLE_HOME": str(home),
        "AISLE_STORE": "things",
        "AISLE_IMAGE_ENCODER": "",
        "AISLE_LLM": "off",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(PROJECT),
    }


def run(home: Path, *arguments: str, launcher: tuple[str, ...] = (), fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, *launcher, "-m", "assistant.cli", *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode != 0) == fails, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def train(home: Path, *options: str, launcher: tuple[str, ...] = ()) -> str:
    """Train on the pairs of the home; returns the version."""
    arguments = ("train", "encoder", "--pairs", str(home / "pairs.jsonl"), *TRAINING, *options)
    said = run(home, *arguments, launcher=launcher)
    found = re.search(r"aisle models promote encoder-english (\S+)", said)
    assert found, said
    return found[1]


def folder(home: Path, version: str) -> Path:
    return home / "models/trained/encoder-english.things" / version


def right(home: Path, name: str) -> float:
    """Share of shoppers' words whose thing comes first."""
    encoder = load_encoder(name, home / "models")
    texts = [f"{kind} {thing}" for kind in KINDS for thing in THINGS]
    asked = [f"{kind} {called}" for kind in KINDS for called in CALLED]
    best = (encoder.encode_queries(asked) @ encoder.encode_passages(texts).T).argmax(axis=1)
    return float((best == np.arange(len(texts))).mean())


def stored_encoder(home: Path) -> str:
    manifest = json.loads((home / "stores/things/index/index.json").read_text())
    return str(manifest["encoders"]["english"])


def test_a_killed_run_goes_on_and_ends_as_one_that_was_not(home: Path) -> None:
    whole = folder(home, train(home))
    runs = whole.parent
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "assistant.cli", "train", "encoder"),
            *("--pairs", str(home / "pairs.jsonl"), *TRAINING),
        ],
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 600
    while not list(runs.glob(".run-*/checkpoints/checkpoint-1*/trainer_state.json")):
        assert process.poll() is None, "it ended before a checkpoint was seen"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # What a kill in the middle of writing leaves.
    (cut,) = {p.parent for p in runs.glob(".run-*/checkpoints")} or {None}
    assert cut is not None
    (cut / "checkpoints/checkpoint-9999").mkdir()
    (cut / "checkpoints/checkpoint-9999/model.safetensors").write_bytes(b"cut")
    resumed = folder(home, train(home))
    before, after = (load_file(f / "model.safetensors") for f in (whole, resumed))
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert np.allclose(value, after[name], atol=1e-5), name
    assert not list(runs.glob(".run-*"))


def test_two_processes_train_one_encoder_that_learned_the_words(home: Path) -> None:
    version = train(home, "--seed", "1", launcher=LAUNCHER)
    manifest = json.loads((folder(home, version) / "manifest.json").read_text())
    assert manifest["settings"]["base"] == MINILM
    assert manifest["span"]["pairs"] == 240
    assert manifest["held_out"]["value"] > manifest["report"]["in_use"]["held_out"]["ndcg"]
    assert right(home, f"trained/encoder-english.things/{version}") > right(home, MINILM) + 0.3


@pytest.fixture
def server(home: Path) -> Iterator[str]:
    """A server of the store; gives its URL."""
    import socket

    import httpx

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port)],
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None
            try:
                if httpx.get(f"{url}/v1/search", params={"q": "red lamp"}).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def test_promotion_and_rollback_beside_a_serving_index_fail_no_query(
    home: Path, server: str
) -> None:
    import httpx

    version = train(home, "--seed", "2")
    name = f"trained/encoder-english.things/{version}"
    codes: list[int] = []
    stop = threading.Event()

    def shop() -> None:
        with httpx.Client(base_url=server, timeout=30) as client:
            while not stop.is_set():
                answer = client.get("/v1/search", params={"q": f"{KINDS[len(codes) % 6]} lamp"})
                codes.append(answer.status_code if answer.json()["result"]["hits"] else 0)

    shopper = threading.Thread(target=shop)
    shopper.start()
    try:
        said = run(home, "models", "promote", "encoder-english", version)
        assert f"{version} serves things" in said
        assert stored_encoder(home) == name
        listed = run(home, "models", "trained", "encoder-english")
        assert "yes" in next(line for line in listed.splitlines() if version in line)
        seen = len(codes)
        assert f"{MINILM} serves things" in run(home, "models", "rollback", "encoder-english")
        assert stored_encoder(home) == MINILM
    finally:
        stop.set()
        shopper.join()
    assert seen > 0
    assert set(codes) == {200}


def test_what_was_promoted_serves_after_a_restart_and_a_worse_one_is_refused(home: Path) -> None:
    good = train(home, "--seed", "3")
    bad = train(home, "--seed", "4", "--epochs", "1", "--learning-rate", "1e-6")
    run(home, "models", "promote", "encoder-english", good)
    assert "is worse on the held-out period" in run(
        home, "models", "promote", "encoder-english", bad, fails=True
    )
    assert stored_encoder(home) == f"trained/encoder-english.things/{good}"
    assert "lamp" in run(home, "search", "red light")
    # A change of the catalogue is embedded by the encoder that serves.
    run(home, "import", str(home / "things.csv"), "--store", "things")
    assert stored_encoder(home) == f"trained/encoder-english.things/{good}"
    run(home, "models", "rollback", "encoder-english")
    assert stored_encoder(home) == MINILM


def test_shorter_vectors_are_measured_kept_and_served(home: Path) -> None:
    judgments = home / "judgments.csv"
    rows = [f"{KINDS[0]} {t},{t}-{k},{3 if k == KINDS[0] else 1}" for t in THINGS for k in KINDS]
    judgments.write_text("query,product_id,grade\n" + "\n".join(rows) + "\n")
    out, plot = home / "compress.json", home / "compress.html"
    said = run(
        home,
        *("train", "compress", "--judgments", str(judgments), "--json", str(out)),
        *("--plot", str(plot), "--keep", "pca-24"),
    )
    table = json.loads(out.read_text())
    assert {row["part"] for row in table} == {"encoder", "vectors", "index"}
    assert all("ndcg" in row and "recall" in row for row in table)
    assert "plotly" in plot.read_text()
    found = re.search(r"aisle models promote encoder-english (\S+)", said)
    assert found, said
    run(home, "models", "promote", "encoder-english", found[1], "--loss", "1")
    manifest = json.loads((home / "stores/things/index/index.json").read_text())
    assert manifest["dimensions"]["english"] == 24
    assert "lamp" in run(home, "search", "red lamp")
    run(home, "models", "rollback", "encoder-english")
