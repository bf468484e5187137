"""Two processes learn what one would: gradients meet over gloo."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import torch
from support.shopping import write_sequences

PROJECT = Path(__file__).resolve().parents[2]

# Nothing random but the order of the batches, so that the number of processes cannot matter.
SCRIPT = """
import sys
from pathlib import Path
import torch
from retrieval.train.sequence import loss
from retrieval.train.sequence.data import leave_one_out, read_sequences
from retrieval.train.sequence.fit import Trainer
from retrieval.train.sequence.settings import TrainingSettings
from retrieval.train.processes import process_group, rank, world
loss.product_type = lambda device: torch.float32
settings = TrainingSettings(dimensions=16, epochs=2, batch_tokens=150, dropout=0,
    embedding_dropout=0, item_dropout=0, warmup_steps=2, threads=1, learning_rate=1e-3)
with process_group():
    sequences = read_sequences(Path(sys.argv[1]))
    trained = Trainer(settings, sequences, leave_one_out(sequences)).fit(lambda *a, **k: None)
    assert world() == int(sys.argv[3])
    torch.save(trained.network.state_dict(), f"{sys.argv[2]}.{world()}.{rank()}")
"""


def train(tmp_path: Path, processes: int) -> list[dict[str, torch.Tensor]]:
    """The weights that each process ends with."""
    script, sequences = tmp_path / "script.py", tmp_path / "s.txt"
    script.write_text(SCRIPT)
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    subprocess.run(
        [
            sys.executable,
            *launcher,
            str(script),
            str(sequences),
            str(tmp_path / "w"),
            str(processes),
        ],
        env={**os.environ, "PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"},
        check=True,
        timeout=200,
        capture_output=True,
    )
    return [torch.load(tmp_path / f"w.{processes}.{n}") for n in range(processes)]


def test_two_processes_end_with_the_weights_of_one(tmp_path: Path) -> None:
    write_sequences(tmp_path / "s.txt", users=80)
    (alone,) = train(tmp_path, 1)
    first, second = train(tmp_path, 2)
    for name, value in alone.items():
        assert torch.equal(first[name], second[name]), name
        assert torch.allclose(first[name], value, atol=2e-3), name
