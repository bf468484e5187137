"""Downloads pictures that a feed names, without becoming a way into the shop's own network.

Whoever writes a feed chooses the addresses, so only http and https are spoken, the name is
resolved once, every address it has must be public, and the connection goes to the very
address that was checked (a second look-up could answer otherwise: DNS rebinding). Redirects
are followed by hand, each one checked the same way. Proxies are not used.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Sequence

import httpx

from retrieval.errors import PictureError, PictureTooLargeError
from retrieval.pictures import MIB, PictureLimits

MOST_REDIRECTS = 3
CHUNK_BYTES = 1 << 16
PORTS = {"http": 80, "https": 443}
AGENT = "aisle-import"
"""Some shops' servers refuse requests without a name."""

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host; raises OSError when it has none."""


def resolve_host(host: str, port: int) -> list[str]:
    """Every address of `host`, as the system's resolver gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PictureDownloader:
    """Fetches pictures from public web addresses; safe to call from several threads."""

    def __init__(
        self,
        limits: PictureLimits,
        timeout_s: float,
        *,
        resolve: Resolver = resolve_host,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`timeout_s` bounds the whole of one download, redirects included."""
        self._limits = limits
        self._timeout_s = timeout_s
        self._resolve = resolve
        self._client = httpx.Client(
            transport=transport, trust_env=False, timeout=timeout_s, headers={"User-Agent": AGENT}
        )

    def __call__(self, url: str) -> bytes:
        """The bytes at `url`; raises PictureError with one line, PictureTooLargeError."""
        deadline = time.monotonic() + self._timeout_s
        target = url
        for _ in range(MOST_REDIRECTS + 1):
            try:
                answer = self._fetch(httpx.URL(target), deadline)
            except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
                reason = str(error) or type(error).__name__
                raise PictureError(f"{url} cannot be downloaded: {reason}.") from None
            if isinstance(answer, bytes):
                return answer
            target = answer
        raise PictureError(f"{url} redirects more than {MOST_REDIRECTS} times.")

    def _fetch(self, url: httpx.URL, deadline: float) -> bytes | str:
        """The bytes at `url`, or the address it redirects to."""
        address = self._public_address(url)
        # The request goes to the address; the name stays where the server looks for it.
        request = self._client.build_request(
            "GET",
            url.copy_with(host=address),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host},
        )
        response = self._client.send(request, stream=True, follow_redirects=False)
        try:
            if response.is_redirect:
                return str(url.join(response.headers["Location"]))
            if response.status_code != httpx.codes.OK:
                raise PictureError(f"{url} answers {response.status_code}.")
            return self._read(response, url, deadline)
        finally:
            response.close()

    def _read(self, response: httpx.Response, url: httpx.URL, deadline: float) -> bytes:
        data = bytearray()
        for chunk in response.iter_bytes(CHUNK_BYTES):
            data += chunk
            if len(data) > self._limits.bytes:
                raise PictureTooLargeError(f"{url} has more than {self._limits.bytes // MIB} MB.")
            if time.monotonic() > deadline:
                raise PictureError(f"{url} takes longer than {self._timeout_s:g} s.")
        return bytes(data)

    def _public_address(self, url: httpx.URL) -> str:
        """The first address of the URL's host; raises PictureError unless all are public."""
        if url.scheme not in PORTS or not url.host or url.userinfo:
            raise PictureError(f"{url} is not a plain http or https address.")
        addresses = self._resolve(url.host, url.port or PORTS[url.scheme])
        if not addresses or not all(map(is_public, addresses)):
            raise PictureError(f"{url} does not lie on the public network.")
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address may be asked for a picture: neither private, local nor special."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    if inner is not None:
        return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved
