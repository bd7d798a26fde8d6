"""A small PNG writer and a slow PNG reader, plain Python on zlib, to hold the fast one against."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
KINDS = [(colour, depth) for colour, depths in DEPTHS.items() for depth in depths]
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def chunks_of(file: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Offset, type and data of every chunk."""
    at = len(SIGNATURE)
    while at < len(file):
        (length,) = struct.unpack_from(">I", file, at)
        yield at, file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        at += 12 + length


def joined(chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    return SIGNATURE + b"".join(chunk(kind, data) for kind, data in chunks)


@dataclass
class Picture:
    """What a file is to hold: samples (H, W, samples of the colour type), as they stand in it."""

    samples: np.ndarray
    colour: int
    depth: int
    interlaced: bool = False
    filters: Sequence[int] = (0, 1, 2, 3, 4)
    palette: np.ndarray | None = None
    transparency: bytes | None = None
    level: int = 6
    strategy: int = zlib.Z_DEFAULT_STRATEGY
    pieces: int = 1
    before: list[tuple[bytes, bytes]] = field(default_factory=list)

    def passes(self) -> list[np.ndarray]:
        if not self.interlaced:
            return [self.samples]
        return [self.samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]

    def filtered(self) -> bytes:
        rows = []
        for part in self.passes():
            if part.size == 0:
                continue
            above = None
            for index, row in enumerate(part):
                raw = packed(row, self.depth)
                kind = self.filters[index % len(self.filters)]
                distance = max(1, SAMPLES[self.colour] * self.depth // 8)
                rows.append(bytes([kind]) + filtered_row(kind, raw, above, distance))
                above = raw
        return b"".join(rows)

    def chunks(self, stream: bytes | None = None) -> list[tuple[bytes, bytes]]:
        height, width = self.samples.shape[:2]
        head = struct.pack(">IIBBBBB", width, height, self.depth, self.colour, 0, 0, self.interlaced)
        found = [(b"IHDR", head), *self.before]
        if self.palette is not None:
            found.append((b"PLTE", self.palette.astype("u1").tobytes()))
        if self.transparency is not None:
            found.append((b"tRNS", self.transparency))
        if stream is None:
            packer = zlib.compressobj(self.level, strategy=self.strategy)
            stream = packer.compress(self.filtered()) + packer.flush()
        step = max(1, -(-len(stream) // self.pieces))
        found += [(b"IDAT", stream[at : at + step]) for at in range(0, len(stream), step)]
        return [*found, (b"IEND", b"")]

    def encode(self, stream: bytes | None = None) -> bytes:
        return joined(self.chunks(stream))

    def pixels(self) -> np.ndarray:
        """What decode must give."""
        if self.colour == 3:
            alpha = np.full(256, 255, "u1")
            alpha[: len(self.transparency or b"")] = list(self.transparency or b"")
            pixels = self.palette[self.samples[..., 0]].astype("u1")
            if self.transparency is None:
                return pixels
            return np.concatenate([pixels, alpha[self.samples]], axis=-1)
        samples = self.samples
        full = 255 if self.depth < 16 else 65535
        scaled = samples.astype("u4") * 255 // ((1 << self.depth) - 1) if self.depth < 8 else samples
        scaled = scaled.astype("u1" if self.depth < 16 else "u2")
        if self.transparency is None:
            return scaled
        key = np.frombuffer(self.transparency, ">u2")
        alpha = np.where((samples == key).all(axis=-1, keepdims=True), 0, full).astype(scaled.dtype)
        return np.concatenate([scaled, alpha], axis=-1)


def packed(row: np.ndarray, depth: int) -> bytes:
    if depth == 16:
        return row.astype(">u2").tobytes()
    if depth == 8:
        return row.astype("u1").tobytes()
    bits = np.unpackbits(row.astype("u1").reshape(-1, 1), axis=1)[:, 8 - depth :]
    return np.packbits(bits.ravel()).tobytes()


def paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    gaps = abs(guess - left), abs(guess - up), abs(guess - corner)
    if gaps[0] <= gaps[1] and gaps[0] <= gaps[2]:
        return left
    return up if gaps[1] <= gaps[2] else corner


def guess_of(kind: int, left: int, up: int, corner: int) -> int:
    return (0, left, up, (left + up) // 2, paeth(left, up, corner))[kind]


def filtered_row(kind: int, raw: bytes, above: bytes | None, distance: int) -> bytes:
    up = np.frombuffer(above or bytes(len(raw)), "u1").astype("i4")
    row = np.frombuffer(raw, "u1").astype("i4")
    left = np.concatenate([np.zeros(distance, "i4"), row])[: len(row)]
    corner = np.concatenate([np.zeros(distance, "i4"), up])[: len(row)]
    if kind == 4:
        guess = left + up - corner
        gaps = np.abs(np.stack([guess - left, guess - up, guess - corner]))
        predicted = np.choose(gaps.argmin(axis=0), [left, up, corner])
    else:
        predicted = [np.zeros_like(row), left, up, (left + up) // 2][kind]
    return (row - predicted).astype("u1").tobytes()


def decode(file: bytes) -> Picture:
    """Reads a PNG file byte by byte."""
    found = list(chunks_of(file))
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", found[0][2])
    by_kind = {kind: data for _, kind, data in found}
    data = zlib.decompress(b"".join(data for _, kind, data in found if kind == b"IDAT"))
    bits = SAMPLES[colour] * depth
    samples = np.zeros((height, width, SAMPLES[colour]), "u2")
    places = ADAM7 if interlaced else ((0, 0, 1, 1),)
    at = 0
    for x, y, dx, dy in places:
        part = samples[y::dy, x::dx]
        if part.size == 0:
            continue
        length = (part.shape[1] * bits + 7) // 8
        above = bytes(length)
        for row in part:
            raw = unfiltered_row(data[at], data[at + 1 : at + 1 + length], above, max(1, bits // 8))
            row[...] = unpacked(raw, depth, row.size).reshape(row.shape)
            above = raw
            at += 1 + length
    assert at == len(data)
    palette = by_kind.get(b"PLTE") if colour == 3 else None
    return Picture(
        samples,
        colour,
        depth,
        bool(interlaced),
        palette=None if palette is None else np.frombuffer(palette, "u1").reshape(-1, 3),
        transparency=by_kind.get(b"tRNS"),
    )


def unfiltered_row(kind: int, filtered: bytes, above: bytes, distance: int) -> bytes:
    out = bytearray(len(filtered))
    for i, byte in enumerate(filtered):
        left = out[i - distance] if i >= distance else 0
        corner = above[i - distance] if i >= distance else 0
        out[i] = (byte + guess_of(kind, left, above[i], corner)) & 255
    return bytes(out)


def unpacked(raw: bytes, depth: int, count: int) -> np.ndarray:
    if depth == 16:
        return np.frombuffer(raw, ">u2")
    if depth == 8:
        return np.frombuffer(raw, "u1")
    bits = np.unpackbits(np.frombuffer(raw, "u1")).reshape(-1, depth)
    return (bits @ (1 << np.arange(depth)[::-1]))[:count]


def sample(colour: int, depth: int, height: int, width: int, seed: int = 0, **options) -> Picture:
    """A picture of that kind with smooth and noisy parts."""
    made = np.random.default_rng((seed, colour, depth, height, width))
    shape = (height, width, SAMPLES[colour])
    most = (1 << depth) - 1
    ramp = np.add.outer(np.arange(height), np.arange(width))[..., None] * np.arange(1, shape[2] + 1)
    samples = (ramp * (most // 31 + 1) + made.integers(0, max(2, most // 9), shape)) % (most + 1)
    if colour == 3:
        options.setdefault("palette", made.integers(0, 256, (most + 1, 3)).astype("u1"))
    return Picture(samples.astype("u2"), colour, depth, **options)
