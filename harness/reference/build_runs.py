"""HPL runs of CPU systems whose nodes can be counted, for `harness.reference.build`.

From the lists since November 2013: entries without accelerators that give Nmax, the cores of a
processor and a known network, and whose cores are a whole number of nodes. A system that stays with
the same cores and Rmax is taken once, from its first list.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from harness.reference import families, features, networks, tables

FIRST = "201311"
_SMALLEST_N = 100_000
_NAMED = 10
"""Down to this rank a system keeps its name, in the first of its runs."""


def runs(files: Sequence[Path]) -> list[dict[str, str]]:
    """One row a run: list, rank, family, network, nodes, nmax, rmax and rpeak in flop/s.

    site : a number in place of the name, so that systems of one place can be told to be; name :
    that of a system of the first ten places, "" for all others and for later runs of it.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    sites: dict[str, int] = {}
    named: set[str] = set()
    for file in files:
        for row in tables.rows(file) if file.stem >= FIRST else ():
            made = _run(file.stem, row)
            if made is not None:
                made["site"] = str(sites.setdefault(row["site"], len(sites)))
                made["name"] = _name(row) if _name(row) not in named else ""
                named.add(made["name"])
                found.setdefault((row["cores"], row["rmax_tflops"]), made)
    return list(found.values())


def _run(dated: str, row: dict[str, str]) -> dict[str, str] | None:
    text = row["system"]
    cores = families.cores_per_node(text)
    network = networks.find(text)
    order = int(row["nmax"] or 0)
    if features.accelerated(features.chip(text)) or cores is None or network is None:
        return None
    if order < _SMALLEST_N or int(row["cores"]) % cores:
        return None
    return {
        "list": f"{dated[:4]}-{dated[4:]}",
        "rank": row["rank"],
        "family": families.family(text),
        "network": network.name,
        "nodes": str(int(row["cores"]) // cores),
        "nmax": row["nmax"],
        "rmax_flop_s": _flop_s(row["rmax_tflops"]),
        "rpeak_flop_s": _flop_s(row["rpeak_tflops"]),
    }


def _name(row: dict[str, str]) -> str:
    """``Shaheen II`` of "Shaheen II - Cray XC40, ...", if it is among the first ten."""
    name, dash, _ = row["system"].partition(" - ")
    return name if dash and int(row["rank"]) <= _NAMED else ""


def _flop_s(tflops: str) -> str:
    return (Decimal(tflops) * 10**12).normalize().to_eng_string().lower().replace("e+", "e")
