"""Runs an application on a port until it is told to stop."""

from __future__ import annotations

import errno
import socket

import uvicorn
from starlette.types import ASGIApp

from retrieval.errors import CallerError

SHUTDOWN_S = 5
"""Answers under way get this long to finish; pages hold streams open for ever otherwise."""


def run(app: ASGIApp, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve `app` until Ctrl-C or SIGTERM; raises CallerError if the port cannot be had."""
    listener = bind_port(host, port)
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=SHUTDOWN_S,
        server_header=False,
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        listener.close()


def bind_port(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port`; raises CallerError with the remedy."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):  # a name that cannot be one fails in its encoding
        raise CallerError(
            f"The host {host!r} is unknown.", remedy="Set AISLE_HOST to 127.0.0.1 or 0.0.0.0."
        ) from None
    listener = socket.socket(family, socket.SOCK_STREAM)
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
