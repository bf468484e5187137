"""A feed's addresses never lead into the shop's own network, nor for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import httpx
import pytest

from retrieval.catalog.picture_download import PictureDownloader, is_public
from retrieval.errors import PictureError, PictureTooLargeError
from retrieval.pictures import PictureLimits

PUBLIC = "93.184.215.14"
Answer = Callable[[httpx.Request], httpx.Response]


def downloader(
    answer: Answer, addresses: dict[str, Sequence[str]] | None = None, timeout_s: float = 5
) -> PictureDownloader:
    known = addresses or {"cdn.example": [PUBLIC]}

    def resolve(host: str, port: int) -> Sequence[str]:
        if host not in known:
            raise OSError("unknown host")
        return known[host]

    return PictureDownloader(
        PictureLimits(megabytes=1),
        timeout_s,
        resolve=resolve,
        transport=httpx.MockTransport(answer),
    )


def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"asked {request.url}")


def test_the_checked_address_is_asked_under_the_host_s_name() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"picture")

    assert downloader(answer)("https://cdn.example/a.png?w=9") == b"picture"
    (request,) = seen
    assert request.url.host == PUBLIC
    assert request.url.raw_path == b"/a.png?w=9"
    assert request.headers["Host"] == "cdn.example"
    assert request.extensions["sni_hostname"] == "cdn.example"


INNER = """127.0.0.1 10.1.2.3 192.168.0.9 172.16.0.1 169.254.169.254 0.0.0.0 ::1 fe80::1%eth0
fd00::1 ::ffff:127.0.0.1 2002:7f00:1:: 224.0.0.1 100.64.0.1 255.255.255.255 :: nowhere"""


@pytest.mark.parametrize("address", INNER.split())
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(PictureError, match="public network"):
        downloader(never, {"cdn.example": [PUBLIC, address]})("http://cdn.example/a.png")


def test_public_addresses() -> None:
    assert is_public(PUBLIC)
    assert is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://cdn.example/a",
        "file:///etc/passwd",
        "gopher://cdn.example",
        "https://",
        "//x",
        "",
        "https://user:pass@cdn.example/a.png",
        "https://nowhere.example/a",
        "http://[::1/a",
    ],
)
def test_other_addresses_are_refused_in_one_line(url: str) -> None:
    with pytest.raises(PictureError) as caught:
        downloader(never)(url)
    assert "\n" not in caught.value.message


def test_a_redirect_is_checked_like_the_address_itself() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        target = {"/a": "/b", "/b": "http://inner.example/c"}[request.url.path]
        return httpx.Response(302, headers={"Location": target})

    addresses = {"cdn.example": [PUBLIC], "inner.example": ["10.0.0.7"]}
    with pytest.raises(PictureError, match=r"inner\.example"):
        downloader(answer, addresses)("https://cdn.example/a")


def test_endless_redirects_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": "/a"})

    with pytest.raises(PictureError, match="redirects more than"):
        downloader(answer)("https://cdn.example/a")


def test_too_large_a_picture_is_given_up_on_the_way() -> None:
    sent: list[int] = []

    def body():  # type: ignore[no-untyped-def]
        for n in range(1000):
            sent.append(n)
            yield bytes(1 << 16)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=body())

    with pytest.raises(PictureTooLargeError, match="1 MB"):
        downloader(answer)("https://cdn.example/a")
    assert len(sent) < 40


@pytest.mark.parametrize("status", [204, 404, 500])
def test_other_answers_are_no_picture(status: int) -> None:
    with pytest.raises(PictureError, match=str(status)):
        downloader(lambda request: httpx.Response(status))("https://cdn.example/a")


def test_a_connection_that_fails_is_told() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("timed out")

    with pytest.raises(PictureError, match="timed out"):
        downloader(answer)("https://cdn.example/a")
