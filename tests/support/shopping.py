"""Synthetic shoppers whose next item follows a rule that can be learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np

GROUPS = 12
PER_GROUP = 10


def write_sequences(path: Path, users: int = 240, seed: int = 3) -> Path:
    """Users walk round within a group of ten items, always to the next; one group is popular.

    A model of order knows the next item; popularity knows the group of a few.
    """
    generator = np.random.default_rng(seed)
    lines = []
    for user in range(users):
        group = 0 if generator.random() < 0.2 else int(generator.integers(GROUPS))
        start, length = int(generator.integers(PER_GROUP)), int(generator.integers(5, 9))
        items = [group * PER_GROUP + (start + n) % PER_GROUP for n in range(length)]
        lines.append(f"u{user} " + " ".join(f"i{item}" for item in items))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
