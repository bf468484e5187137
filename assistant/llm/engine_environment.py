"""The engine's own Python environment, built from a pinned lock; safe to interrupt."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.errors import EngineFailedError, EngineUnavailableError
from assistant.llm.engine_command import Device
from retrieval.index.packages import FreeSpace, free_space, require_space

LOCKS = Path(__file__).parent / "requirements"
PLUGIN_SOURCES = Path(__file__).resolve().parent / "vllm_plugin"

TORCH = "torch==2.13.0"
"""Installed first and with its dependencies, so that pip's own configuration chooses the build."""

NEEDED_BYTES: dict[Device, int] = {"cpu": 5_000_000_000, "gpu": 16_000_000_000}
"""Measured: the CPU environment takes 3.5 GB, and pip unpacks wheels beside it; the CUDA
libraries of a GPU's take about 11 GB."""

LOCK_POLL_S = 1.0

Say = Callable[[str], None]
"""Told what is being done, one short line at a time."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an environment was built from; written last, so that its presence means complete."""

    lock: str
    plugin: str


class EngineEnvironment:
    """AISLE_HOME/engine/venv for one device, and how to build it."""

    def __init__(
        self,
        folder: Path,
        device: Device,
        *,
        lock: Path | None = None,
        plugin: Path = PLUGIN_SOURCES,
        log: Path | None = None,
        free: FreeSpace = free_space,
    ) -> None:
        self._folder = folder
        self._device = device
        self._lock = lock or LOCKS / f"engine-{device}.txt"
        self._plugin = plugin
        self._log = log or folder / "install.log"
        self._free = free

    @property
    def venv(self) -> Path:
        """The environment's folder."""
        return self._folder / "venv"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.venv / "bin" / "python"

    def wanted(self) -> Stamp:
        """The stamp of an environment that fits the lock, the plugin and this Python."""
        version = ".".join(map(str, sys.version_info[:2]))
        return Stamp(
            lock=digest_files([self._lock], salt=f"{self._device} {version} {TORCH}"),
            plugin=digest_files(sorted(self._plugin.glob("*.[pt]*"))),
        )

    def built(self) -> Stamp | None:
        """The stamp of the environment that is there; None where it is missing or half built."""
        try:
            return Stamp(**json.loads((self.venv / "stamp.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def ready(self) -> bool:
        """Whether the environment can be used as it is."""
        return self.built() == self.wanted() and self.python.exists()

    def ensure(self, say: Say, cancelled: threading.Event | None = None) -> Path:
        """Builds what is missing and returns the environment's folder.

        Raises DiskFullError, EngineFailedError when a package cannot be installed here, and
        EngineUnavailableError when `cancelled` is set. What pip prints goes to the log.
        """
        if not self._lock.exists():
            raise EngineFailedError(
                f"{self._lock} is missing: the engine is built from a checkout of Aisle.",
                remedy="Run Aisle from its repository, or set AISLE_LLM_URL or AISLE_LLM=off.",
            )
        if self.ready:
            return self.venv
        cancelled = cancelled or threading.Event()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with _wait_for(FileLock(self._folder / "venv.lock"), say, cancelled):
            self._build(say, cancelled)
        return self.venv

    def _build(self, say: Say, cancelled: threading.Event) -> None:
        built, wanted = self.built(), self.wanted()
        if self.ready:
            return
        if built is None or built.lock != wanted.lock or not self.python.exists():
            self._create(say, cancelled)
        (self.venv / "stamp.json").unlink(missing_ok=True)
        if self._device == "cpu":
            say("adding Aisle's kernels")
            self._install_plugin(cancelled)
        say("checking")
        self._run([str(self.python), "-c", "import torch, vllm"], say, cancelled)
        stamp = self.venv / "stamp.json"
        stamp.with_suffix(".partial").write_text(json.dumps(asdict(wanted)), "utf-8")
        stamp.with_suffix(".partial").replace(stamp)

    def _create(self, say: Say, cancelled: threading.Event) -> None:
        shutil.rmtree(self.venv, ignore_errors=True)
        require_space(self._folder, NEEDED_BYTES[self._device], self._free)
        say("creating the environment")
        self._run([sys.executable, "-m", "venv", str(self.venv)], say, cancelled)
        if self._device == "cpu":
            self._pip([TORCH], say, cancelled)
            self._pip(["--no-deps", "-r", str(self._lock)], say, cancelled)
        else:
            self._pip(["-r", str(self._lock)], say, cancelled)

    def _install_plugin(self, cancelled: threading.Event) -> None:
        """From a copy: setuptools writes build folders beside what it builds."""
        copy = self._folder / "plugin"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(
            self._plugin, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
        )
        self._pip(
            ["--no-deps", "--no-build-isolation", "--force-reinstall", str(copy)],
            lambda _: None,
            cancelled,
        )
        shutil.rmtree(copy, ignore_errors=True)

    def _pip(self, arguments: Sequence[str], say: Say, cancelled: threading.Event) -> None:
        quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        command = [str(self.python), "-m", "pip", "install", *quiet, *arguments]
        self._run(command, lambda line: _tell_pip(line, say), cancelled)

    def _run(self, command: Sequence[str], say: Say, cancelled: threading.Event) -> None:
        """Runs a command into the log; its lines are told as they come."""
        last = ""
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n")
            with subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            ) as process:
                stopper = threading.Thread(
                    target=_kill_when, args=(process, cancelled), daemon=True
                )
                stopper.start()
                assert process.stdout is not None
                for line in process.stdout:
                    log.write(line)
                    last = line.strip() or last
                    say(last)
        if cancelled.is_set():
            raise EngineUnavailableError("Building the engine's environment was interrupted.")
        if process.returncode:
            raise EngineFailedError(
                f"The engine's environment cannot be built: {last or 'no message'}.",
                remedy=f"See {self._log}; what is installed is built anew at the next start.",
            )


def digest_files(paths: Sequence[Path], salt: str = "") -> str:
    """SHA-256 over names and contents; comments and blank lines of a lock count as well."""
    digest = hashlib.sha256(salt.encode())
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _tell_pip(line: str, say: Say) -> None:
    """Passes on the lines of pip that show progress: what is collected, loaded, installed."""
    words = line.split()
    if len(words) >= 2 and words[0] in ("Collecting", "Processing"):
        say(f"fetching {Path(words[1]).name}")
    elif line.startswith("Installing collected packages"):
        say("installing the packages")


def _kill_when(process: subprocess.Popen[str], cancelled: threading.Event) -> None:
    while process.poll() is None:
        if cancelled.wait(0.2):
            process.kill()
            return


@contextmanager
def _wait_for(lock: FileLock, say: Say, cancelled: threading.Event) -> Iterator[None]:
    """Holds a file lock; says so while another process builds the same environment."""
    while True:
        try:
            lock.acquire(timeout=LOCK_POLL_S)
            break
        except Timeout:
            say("another process is building the environment")
            if cancelled.is_set():
                raise EngineUnavailableError("Waiting for the engine was interrupted.") from None
    try:
        yield
    finally:
        lock.release()
