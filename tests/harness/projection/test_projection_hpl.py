"""The model of HPL: its parts by a plain loop, its limits, and the grid."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.projection import hpl
from harness.projection.hpl import Network

LINK = Network(1e-6, 12e9)


def plainly(n, p, q, rate, link, nb):
    """The formulas of the module's head, step by step."""
    total = 0.0
    for k in range(math.ceil(n / nb)):
        left = n - k * nb
        rows, columns = left / p, max(left - nb, 0) / q
        hops = math.log2(p)
        update = (2 * rows * columns * nb + nb * nb * columns) / rate
        panel = nb * hops * (link.latency + (2 * nb + 4) * 8 / link.bandwidth)
        panel += nb * nb * max(rows - nb / 3, 0) / (0.2 * rate)
        bcast = 2 * (link.latency + 8 * nb * rows / link.bandwidth) if q > 1 else 0
        swap = (hops + p - 1) * link.latency + 2.4 * nb * columns * 8 / link.bandwidth
        total += max(update + panel / q, panel + bcast) + (swap if p > 1 else 0)
    return total


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (4, 4), (8, 16)])
@pytest.mark.parametrize("n", [4096, 51200])
def test_the_parts_are_those_of_the_formulas(shape, n):
    made = hpl.solve(n, shape, 1e12, LINK)
    assert made.seconds == pytest.approx(plainly(n, *shape, 1e12, LINK, hpl.BLOCK), rel=1e-12)


def test_many_steps_are_sampled_closely():
    n, shape = 1_000_000, (16, 16)
    assert hpl.solve(n, shape, 3e12, LINK).seconds == pytest.approx(
        plainly(n, *shape, 3e12, LINK, hpl.BLOCK), rel=1e-3
    )


@given(
    n=st.integers(2_000, 3_000_000),
    nodes=st.integers(1, 50_000),
    rate=st.floats(1e10, 1e14),
    latency=st.floats(1e-7, 1e-4),
    bandwidth=st.floats(1e8, 1e11),
)
def test_no_machine_is_faster_than_its_nodes_and_no_better_network_is_slower(
    n, nodes, rate, latency, bandwidth
):
    made = hpl.rate(n, nodes, rate, Network(latency, bandwidth))
    # Of the last block's order the exact count differs a little from the sum over whole steps.
    assert 0 < made <= rate * nodes * (1 + 5 * hpl.BLOCK / n)
    assert hpl.rate(n, nodes, rate, Network(latency / 2, bandwidth * 2)) >= made * (1 - 1e-9)


def test_a_large_matrix_on_one_node_reaches_its_dgemm():
    assert hpl.rate(500_000, 1, 4e12, LINK) == pytest.approx(4e12, rel=0.01)


@given(st.integers(1, 200_000))
def test_a_grid_uses_nearly_all_nodes(nodes):
    p, q = hpl.grid(nodes)
    assert 1 <= p <= q
    assert 0.97 * nodes <= p * q <= nodes
    assert nodes < 40 or q <= 2.5 * p


def test_known_values():
    assert hpl.flop(1000) == pytest.approx(2 / 3 * 1e9 + 1.5e6)
    assert hpl.grid(64) == (8, 8)
    assert hpl.grid(40960) == (160, 256)
    n = hpl.order(512 * 2**30 * 64)
    assert n % hpl.BLOCK == 0
    assert 8 * n * n <= 0.8 * 512 * 2**30 * 64 < 8 * (n + hpl.BLOCK) ** 2


@pytest.mark.parametrize(
    ("n", "shape", "block", "rate", "measured"),
    [
        (4000, (1, 2), 128, 55e9, 86.8e9),
        (4000, (1, 1), 128, 110e9, 83e9),
        (8000, (1, 2), 192, 55e9, 98.6e9),
        (8000, (2, 1), 192, 55e9, 92e9),
        (10000, (1, 2), 192, 55e9, 97.8e9),
        (10000, (1, 1), 192, 110e9, 99.5e9),
        (20000, (1, 2), 192, 55e9, 106e9),
    ],
)
def test_our_own_hpl_as_it_was_measured(n, shape, block, rate, measured):
    """Of docs/performance.md: two idle cores, dgemm 55 Gflop/s a core, and nothing is fitted."""
    made = hpl.flop(n) / hpl.solve(n, shape, rate, Network(0.5e-6, 10e9), block).seconds
    allowed = 0.05 if n >= 8000 else 0.17  # products of small matrices are slower than dgemm
    assert made / measured == pytest.approx(1.0, abs=allowed)
