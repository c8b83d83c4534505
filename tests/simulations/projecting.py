"""How far the predictions of `qyran project` are off, and what their intervals hold.

``python -m tests.simulations.projecting`` prints the tables of docs/project.md. Every listed run is
predicted from all runs but those of its own site (`harness.projection.validation`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

import numpy as np

from harness.projection import evidence, ratios, validation
from harness.projection.evidence import ACCELERATED, Sustained
from harness.projection.scatter import LEVELS
from harness.projection.validation import Checked
from harness.reference import nodes, systems

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def checked(known: Sequence[Sustained]) -> list[Checked]:
    """Each run without its site."""
    return [validation.check(one, known) for one in known]


def line(name: str, made: Sequence[Checked]) -> str:
    """Number, median error, quantiles of predicted / listed, coverage and width by level."""
    ratios_ = np.array([one.ratio for one in made])
    off = validation.spread(made)[1] - 1.0
    spread = " ".join(f"{q:.2f}" for q in np.quantile(ratios_, _QUANTILES))
    held = " | ".join(f"{validation.coverage(made, level):.3f}" for level in LEVELS)
    widths = [
        np.median([one.intervals[level][1] / one.intervals[level][0] for one in made])
        for level in LEVELS
    ]
    wide = " | ".join(f"{width:.2f}" for width in widths)
    return f"| {name} | {len(made)} | {100 * off:.1f} % | {spread} | {held} | {wide} |"


def named(made: Sequence[Checked]) -> list[str]:
    """The runs of the node table and of the named systems, one a line."""
    of = {(one.run.run.list, one.run.run.rank): one for one in made}
    entries = {
        entry: node.name for node in nodes.nodes() if (entry := entry_of(node.hpl_source)) in of
    }
    for system in systems.systems():
        for entry in system.entries:
            if (entry.key, entry.rank) in of:
                entries.setdefault((entry.key, entry.rank or 0), system.short)
    return [row(name, of[entry]) for entry, name in sorted(entries.items())]


def entry_of(source: str) -> tuple[str, int] | None:
    """('2020-11', 71) in 'TOP500 2020-11 rank 71, ...'; None for another source."""
    said = re.search(r"TOP500 (\d{4}-\d{2}) rank (\d+)", source)
    return (said[1], int(said[2])) if said else None


def row(name: str, one: Checked) -> str:
    """A run: list, nodes, listed, predicted, ratio, and whether both intervals hold it."""
    run = one.run.run
    held = ", ".join(f"{100 * level:.0f} %" for level in LEVELS if one.inside(level)) or "none"
    return (
        f"| {name} | {run.list} no. {run.rank} | {run.nodes:,} | {run.rmax / 1e15:.3g} | "
        f"{one.predicted / 1e15:.3g} | {one.ratio:.2f} | {held} |"
    )


def main() -> None:
    """Print all tables."""
    cpu = checked(evidence.cpu())
    fast = [one for one in cpu if not one.run.run.ethernet]
    slow = [one for one in cpu if one.run.run.ethernet]
    made = checked(evidence.accelerated())
    lines = [
        "| systems | number | median error | 5 25 50 75 95 % of predicted / listed | "
        "inside 80 % | inside 95 % | width 80 % | width 95 % |",
        line("CPU, networks for MPI", fast), line("CPU, Ethernet", slow), line("all CPU", cpu),
        line(ACCELERATED, made),
    ]  # fmt: skip
    for group in sorted({one.run.run.group for one in fast}):
        members = [one for one in fast if one.run.run.group == group]
        lines.append(line(f"{group}, networks for MPI", members))
    lines += ["", "CPU systems by name", *named(cpu), "", "accelerated systems"]
    lines += [row(one.run.run.site, one) for one in made]
    lines += ["", str(ratios.hpcg()), str(ratios.triad()), str(ratios.per_watt(accelerated=False))]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
