"""How far the predictions of `qyran project` are off, and what their intervals hold.

``python -m tests.simulations.projecting`` prints the tables of docs/project.md. Every listed run is
predicted from all runs but those of its own site (`harness.projection.validation`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Named:
    """A listed run of a system that has a name. label : of a row; what its nodes are beside it."""

    system: str
    label: str
    checked: Checked


def named(made: Sequence[Checked]) -> list[Named]:
    """The runs of the node table, of the named systems, and of the first ten places of the lists.

    Oldest first; the same run on a later list, with its Rmax rounded otherwise, is left out.
    """
    of = {(one.run.run.list, one.run.run.rank): one for one in made}
    found: dict[tuple[str, int], Named] = {}
    for node in nodes.nodes():
        entry = entry_of(node.hpl_source)
        if entry in of:
            system = _system(node.hpl_source)
            node_type = node.name.partition(" (")[0]
            found[entry] = Named(system, f"{system}: {node_type}", of[entry])
    for system_ in systems.systems():
        for listed in system_.entries:
            at = (listed.key, listed.rank or 0)
            if at in of:
                found.setdefault(at, Named(system_.short, system_.short, of[at]))
    for at, each in of.items():
        if name := each.run.run.name:
            found.setdefault(at, Named(name, name, each))
    first: dict[tuple[int, str], Named] = {}
    for _, one in sorted(found.items()):
        first.setdefault(_run(one), one)
    return list(first.values())


def _system(source: str) -> str:
    """``Aitken 2`` in "TOP500 2020-11 rank 71, Aitken 2 (site; ...)"; else the site."""
    said = re.search(r"rank \d+, (.+?) \((.+?); \d+ cores", source)
    assert said is not None
    return said[2] if said[1] == "unnamed" else said[1]


def _run(one: Named) -> tuple[int, str]:
    """What tells runs apart: nodes, and Rmax to six digits."""
    run = one.checked.run.run
    return run.nodes, f"{run.rmax:.5e}"


def entry_of(source: str) -> tuple[str, int] | None:
    """('2020-11', 71) in 'TOP500 2020-11 rank 71, ...'; None for another source."""
    said = re.search(r"TOP500 (\d{4}-\d{2}) rank (\d+)", source)
    return (said[1], int(said[2])) if said else None


def row(name: str, one: Checked) -> str:
    """A run: list, nodes, listed, predicted, ratio, and whether both intervals hold it."""
    run = one.run.run
    held = ", ".join(f"{100 * level:.0f}" for level in LEVELS if one.inside(level))
    return (
        f"| {name} | {run.list} no. {run.rank} | {run.nodes:,} | {_peta(run.rmax)} | "
        f"{_peta(one.predicted)} | {one.ratio:.2f} | {f'{held} %' if held else 'none'} |"
    )


def _peta(rate: float) -> str:
    """Pflop/s to three digits: ``93.0``, ``1,740``."""
    value = float(f"{rate / 1e15:.3g}")
    return f"{value:,.0f}" if value >= 100.0 else f"{value:#.3g}"


def table(found: Sequence[Named]) -> list[str]:
    """The table of docs/project.md, and a line of what it shows."""
    made = [one.checked for one in found]
    held = ", ".join(
        f"{sum(one.inside(level) for one in made)} of {len(made)} inside {100 * level:.0f} %"
        for level in LEVELS
    )
    return [
        "| system | list | nodes | listed | predicted | ratio | inside |",
        "|---|---|---|---|---|---|---|",
        *(row(one.label, one.checked) for one in found),
        "",
        f"{len({one.system for one in found})} systems, {len(found)} runs: {held}, median error "
        f"{100 * (validation.spread(made)[1] - 1):.1f} %",
    ]


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
    lines += ["", *table(named(cpu)), "", "accelerated systems"]
    lines += [row(one.run.run.site, one) for one in made]
    lines += ["", str(ratios.hpcg()), str(ratios.triad()), str(ratios.per_watt(accelerated=False))]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
