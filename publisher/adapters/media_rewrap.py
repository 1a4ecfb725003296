"""The same pictures and sound in an MP4 that can be played while it loads."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import av
from av.packet import Packet
from av.stream import Stream

from publisher.adapters.media_film import opened, shown
from publisher.adapters.media_sniff import HEAD, sniff

_MOST_HELD = 64  # more than any codec reorders


def rewrap(stream: BinaryIO, out: Path) -> None:
    """Copy packet by packet, so that memory does not grow with the film; leave out all tags.

    Raises av's errors for what MP4 cannot hold.
    """
    kind = sniff(stream.read(HEAD))
    stream.seek(0)
    with (
        opened(stream, kind) as source,
        av.open(str(out), "w", format="mp4", options={"movflags": "faststart"}) as target,
    ):
        tracks = {
            track.index: target.add_stream_from_template(track)
            for track in (*shown(source), *source.streams.audio)
        }
        chosen = [source.streams[index] for index in tracks]
        for packet in _with_times(packet for packet in source.demux(chosen) if packet.size):
            packet.stream = tracks[packet.stream.index]
            target.mux(packet)


def _with_times(packets: "Iterator[Packet[Stream]]") -> "Iterator[Packet[Stream]]":
    """Matroska does not say when the first packets are to be decoded: count back from the next."""
    waiting: dict[int, list[Packet[Stream]]] = {}
    for packet in packets:
        held = waiting.get(packet.stream.index, [])
        if packet.dts is None and len(held) < _MOST_HELD:
            waiting.setdefault(packet.stream.index, []).append(packet)
            continue
        yield from _counted_back(held, packet)
        held.clear()
        yield packet
    for held in waiting.values():
        yield from (_timed(packet, packet.pts) for packet in held)


def _counted_back(
    held: "list[Packet[Stream]]", known: "Packet[Stream]"
) -> "Iterator[Packet[Stream]]":
    for before, packet in zip(range(len(held), 0, -1), held, strict=True):
        step = packet.duration or 1
        yield _timed(packet, (known.dts or 0) - before * step)


def _timed(packet: "Packet[Stream]", dts: int | None) -> "Packet[Stream]":
    packet.dts = dts
    return packet
