"""The time of HPL on a grid of P x Q processes, one a node, from the parts that netlib HPL has.

Panel k leaves a matrix of m_k = (N - k NB) / P rows and n_k = (N - (k + 1) NB) / Q columns on a
process. With lat and bw of the network (s, B/s), items of 8 B, and R the flop rate of DGEMM on a
node, the parts of a step are, as the pages of netlib's functions say:

    panel   NB log2(P) (lat + (2 NB + 4) 8 / bw) + NB^2 (m - NB / 3) / R_panel       HPL_pdfact
    bcast   2 (lat + 8 NB m / bw)           each process of a ring receives and sends    HPL_1ring
    swap    (log2(P) + P - 1) lat + 2.4 NB n 8 / bw       spread and roll       HPL_pdlaswp01T
    update  (2 m n NB + NB^2 n) / R         DTRSM and DGEMM                         HPL_pdupdate

(https://www.netlib.org/benchmark/hpl/, scalability and the pages of the functions named; lat and bw
are those of LogGP's L + 2 o and 1 / G: Alexandrov and others 1997.) R_panel is PANEL x R: the panel
is half of level-2 BLAS.

Look-ahead of one panel: the column of processes that owns the next panel factors it first, and its
broadcast is under way during the update. Each column owns a panel every Q steps, so that

    step = max(update + panel / Q, panel + bcast) + swap

and nothing of the swap is hidden, as in netlib HPL. The solution of the triangular system, 2 N^2
flop, is left out: below 1 % from N = 10^4 on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

BLOCK: Final = 256
PANEL: Final = 0.2
"""Rate of the panel's factorisation, as a fraction of DGEMM's."""
SWAP: Final = 2.4
"""Netlib: a constant in (2, 3], 'an empirical optimistic value is typically 2.4'."""
FILL: Final = 0.8
"""Part of the memory that the matrix fills; netlib's rule."""
_ITEM_B: Final = 8
_SAMPLES: Final = 400
_WIDEST: Final = 2.5


@dataclass(frozen=True)
class Network:
    """Between two processes. latency : s; bandwidth : B/s in one direction."""

    latency: float
    bandwidth: float


@dataclass(frozen=True)
class Parts:
    """Seconds of a solution, and of its parts as if nothing were hidden."""

    seconds: float
    panel: float
    broadcast: float
    swap: float
    update: float


def flop(n: float) -> float:
    """2/3 n^3 + 3/2 n^2, as HPL counts."""
    return n * n * (2.0 / 3.0 * n + 1.5)


def order(memory_B: float, block: int = BLOCK, fill: float = FILL) -> int:
    """The largest N, a multiple of the block, whose matrix fills this part of the memory."""
    n = int(math.sqrt(fill * memory_B / _ITEM_B))
    return max(block, n - n % block)


def grid(processes: int) -> tuple[int, int]:
    """P <= Q with P Q at most `processes`: the most of those that are nearly square.

    A machine whose nodes make no good grid leaves up to 3 % of them idle, as people do.
    """
    least = max(1, math.ceil(0.97 * processes))
    for used in range(processes, least - 1, -1):
        p = next(p for p in range(math.isqrt(used), 0, -1) if used % p == 0)
        if used // p <= _WIDEST * p:
            return p, used // p
    p = next(p for p in range(math.isqrt(processes), 0, -1) if processes % p == 0)
    return p, processes // p


def solve(
    n: float, shape: tuple[int, int], rate: float, network: Network, block: int = BLOCK
) -> Parts:
    """The parts of a solution of order n on `shape` = (P, Q) processes of `rate` flop/s each."""
    p, q = shape
    steps = max(1, math.ceil(n / block))
    samples = min(steps, _SAMPLES)
    index = (np.arange(samples) + 0.5) * steps / samples - 0.5
    left = np.maximum(n - block * index, 1.0)
    rows, columns = left / p, np.maximum(left - block, 0.0) / q
    doublings = math.log2(p)
    update = (2.0 * rows * columns * block + block**2 * columns) / rate
    panel = block**2 * np.maximum(rows - block / 3.0, 0.0) / (PANEL * rate)
    panel += block * doublings * _message(network, 2 * block + 4)
    broadcast = 2.0 * _message(network, block * rows) if q > 1 else 0.0 * rows
    swap = 0.0 * rows
    if p > 1:
        swap = (doublings + p - 1) * network.latency + _transfer(network, SWAP * block * columns)
    step = np.maximum(update + panel / q, panel + broadcast) + swap
    sums = (float(part.sum()) * steps / samples for part in (step, panel, broadcast, swap, update))
    return Parts(*sums)


def _transfer(
    network: Network, items: np.typing.NDArray[np.float64]
) -> np.typing.NDArray[np.float64]:
    """Seconds on the wire for these doubles."""
    return items * (_ITEM_B / network.bandwidth)


def _message(
    network: Network, items: np.typing.NDArray[np.float64] | float
) -> np.typing.NDArray[np.float64]:
    """Seconds of a message of these doubles."""
    return network.latency + _transfer(network, np.asarray(items, np.float64))


def rate(n: float, nodes: int, node_rate: float, network: Network, block: int = BLOCK) -> float:
    """HPL's flop/s of order n on these nodes, each of which sustains `node_rate` in DGEMM."""
    return flop(n) / solve(n, grid(nodes), node_rate, network, block).seconds
