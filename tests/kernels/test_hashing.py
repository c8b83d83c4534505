"""The hash of 64-bit integers: a bijection, every bit of which is random."""

from __future__ import annotations

import numpy as np
from numba import njit

from kernels._support.hashing import mix, owner, part_of


@njit
def mixed(values: np.ndarray) -> np.ndarray:
    out = np.empty(values.size, np.uint64)
    for i in range(values.size):
        out[i] = mix(values[i])
    return out


def inverse(hashed: int) -> int:
    """The value with that hash: the steps backwards, with the inverses of the factors."""
    for factor in (0xC4CEB9FE1A85EC53, 0xFF51AFD7ED558CCD):
        hashed ^= hashed >> 33
        hashed = hashed * pow(factor, -1, 2**64) % 2**64
    return hashed ^ (hashed >> 33)


def test_different_values_have_different_hashes() -> None:
    rng = np.random.default_rng(0)
    values = [0, 1, 2**63, 2**64 - 1, *map(int, rng.integers(0, 2**64, 100, dtype=np.uint64))]
    assert [inverse(int(mix(np.uint64(one)))) for one in values] == values
    assert int(mix(np.uint64(0))) == 0


def test_one_bit_of_the_value_changes_half_the_bits_of_the_hash() -> None:
    values = np.arange(4096, dtype=np.uint64)
    for bit in range(64):
        changed = mixed(values) ^ mixed(values ^ np.uint64(1 << bit))
        flips = np.unpackbits(changed.view(np.uint8).reshape(-1, 8), axis=1).mean(axis=0)
        assert np.abs(flips - 0.5).max() < 0.06, bit


def test_owners_get_equal_shares() -> None:
    hashes = mixed(np.arange(30000, dtype=np.uint64))
    for parts in (1, 2, 3, 7, 1000):
        counts = np.bincount([owner(one, parts) for one in hashes], minlength=parts)
        assert counts.size == parts
        assert np.abs(counts - 30000 / parts).max() < 6 * np.sqrt(30000 / parts)


def test_a_part_is_the_upper_half_scaled() -> None:
    rng = np.random.default_rng(2)
    edges = [0, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
    for hashed in [*edges, *map(int, rng.integers(0, 2**64, 100, dtype=np.uint64))]:
        for parts in (1, 3, 256, 2**31 - 1, 2**32):
            assert int(part_of(np.uint64(hashed), parts)) == (hashed >> 32) * parts >> 32
