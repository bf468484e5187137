"""Stands in for vLLM where its life is tested: ``fake_server.py PORT MODE FOLDER``.

Modes: ``ok``; ``crash`` ends with an error at once; ``stubborn`` ignores SIGTERM and has a
child. Each start leaves its process ids in FOLDER/pids, each chat request a line in
FOLDER/requests.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT, MODE, FOLDER = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with (FOLDER / "requests").open("ab") as requests:
            requests.write(body + b"\n")
        answer = json.dumps(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "fake",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"role": "assistant", "content": "hello"},
                    }
                ],
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    pids = [os.getpid()]
    if MODE == "crash":
        raise ValueError("no memory for the cache")
    if MODE == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pids.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid)
    with (FOLDER / "pids").open("a") as file:
        file.write("".join(f"{pid}\n" for pid in pids))
    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()


main()
