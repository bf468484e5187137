"""Every measurement of `make bench`, one after another so that none disturbs the next."""

from __future__ import annotations

import subprocess
import sys

# What each module answers stands in its first line.
MODULES = (
    ("benchmarks.importing",),
    ("benchmarks.turn",),
    ("benchmarks.conversing",),
    ("benchmarks.llm",),
    ("benchmarks.starting",),
)


def main() -> int:
    """Run them all, even when one fails; the exit code tells whether all succeeded."""
    failed = [
        module
        for module, *arguments in MODULES
        if subprocess.run([sys.executable, "-m", module, *arguments]).returncode != 0
    ]
    for module in failed:
        print(f"failed: {module}", file=sys.stderr)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
