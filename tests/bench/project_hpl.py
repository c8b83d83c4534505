"""Our own HPL beside the model: predicted from dgemm and pingpong of the same machine.

``python -m tests.bench.project_hpl RESULTS`` reads a results folder that holds hpl with 1 and 2
ranks at several orders, dgemm with 1 and 2 ranks, and pingpong with 2, all on one node.
Of each case the best repetition of all runs counts: on a machine that others use too, it is the
one that they disturbed least. Nothing is fitted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from harness.projection import hpl
from harness.record import store


def records(results: Path, kernel: str) -> Iterator[Mapping[str, Any]]:
    """Passed records on one node, each with the folder of its run."""
    for one in store.newest_first(results, 1000, [kernel]):
        if one["nodes"] == 1 and one["outcome"] == "pass":
            yield {**one, "folder": results / one["cluster"] / one["run"]}


def best(results: Path, kernel: str, metric: str, ranks: int) -> dict[int, tuple[float, int]]:
    """{n: (best repetition, nb)} of the records with so many ranks."""
    found: dict[int, tuple[float, int]] = {}
    for one in records(results, kernel):
        parameters = one["parameters"]
        if one["ranks"] == ranks and one["threads"] == 1:
            with h5py.File(one["folder"] / one["file"]) as file:
                value = float(np.max(file[f"entry/{metric}/value"]))
            n, nb = int(parameters["n"]), int(parameters.get("nb", 0))
            found[n] = max(found.get(n, (0.0, 0)), (value, nb))
    return found


def link(results: Path) -> hpl.Network:
    """What pingpong says of two ranks of this machine, at 8 B and 1 MiB."""
    for one in records(results, "pingpong"):
        small = float(one["metrics"]["one_way_8_latency"]["value"])
        return hpl.Network(small, float(one["metrics"]["one_way_1048576_bandwidth"]["value"]))
    raise SystemExit(f"no pingpong in {results}")


def main(results: Path) -> None:
    """Print the table; SystemExit if something is missing."""
    network = link(results)
    sys.stdout.write(f"network: {network.latency:.3g} s, {network.bandwidth:.3g} B/s\n")
    sys.stdout.write("ranks      n  dgemm/rank  predicted   measured  predicted/measured\n")
    for ranks in (1, 2):
        peak = best(results, "dgemm", "star_flop_rate", ranks)
        if not peak:
            raise SystemExit(f"no dgemm with {ranks} ranks in {results}")
        rate = max(value for value, _ in peak.values()) / ranks
        for n, (measured, nb) in sorted(best(results, "hpl", "flop_rate", ranks).items()):
            made = hpl.solve(n, (1, ranks), rate, network, nb)
            predicted = hpl.flop(n) / made.seconds
            sys.stdout.write(
                f"{ranks:5} {n:6} {rate / 1e9:11.1f} {predicted / 1e9:10.1f} "
                f"{measured / 1e9:10.1f} {predicted / measured:19.2f}\n"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
