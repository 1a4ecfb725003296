"""What an address holds is fetched once, whole, bounded, and from public places only."""

import asyncio
import hashlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from publisher.adapters.addresses import is_public
from publisher.adapters.media_fetch import FetchLimits, HttpMediaFetcher
from publisher.adapters.media_store import FolderStore
from publisher.domain.errors import Unavailable
from publisher.domain.media import MediaCause, MediaKind, Unusable, Usable
from tests.media.memory import peak_of
from tests.media.servers import Handler, Writer, answer, fixed, serving
from tests.pictures import film, noise, picture

IMPATIENT = FetchLimits(largest=200_000, total=1.0, connect=0.5, silence=0.4)
PICTURE = picture()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "media")


def left_over(store: FolderStore) -> list[Path]:
    """Files that are neither kept media nor meant to be there."""
    return [file for file in store.root.glob("tmp/*") if file.is_file()]


def fetched(
    store: FolderStore,
    handle: Handler,
    path: str = "/a.png",
    *,
    limits: FetchLimits = IMPATIENT,
    private: bool = True,
) -> Usable | Unusable:
    async def run() -> Usable | Unusable:
        async with serving(handle) as server:
            return await HttpMediaFetcher(store, store, limits, private=private).fetch(
                server + path
            )

    found = asyncio.run(run())
    assert left_over(store) == []
    return found


def cause(found: Usable | Unusable) -> str:
    assert isinstance(found, Unusable), found
    assert found.fault.message.endswith("."), found.fault.message
    return found.fault.cause.value


def test_the_bytes_are_kept_and_named_by_their_hash(store: FolderStore) -> None:
    found = fetched(store, fixed({"/a.png": answer(PICTURE)}))

    assert isinstance(found, Usable)
    assert found.sha256 == hashlib.sha256(PICTURE).hexdigest()
    assert (found.probe.kind, found.probe.content_type) == (MediaKind.IMAGE, "image/png")
    kept = store.local(found.sha256)
    assert kept is not None
    assert kept.read_bytes() == PICTURE


def test_what_it_is_comes_from_the_bytes_and_not_from_the_header_or_the_name(
    store: FolderStore,
) -> None:
    lying = answer(film(), Content_Type="image/png")
    found = fetched(store, fixed({"/a.png": lying}))

    assert isinstance(found, Usable)
    assert found.probe.kind is MediaKind.VIDEO


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("404 Not Found", "not_found"),
        ("410 Gone", "not_found"),
        ("401 Unauthorized", "forbidden"),
        ("403 Forbidden", "forbidden"),
        ("408 Request Timeout", "timed_out"),
        ("504 Gateway Timeout", "timed_out"),
        ("429 Too Many Requests", "unreachable"),
        ("500 Internal Server Error", "unreachable"),
        ("204 No Content", "unreachable"),
        ("206 Partial Content", "unreachable"),
        ("799 Odd", "unreachable"),
    ],
)
def test_every_refusal_has_a_cause(store: FolderStore, status: str, expected: str) -> None:
    assert cause(fetched(store, fixed({"/a.png": answer(PICTURE, status=status)}))) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<!DOCTYPE html><html><body>Please sign in</body></html>" * 20, "unsupported_format"),
        (b"", "empty"),
        (noise((200, 200))[:3000], "broken"),
        (b"%!PS-Adobe-3.0" + b" " * 100, "unsupported_format"),
    ],
)
def test_what_is_no_media_is_refused_by_its_bytes(
    store: FolderStore, body: bytes, expected: str
) -> None:
    lying = answer(body, Content_Type="image/png")
    assert cause(fetched(store, fixed({"/a.png": lying}))) == expected


def test_a_web_page_is_given_up_after_its_first_bytes(store: FolderStore) -> None:
    sent = 0

    async def endless_page(_path: str, writer: Writer) -> None:
        nonlocal sent
        writer.write(answer(b"<html>" + b" " * 100, Content_Length="100000000"))
        while True:
            writer.write(b" " * 50_000)
            sent += 50_000
            await writer.drain()

    found = fetched(store, endless_page, limits=FetchLimits(total=5))
    assert cause(found) == "unsupported_format"
    assert sent < 20_000_000


