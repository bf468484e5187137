"""The routes for likeness: photos in every wrapping, good and bad; similar products."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import ImageOps
from support.lamps import lamp_service
from support.pictures import GREEN, as_bytes, draw

from ui.app import create_app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with lamp_service(tmp_path_factory.mktemp("store")) as service:
        yield create_app(service)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


def found(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [hit["product"]["id"] for hit in response.json()["result"]["hits"]]


def problem(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    body = response.json()
    assert set(body) == {"error", "remedy"}
    assert body["error"] and "\n" not in body["error"] + body["remedy"]
    return str(body["error"])


PHOTO = as_bytes(ImageOps.mirror(draw(GREEN)), "JPEG")
URL = "/v1/search/image"


async def test_a_photo_as_the_body_or_in_a_form_finds_its_product(
    client: httpx.AsyncClient,
) -> None:
    body = await client.post(URL, content=PHOTO, headers={"Content-Type": "image/jpeg"})
    assert found(body)[0] == "lamp-fern"
    form = await client.post(URL, files={"image": ("photo.jpg", PHOTO, "image/jpeg")})
    assert found(form) == found(body)
    assert "image" not in body.json()["result"]["request"], "the photo's vector is not sent back"


async def test_words_and_filters_narrow_a_photo_and_can_be_taken_away(
    client: httpx.AsyncClient,
) -> None:
    form = {"files": {"image": ("a.jpg", PHOTO)}, "data": {"text": "but red"}}
    worded = await client.post(URL, **form)
    assert found(worded) == ["lamp-poppy"]
    (chip,) = worded.json()["chips"]
    without = await client.post(URL, params={"without": chip["key"]}, **form)
    assert found(without)[0] == "lamp-fern"
    priced = await client.post(URL, params={"price_min": 80, "facets": True}, content=PHOTO)
    assert found(priced) == ["lamp-sky"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (PHOTO[: len(PHOTO) // 3], 422),
        (b"GIF89a" + bytes(50), 415),
        (b"just words", 415),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415),
        (bytes((1 << 20) + 1), 413),
        (bytes(3 << 20), 413),
    ],
)
@pytest.mark.parametrize("form", [False, True])
async def test_bad_photos_get_one_clear_line(
    client: httpx.AsyncClient, data: bytes, status: int, form: bool
) -> None:
    sent: dict[str, Any] = {"files": {"image": ("a.jpg", data)}} if form else {"content": data}
    problem(await client.post(URL, **sent), status)


async def test_a_bomb_is_refused_by_its_header(client: httpx.AsyncClient) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b""))
    problem(await client.post(URL, content=bomb), 413)


@pytest.mark.parametrize(
    "sent",
    [
        {"files": {"photo": ("a.jpg", PHOTO)}},
        {"data": {"image": "text"}, "files": {"other": ("b", b"")}},
        {"files": [("image", ("a.jpg", PHOTO)), ("more", ("b.jpg", PHOTO))]},
        {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"abc", "headers": {"Content-Type": "multipart/form-data"}},
    ],
)
async def test_bad_forms_get_one_clear_line(
    client: httpx.AsyncClient, sent: dict[str, Any]
) -> None:
    response = await client.post(URL, **sent)
    problem(response, response.status_code)
    assert response.status_code in (400, 422)


async def test_other_bad_input_beside_a_photo(client: httpx.AsyncClient) -> None:
    problem(await client.post(URL, params={"text": "a" * 2001}, content=PHOTO), 400)
    problem(await client.post(URL, params={"brand": "nobody"}, content=PHOTO), 400)
    problem(await client.post(URL, params={"limit": 0}, content=PHOTO), 422)
    assert found(await client.post(URL, params={"text": "😀 \u200b"}, content=PHOTO))


async def test_similar_products_come_with_reasons_in_words(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/products/lamp-fern/similar")
    assert set(found(response)) == {"lamp-poppy", "lamp-sky"}
    reasons = response.json()["reasons"]
    assert any("less" in reason for reason in reasons["lamp-poppy"])
    chinese = await client.get("/v1/products/lamp-fern/similar", params={"language": "zh"})
    assert any(reason.startswith("便宜") for reason in chinese.json()["reasons"]["lamp-poppy"])


async def test_similar_but_in_another_colour(client: httpx.AsyncClient) -> None:
    url = "/v1/products/lamp-fern/similar"
    response = await client.get(url, params={"text": "like this but blue"})
    assert found(response) == ["lamp-sky"]
    (chip,) = response.json()["chips"]
    again = await client.get(url, params={"text": "like this but blue", "without": chip["key"]})
    assert len(found(again)) == 2


async def test_an_unknown_product_is_not_found(client: httpx.AsyncClient) -> None:
    assert "no such" in problem(await client.get("/v1/products/no such/similar"), 404)
