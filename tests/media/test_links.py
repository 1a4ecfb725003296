"""Media links: only ours open, only for a while, only kept media, in pieces if asked."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from publisher.adapters.media_links import Denied, MediaLinks, media_route
from publisher.adapters.media_store import FolderStore
from tests.pictures import picture
from tests.unit.builders import HOUR, NOW, SECOND

DATA = picture()
SHA = hashlib.sha256(DATA).hexdigest()
LINKS = MediaLinks("https://media.acme.test/", b"a secret of the desk", good_for=HOUR)
LINK = urlsplit(LINKS.url(SHA, "image/png", NOW)).path


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    (tmp_path / "file").write_bytes(DATA)
    kept = FolderStore(tmp_path / "media")
    kept.keep(SHA, tmp_path / "file")
    return kept


def asked(
    store: FolderStore,
    path: str = LINK,
    *,
    method: str = "GET",
    after: timedelta = timedelta(0),
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Mapping[str, str], bytes]:
    async def run() -> tuple[int, Mapping[str, str], bytes]:
        served = web.Application()
        served.add_routes([media_route(LINKS, store, lambda: NOW + after)])
        async with TestClient(TestServer(served)) as client:
            answer = await client.request(method, path, headers=headers)
            return answer.status, answer.headers, await answer.read()

    return asyncio.run(run())


def test_a_link_is_an_address_of_ours_that_ends_like_a_file() -> None:
    url = LINKS.url(SHA, "image/png", NOW)
    assert url.startswith("https://media.acme.test/media/")
    assert url.endswith(f"/{SHA}.png")


def test_it_gives_the_kept_bytes_and_lets_no_browser_guess(store: FolderStore) -> None:
    status, headers, body = asked(store)

    assert (status, body) == (200, DATA)
    assert headers["Content-Type"] == "image/png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]


def test_platforms_may_ask_for_the_head_and_for_pieces(store: FolderStore) -> None:
    status, headers, body = asked(store, method="HEAD")
    assert (status, headers["Content-Length"], body) == (200, str(len(DATA)), b"")

    status, headers, body = asked(store, headers={"Range": "bytes=10-19"})
    assert (status, body) == (206, DATA[10:20])
    assert headers["Content-Range"] == f"bytes 10-19/{len(DATA)}"


def test_it_opens_to_the_last_second_and_not_after(store: FolderStore) -> None:
    assert asked(store, after=HOUR)[0] == 200
    assert asked(store, after=HOUR + SECOND)[0] == 410


_, _, UNTIL, SIGNATURE, NAME = LINK.split("/")


@pytest.mark.parametrize(
    "path",
    [
        f"/media/{int(UNTIL) + 1}/{SIGNATURE}/{NAME}",
        f"/media/{UNTIL}/{'0' * len(SIGNATURE)}/{NAME}",
        f"/media/{UNTIL}/{SIGNATURE[:-1]}/{NAME}",
        f"/media/{UNTIL}/{SIGNATURE}/{'0' * 64}.png",
        f"/media/{UNTIL}/{SIGNATURE}/{SHA}.html",
        f"/media/{UNTIL}/{SIGNATURE}/..%2f..%2fetc%2fpasswd",
        f"/media/9{'9' * 30}/{SIGNATURE}/{NAME}",
        f"/media/-1/{SIGNATURE}/{NAME}",
        f"/media/١٢٣/{SIGNATURE}/{NAME}",
        f"/media//{SIGNATURE}/{NAME}",
        f"/media/{UNTIL}/ü/{NAME}",
        "/media",
    ],
)
def test_whatever_was_changed_opens_nothing(store: FolderStore, path: str) -> None:
    assert asked(store, path)[0] == 404


def test_another_secret_signs_otherwise() -> None:
    theirs = MediaLinks(LINKS.base, b"a secret of another desk", good_for=HOUR)
    assert theirs.opens(UNTIL, SIGNATURE, NAME, NOW) is Denied.FORGED
    assert LINKS.opens(UNTIL, SIGNATURE, NAME, NOW) == SHA


def test_what_the_store_has_lost_is_not_found(store: FolderStore) -> None:
    for kept in store.root.rglob(SHA):
        kept.unlink()
    assert asked(store)[0] == 404


def test_a_store_that_does_not_answer_asks_to_come_back(store: FolderStore) -> None:
    for kept in list(store.root.rglob(SHA)):
        kept.unlink()
        kept.parent.rmdir()
    store.root.joinpath(SHA[:2]).symlink_to(store.root / SHA[:2])
    status, headers, _body = asked(store)
    assert (status, headers["Retry-After"]) == (503, "30")
