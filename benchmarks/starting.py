"""How long from an empty clone to a page, and to the language model's first sentence?

    python -m benchmarks.starting [--port 7861]

Clones this repository and runs `make demo` in the clone with an AISLE_HOME that is empty, as
on a bare machine; takes about five minutes and 12 GB of disk, and removes both afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

MESSAGE = "a quiet wireless mouse under 40 for my office"
PATIENCE_S = 1800.0


def wait_for(url: str, process: subprocess.Popen[bytes], *, model: bool) -> None:
    """Until the page answers, or until its model is ready."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"make demo ended with {process.returncode}")
        try:
            health = httpx.get(f"{url}/health", timeout=5).json()
            if not model or health["engine"]["state"] == "ready":
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise SystemExit(f"nothing after {PATIENCE_S:.0f} s")


def first_model_sentence_s(url: str) -> float:
    """Seconds from a message to the first sentence that the model wrote."""
    started = time.monotonic()
    with httpx.stream("POST", f"{url}/v1/chat", json={"message": MESSAGE}, timeout=300) as answer:
        for line in answer.iter_lines():
            event = json.loads(line[5:]) if line.startswith("data:") else {}
            if event.get("type") == "text" and event["sentence"]["by"] == "llm":
                return time.monotonic() - started
    raise SystemExit("no sentence of the answer was the model's")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=7861)
    options = parser.parse_args()
    url = f"http://127.0.0.1:{options.port}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / "aisle"
        subprocess.run(["git", "clone", "-q", ".", str(clone)], check=True)
        environment = {**os.environ, "AISLE_HOME": f"{folder}/home"}
        started = time.monotonic()
        process = subprocess.Popen(
            ["make", "demo", f"PORT={options.port}"],
            cwd=clone,
            env=environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            wait_for(url, process, model=False)
            print(f"page after {time.monotonic() - started:.0f} s", flush=True)
            wait_for(url, process, model=True)
            print(f"model ready after {time.monotonic() - started:.0f} s", flush=True)
            print(f"its first sentence {first_model_sentence_s(url):.1f} s after a message")
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)


if __name__ == "__main__":
    sys.exit(main())
