"""Runs one command and takes it down, with all its processes, when its owner is gone.

Standard library only: it is started as a script, ``python engine_guard.py NICE COMMAND…``,
with a pipe as standard input. The end of that pipe (the owner closed it, or died however) or
SIGTERM ends the command: SIGTERM first, after a grace period SIGKILL to its process group.
Should the guard itself be killed, Linux sends the command SIGTERM (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

GRACE_S = 5.0
PR_SET_PDEATHSIG = 1


def main(arguments: Sequence[str]) -> int:
    """Runs the command to its end; returns its exit code (128 + signal when killed)."""
    niceness, *command = arguments
    os.nice(int(niceness))
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=_die_with_parent
    )
    threading.Thread(target=_await_end, args=(ending,), daemon=True).start()
    owner = os.getppid()
    while child.poll() is None and not ending.wait(0.2):
        if os.getppid() != owner:
            ending.set()
    _end_group(child)
    code = child.returncode
    return 128 - code if code < 0 else code


def _await_end(ending: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    ending.set()


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Asks the child to end, then kills what is left of its process group.

    Only the child is asked: it ends its own workers in order, and reports as an error when they
    go before it. A group without members cannot be signalled.
    """
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE_S)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
