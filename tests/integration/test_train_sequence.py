"""`aisle train sequence` and `aisle eval recommend` as a user runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.shopping import write_sequences

PROJECT = Path(__file__).resolve().parents[2]
FEW = ("--epochs", "2", "--dimensions", "32", "--batch-tokens", "300", "--threads", "1")


def run(
    home: Path, *arguments: str, launcher: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the command in a home of its own."""
    environment = {**os.environ, "AISLE_HOME": str(home), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *launcher, "-m", "assistant.cli", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def test_two_processes_train_one_model_that_is_promoted(tmp_path: Path) -> None:
    sequences = write_sequences(tmp_path / "s.txt", users=120)
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    trained = run(
        tmp_path, "train", "sequence", "--sequences", str(sequences), *FEW, launcher=launcher
    )
    assert trained.returncode == 0, trained.stderr
    found = re.search(r"aisle models promote sequence (\S+)", trained.stdout)
    assert found, trained.stdout
    folders = [
        p.parent.name for p in (tmp_path / "models/trained/sequence").glob("*/manifest.json")
    ]
    assert folders == [found[1]]
    assert run(tmp_path, "models", "promote", "sequence", found[1]).returncode == 0
    listed = run(tmp_path, "models", "trained")
    assert found[1] in listed.stdout
    assert "yes" in listed.stdout
    assert run(tmp_path, "models", "rollback", "sequence").returncode == 0


def test_evaluation_writes_its_measures(tmp_path: Path) -> None:
    sequences = write_sequences(tmp_path / "s.txt", users=120)
    out = tmp_path / "out.json"
    done = run(
        tmp_path,
        *("eval", "recommend", "--sequences", str(sequences), "--json", str(out), "--epochs", "2"),
    )
    assert done.returncode == 0, done.stderr
    measures = json.loads(out.read_text())
    assert measures["users"] == 120
    assert 0 < measures["ndcg@10"] <= measures["hr@10"] <= 1
    assert measures["fit_s"] > 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--sequences", "nothing.txt"), "cannot be read"),
        (("--items", "{good}"), "belong to --sequences"),
        (("--store", "nowhere"), "no store 'nowhere'"),
        (("--sequences", "{bad}"), "line 2"),
        (("--sequences", "{good}", "--dropout", "2"), "--dropout"),
        (("--sequences", "{good}", "--dimensions", "33", "--heads", "2"), "--heads"),
    ],
)
def test_wrong_input_is_one_line(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    good = write_sequences(tmp_path / "good.txt", users=20)
    bad = tmp_path / "bad.txt"
    bad.write_text("a 1 2 3\nb\n")
    given = [a.format(bad=bad, good=good) for a in arguments]
    done = run(tmp_path, "train", "sequence", *given)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
