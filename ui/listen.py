"""Runs an application on a port until it is told to stop."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from retrieval.errors import CallerError

BACKLOG = 2048
"""Connections that may wait to be accepted; Uvicorn's own default."""

SHUTDOWN_S = 5
"""Answers under way get this long to finish; pages hold streams open for ever otherwise."""


def run(app: ASGIApp, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve `app` until Ctrl-C or SIGTERM; raises CallerError if the port cannot be had."""
    listener = bind_port(host, port)
    try:
        serve_on(listener, app)
    finally:
        listener.close()


def serve_on(listener: socket.socket, app: ASGIApp) -> None:
    """Serve `app` on a bound socket until Ctrl-C or SIGTERM, then return.

    Raises CallerError if another program began to listen there since it was bound.
    """
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        host, port = listener.getsockname()[:2]
        raise _explain(error, host, port) from None
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=SHUTDOWN_S,
        server_header=False,
    )
    with _signals_ignored():
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _signals_ignored() -> Iterator[None]:
    """Uvicorn raises the signal that stopped it once more at its end.

    That would kill the process before its caller has closed the engine and the index.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: None) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def bind_port(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port`; raises CallerError with the remedy."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):  # a name that cannot be one fails in its encoding
        raise CallerError(
            f"The host {host!r} is unknown.", remedy="Set AISLE_HOST to 127.0.0.1 or 0.0.0.0."
        ) from None
    # asyncio turns Nagle's algorithm off for sockets that say they are TCP, and only those: with
    # it every answer on a kept-alive connection waits 40 ms for the client's delayed ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _explain(error, host, port) from None
    return listener


def _explain(error: OSError, host: str, port: int) -> CallerError:
    if error.errno == errno.EADDRINUSE:
        return CallerError(
            f"Port {port} on {host} is taken by another program.",
            remedy=f"Stop it, or choose another port: AISLE_PORT={min(port + 1, 65535)}.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return CallerError(
            f"Port {port} may not be used by this user.",
            remedy="Choose one above 1023, for example AISLE_PORT=7860.",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return CallerError(
            f"{host} is not an address of this machine.",
            remedy="Set AISLE_HOST to 127.0.0.1 or 0.0.0.0.",
        )
    return CallerError(f"Port {port} on {host} cannot be used: {error.strerror}.")