def redirecting(*, hops: int, to: str = "/a.png") -> Handler:
    async def handle(path: str, writer: Writer) -> None:
        hop = int(path.removeprefix("/hop")) if path.startswith("/hop") else hops
        if path == to:
            writer.write(answer(PICTURE))
        else:
            there = to if hop + 1 >= hops else f"/hop{hop + 1}"
            writer.write(answer(b"", status="302 Found", Location=there))
        await writer.drain()

    return handle


def test_a_few_redirects_are_followed(store: FolderStore) -> None:
    assert isinstance(fetched(store, redirecting(hops=5), "/hop0"), Usable)


def test_redirects_without_end_are_not(store: FolderStore) -> None:
    assert cause(fetched(store, redirecting(hops=10**9), "/hop0")) == "too_many_redirects"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("file:///etc/passwd", "refused_address"),
        ("ftp://example.com/a", "refused_address"),
        ("http://ana:secret@127.0.0.1/a", "refused_address"),
        ("", "unreachable"),
        ("http://[", "unreachable"),
    ],
)
def test_a_redirect_to_elsewhere_is_refused(
    store: FolderStore, location: str, expected: str
) -> None:
    handle = fixed({"/a.png": answer(b"", status="302 Found", Location=location)})
    assert cause(fetched(store, handle)) == expected


def slow(piece: bytes, every: float, **headers: str) -> Handler:
    async def handle(_path: str, writer: Writer) -> None:
        writer.write(answer(b"", **headers) + PICTURE[:70])
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every)

    return handle


NO_LENGTH = {"Content_Length": ""}


def test_a_body_that_never_ends_is_cut_at_the_largest_size(store: FolderStore) -> None:
    assert cause(fetched(store, slow(b"x" * 50_000, 0, **NO_LENGTH))) == "too_large"


def test_a_length_that_is_too_large_is_believed_before_a_byte_is_read(store: FolderStore) -> None:
    handle = fixed({"/a.png": answer(PICTURE, Content_Length="200001")})
    assert cause(fetched(store, handle)) == "too_large"


def test_a_body_that_drips_for_ever_ends_with_the_total_time(store: FolderStore) -> None:
    assert cause(fetched(store, slow(b"x", 0.05, **NO_LENGTH))) == "timed_out"


def test_silence_in_the_middle_ends_the_wait(store: FolderStore) -> None:
    limits = FetchLimits(total=30, silence=0.3)
    assert cause(fetched(store, slow(b"x", 20, **NO_LENGTH), limits=limits)) == "timed_out"


def test_less_than_was_announced_is_incomplete(store: FolderStore) -> None:
    handle = fixed({"/a.png": answer(PICTURE, Content_Length=str(len(PICTURE) + 10))})
    assert cause(fetched(store, handle)) == "incomplete"


def test_an_announcement_that_is_too_short_is_a_failure_and_no_wrong_file(
    store: FolderStore,
) -> None:
    handle = fixed({"/a.png": answer(PICTURE, Content_Length=str(len(PICTURE) - 30))})
    assert cause(fetched(store, handle)) in {"broken", "unreachable"}


def test_compressed_answers_are_refused_so_that_none_explodes(store: FolderStore) -> None:
    handle = fixed({"/a.png": answer(b"\x1f\x8b" + b"0" * 90, Content_Encoding="gzip")})
    assert cause(fetched(store, handle)) == "unsupported_format"


async def _hangs_up(_path: str, writer: Writer) -> None:
    writer.transport.abort()


async def _nonsense(_path: str, writer: Writer) -> None:
    writer.write(b"\x00\x01 not http at all\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize("handle", [_hangs_up, _nonsense])
def test_a_server_that_speaks_no_http_is_unreachable(
    store: FolderStore, handle: Callable[[str, Writer], Awaitable[None]]
) -> None:
    assert cause(fetched(store, handle)) == "unreachable"


def test_nobody_listening_is_unreachable(store: FolderStore) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/a.png"
        found = asyncio.run(HttpMediaFetcher(store, store, IMPATIENT, private=True).fetch(url))
    assert cause(found) == "unreachable"


# Private places.


class _Asked:
    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, path: str, writer: Writer) -> None:
        self.paths.append(path)
        writer.write(answer(PICTURE))
        await writer.drain()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0.0.0.0"])
