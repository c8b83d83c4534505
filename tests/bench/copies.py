"""Many valid files of results from one, without HDF5: what differs has the same length."""

from __future__ import annotations

import hashlib
import io
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
from numba import njit

from harness.record import hdf5

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


class Copies:
    """The file to be copied.

    Its content hash is over a stream of bytes that holds the words that differ, as the file does;
    the checksums of HDF5 are over blocks of the file, which are found by them.
    """

    def __init__(self, content: bytes) -> None:
        self._body = content[: -len(hdf5._sealed(b""))]
        self._stream, self._hash = _hashed(content)
        assert self._body.count(self._hash) == 1
        self._blocks = _blocks(np.frombuffer(self._body, np.uint8))

    def file(self, words: dict[bytes, bytes]) -> bytes:
        """The file with other words of the same length."""
        assert all(len(old) == len(new) for old, new in words.items())
        body, stream = self._body, self._stream
        for old, new in words.items():
            body, stream = body.replace(old, new), stream.replace(old, new)
        made = hashlib.sha256(stream).hexdigest().encode()
        image = np.frombuffer(body.replace(self._hash, made), np.uint8).copy()
        _check_anew(image, self._blocks)
        return hdf5._sealed(image.tobytes())


def _hashed(content: bytes) -> tuple[bytes, bytes]:
    """What the content hash is over, and the hash."""
    parts: list[bytes] = []

    class Kept:
        def update(self, part: bytes) -> None:
            parts.append(bytes(part))

        def hexdigest(self) -> str:
            return hashlib.sha256(b"".join(parts)).hexdigest()

    before = hdf5.hashlib
    hdf5.hashlib = SimpleNamespace(sha256=Kept)  # type: ignore[assignment,attr-defined]
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            made = hdf5.content_hash(file).encode()
    finally:
        hdf5.hashlib = before  # type: ignore[attr-defined]
    return b"".join(parts), made


def _blocks(image: Bytes) -> Any:
    """Begin and end of each checksummed part of an object header."""
    raw = image.tobytes()
    starts = [
        at for at in range(len(raw)) if raw[at : at + 4] in (b"OHDR", b"OCHK")
    ]  # fmt: skip
    found = [(at, _end(image, at)) for at in starts]
    return np.array([one for one in found if one[1]], np.int64)


@njit(cache=False)
def _end(image: Bytes, start: int) -> int:
    for end in range(start + 8, min(len(image) - 4, start + 6000)):
        if _lookup3(image, start, end) == _stored(image, end):
            return end
    return 0


@njit(cache=False)
def _check_anew(image: Bytes, blocks: Any) -> None:
    for i in range(len(blocks)):
        start, end = blocks[i]
        made = _lookup3(image, start, end)
        for k in range(4):
            image[end + k] = (made >> (8 * k)) & 0xFF


@njit(cache=False)
def _stored(image: Bytes, at: int) -> int:
    return (
        np.int64(image[at])
        | np.int64(image[at + 1]) << 8
        | np.int64(image[at + 2]) << 16
        | np.int64(image[at + 3]) << 24
    )


@njit(cache=False)
def _rot(x: int, k: int) -> int:
    return ((x << k) & 0xFFFFFFFF) | (x >> (32 - k))


@njit(cache=False)
def _lookup3(image: Bytes, start: int, end: int) -> int:
    """The checksum of metadata in HDF5: Bob Jenkins, lookup3.c, hashlittle, initval 0."""
    m = 0xFFFFFFFF
    length = end - start
    a = b = c = np.int64((0xDEADBEEF + length) & m)
    at = start
    while length > 12:
        a = (a + _stored(image, at)) & m
        b = (b + _stored(image, at + 4)) & m
        c = (c + _stored(image, at + 8)) & m
        a = ((a - c) & m) ^ _rot(c, 4)
        c = (c + b) & m
        b = ((b - a) & m) ^ _rot(a, 6)
        a = (a + c) & m
        c = ((c - b) & m) ^ _rot(b, 8)
        b = (b + a) & m
        a = ((a - c) & m) ^ _rot(c, 16)
        c = (c + b) & m
        b = ((b - a) & m) ^ _rot(a, 19)
        a = (a + c) & m
        c = ((c - b) & m) ^ _rot(b, 4)
        b = (b + a) & m
        at += 12
        length -= 12
    if length == 0:
        return c
    for i in range(length):
        byte = np.int64(image[at + i])
        if i < 4:
            a = (a + (byte << (8 * i))) & m
        elif i < 8:
            b = (b + (byte << (8 * (i - 4)))) & m
        else:
            c = (c + (byte << (8 * (i - 8)))) & m
    c = ((c ^ b) - _rot(b, 14)) & m
    a = ((a ^ c) - _rot(c, 11)) & m
    b = ((b ^ a) - _rot(a, 25)) & m
    c = ((c ^ b) - _rot(b, 16)) & m
    a = ((a ^ c) - _rot(c, 4)) & m
    b = ((b ^ a) - _rot(a, 14)) & m
    return ((c ^ b) - _rot(b, 24)) & m
