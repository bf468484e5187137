"""Sets up the project's virtual environment; needs nothing but Python itself and pip.

Run by the Makefile as a file, before any dependency exists, so it imports the standard
library only and its syntax must parse on old Pythons to tell them they are too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

PROJECT = Path(__file__).resolve().parent.parent
ENVIRONMENT = PROJECT / ".venv"
STAMP = ENVIRONMENT / ".aisle-setup"
MINIMUM_PYTHON = (3, 11)
# Measured: 2.4 GB for this environment, 3.5 GB for the engine's, 4.5 GB models and stores.
NEEDED_GB = 12


def fail(message: str) -> NoReturn:
    """Print one clear line and stop."""
    sys.stderr.write("aisle: " + message + "\n")
    raise SystemExit(1)


def check_python() -> None:
    """Refuse Pythons that the dependencies no longer support."""
    if sys.version_info < MINIMUM_PYTHON:
        found = ".".join(str(part) for part in sys.version_info[:3])
        fail(
            f"Python 3.11 or newer is needed, {sys.executable} is Python {found}. "
            "Install one and run: make PYTHON=python3.11 demo"
        )


def check_disk(needed_gb: float) -> None:
    """Refuse to start what the disk cannot hold."""
    free_gb = shutil.disk_usage(str(PROJECT)).free / 1e9
    if free_gb < needed_gb:
        fail(
            f"{free_gb:.1f} GB are free at {PROJECT}, setting up needs about {needed_gb:.0f} GB. "
            "Free some space, or move the clone."
        )


def wanted_state() -> str:
    """Digest of everything that decides what the environment holds."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((PROJECT / name).read_bytes())
    digest.update(sys.version.encode())
    return digest.hexdigest()


def run(*command: str) -> None:
    """Run a step; its own output says what went wrong."""
    if subprocess.run(command, cwd=str(PROJECT)).returncode != 0:
        fail("setting up failed at: " + " ".join(command))


def build_environment() -> None:
    """Create .venv and install the project with its pinned dependencies."""
    if ENVIRONMENT.exists():
        shutil.rmtree(str(ENVIRONMENT))
    # --without-pip: some distributions split ensurepip off; pip can install into any Python.
    run(sys.executable, "-m", "venv", "--without-pip", str(ENVIRONMENT))
    python = str(ENVIRONMENT / "bin" / "python")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    install += ["--disable-pip-version-check", "--progress-bar", "off"]
    run(*install, "pip>=25")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # torch first: with it in place no other package asks for another build of it.
    torch = next(
        line
        for line in (PROJECT / "constraints.txt").read_text().splitlines()
        if line.startswith("torch==")
    )
    run(*install, torch)
    run(*install, "-c", "constraints.txt", "-e", ".[dev]")


def main() -> None:
    """Make .venv match pyproject.toml and constraints.txt; do nothing when it does."""
    check_python()
    state = wanted_state()
    if STAMP.is_file() and STAMP.read_text() == state:
        return
    check_disk(float(os.environ.get("AISLE_NEEDED_GB", NEEDED_GB)))
    print("Setting up .venv (about two minutes, once) ...", flush=True)
    build_environment()
    STAMP.write_text(state)
    print("The environment is ready.", flush=True)


if __name__ == "__main__":
    main()