def test_no_address_of_this_machine_is_connected_to(store: FolderStore, host: str) -> None:
    asked = _Asked()

    async def run() -> Usable | Unusable:
        async with serving(asked) as server:
            port = server.rpartition(":")[2]
            return await HttpMediaFetcher(store, store, IMPATIENT).fetch(f"http://{host}:{port}/a")

    assert cause(asyncio.run(run())) in {"refused_address", "unreachable"}
    assert asked.paths == []


def test_a_name_that_turns_private_after_it_was_looked_up_is_refused_at_the_socket(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: whatever a resolver says, the address that is connected to is judged."""
    asked, looked_up = _Asked(), []

    async def run() -> Usable | Unusable:
        async with serving(asked) as server:
            port = int(server.rpartition(":")[2])

            async def resolve(_loop: Any, host: str, *_: Any, **__: Any) -> list[Any]:
                looked_up.append(host)
                public = ("192.0.43.10" if len(looked_up) == 1 else "127.0.0.1", port)
                private = ("127.0.0.1", port)
                address = private if len(looked_up) > 1 else public
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)]

            monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
            fetcher = HttpMediaFetcher(store, store, FetchLimits(connect=0.2, total=1))
            await fetcher.fetch(f"http://rebinding.test:{port}/a.png")
            return await fetcher.fetch(f"http://rebinding.test:{port}/a.png")

    assert cause(asyncio.run(run())) == "refused_address"
    assert len(looked_up) == 2
    assert asked.paths == []


def test_a_redirect_into_a_private_network_is_refused(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first hop counts as public here; the second leads to where it began."""
    asked, judged = _Asked(), []

    def first_only(address: str) -> bool:
        judged.append(address)
        return len(judged) == 1

    monkeypatch.setattr("publisher.adapters.addresses.is_public", first_only)

    async def run() -> Usable | Unusable:
        async with serving(asked) as inside:
            away = fixed({"/a.png": answer(b"", status="302 Found", Location=f"{inside}/x")})
            async with serving(away) as outside:
                return await HttpMediaFetcher(store, store, IMPATIENT).fetch(f"{outside}/a.png")

    assert cause(asyncio.run(run())) == "refused_address"
    assert (len(judged), asked.paths) == (2, [])


PRIVATE = (
    "0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.168.0.1 192.0.2.1"
    " 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 fc00::1 fe80::1 fe80::1%eth0 ff02::1"
    " ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:7f00:1::"
    " 2001:db8::1 2001:0:7f00:1:0:0:f5ff:fffe nonsense"
)


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_in_every_disguise(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_a_store_that_cannot_be_written_is_no_fault_of_the_address(
    store: FolderStore, tmp_path: Path
) -> None:
    (tmp_path / "media").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="cannot be written"):
        fetched(store, fixed({"/a.png": answer(PICTURE)}))


def test_causes_are_the_words_of_the_documentation() -> None:
    documented = {"not_found", "forbidden", "timed_out", "unsupported_format"}
    assert documented <= {each.value for each in MediaCause}


def test_a_large_film_passes_without_growing_in_memory(store: FolderStore) -> None:
    filler = 120_000_000
    whole = film() + (filler + 8).to_bytes(4, "big") + b"free"

    async def large(_path: str, writer: Writer) -> None:
        writer.write(answer(b"", Content_Length=str(len(whole) + filler)) + whole)
        for _ in range(filler // 1_000_000):
            writer.write(bytes(1_000_000))
            await writer.drain()

    found: list[Usable | Unusable] = []
    peak = peak_of(lambda: found.append(fetched(store, large, limits=FetchLimits(total=60))))

    assert isinstance(found[0], Usable)
    assert found[0].probe.size == len(whole) + filler
    assert peak < 40_000_000
