"""Makes the packaged tables from the raw ones: `python -m harness.reference.build SOURCE_DIR`.

SOURCE_DIR holds top500_lists/<yyyymm>.csv, top500_lists_sources.csv,
top500_performance_development.csv, systems.csv, nodes.csv, hpcg_lists.csv and hpl_mxp_lists.csv, in
the units their columns name. The same source gives the same bytes. Names of systems stay behind,
except those of systems.csv, rank 1 of every list, and CPU systems of the first ten places.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.reference import build_runs, features, tables

Row = Mapping[str, str]

LIST_COLUMNS = {"rmax": "rmax_tflops", "rpeak": "rpeak_tflops", "cores": "cores"}
LIST_SCALES = {"rmax": 10**12, "rpeak": 10**12, "cores": 1, "power": 10**3, "nmax": 1}

# benchmark -> (raw file, column of the rank, of the result, factor, of Rmax, factor)
OTHER_LISTS = {
    "hpcg": ("hpcg_lists.csv", "hpcg_rank", "hpcg_pflops", 10**15, "hpl_rmax_pflops", 10**15),
    "hpl_mxp": ("hpl_mxp_lists.csv", "mxp_rank", "hpl_mxp_eflops", 10**18, "hpl_rmax_eflops",
                10**18),
}  # fmt: skip

# packaged column -> (raw column, factor to the base unit; None for text)
SYSTEM_COLUMNS: dict[str, tuple[str, int | None]] = {
    "system": ("system", None),
    "list": ("list", None),
    "rank": ("rank", None),
    "site": ("site", None),
    "country": ("country", None),
    "manufacturer": ("manufacturer", None),
    "computer": ("computer", None),
    "cores": ("cores", None),
    "rmax_flop_s": ("rmax_tflops", 10**12),
    "rpeak_flop_s": ("rpeak_tflops", 10**12),
    "power_W": ("power_kw", 10**3),
    "hpcg_flop_s": ("hpcg_pflops", 10**15),
    "hpl_mxp_flop_s": ("hpl_mxp_eflops", 10**18),
    "nodes_derived": ("nodes_in_list_entry_derived", None),
    "nodes_installed": ("nodes_installed", None),
    "node": ("node_architecture", None),
    "memory_per_node_B": ("memory_gb_per_node", 10**9),
    "peak_per_node_flop_s": ("peak_tflops_per_node", 10**12),
    "bandwidth_per_node_B_s": ("mem_bw_gbs_per_node", 10**9),
    "status": ("status", None),
    "unverified": ("unverified_fields", None),
    "list_source": ("list_source", None),
    "node_source": ("node_source", None),
    "other_source": ("other_source", None),
    "note": ("notes", None),
}

NODE_COLUMNS: dict[str, tuple[str, int | None]] = {
    "name": ("node_type", None),
    "kind": ("kind", None),
    "vendor": ("vendor", None),
    "devices": ("devices", None),
    "cores_per_device": ("cores_per_device", None),
    "clock_Hz": ("clock_ghz", 10**9),
    "peak_flop_s": ("fp64_peak_tflops", 10**12),
    "matrix_peak_flop_s": ("fp64_matrix_peak_tflops", 10**12),
    "peak_basis": ("fp64_peak_basis", None),
    "memory": ("memory", None),
    "bandwidth_B_s": ("mem_bw_peak_gbs", 10**9),
    "bandwidth_basis": ("mem_bw_peak_basis", None),
    "triad_B_s": ("stream_triad_gbs", 10**9),
    "triad_low_B_s": ("stream_low_gbs", 10**9),
    "triad_high_B_s": ("stream_high_gbs", 10**9),
    "triad_conditions": ("stream_conditions", None),
    "triad_source": ("stream_source", None),
    "hpl_flop_s": ("hpl_tflops_per_node", 10**12),
    "hpl_efficiency": ("hpl_efficiency", None),
    "hpl_nodes": ("hpl_nodes_in_run", None),
    "hpl_rpeak_flop_s": ("hpl_rpeak_per_node_in_list_tflops", 10**12),
    "hpl_source": ("hpl_source", None),
    "spec_source": ("spec_source", None),
    "status": ("status", None),
    "unverified": ("unverified_fields", None),
    "note": ("notes", None),
}

# raw status -> the word that is printed (harness.reference.systems.STATUS explains it)
STATUS_WORDS = {
    "listed": "listed",
    "news reports of the June 2026 list (full list file not found)": "press report",
    "never submitted; reported": "press figure",
    "unverified (from memory) except existence": "unverified",
    "published, not listed": "published",
    "rumoured; never submitted": "rumoured",
    "not found": "not found",
}


def build(source: Path, out: Path, corrections: Path = tables.DATA / "corrections.csv") -> None:
    """Write top500.npz, hpcg.npz, hpl_mxp.npz and the tables of lists, systems, nodes and runs.

    ValueError names the file and what is wrong with it.
    """
    files = sorted((source / "top500_lists").glob("*.csv"))
    if not files:
        raise ValueError(
            f"{source}: no top500_lists/<yyyymm>.csv here; name the raw tables' folder"
        )
    packed: dict[str, Any] = {**list_arrays(files)}
    np.savez_compressed(out / "top500.npz", **packed)
    for name in OTHER_LISTS:
        other: dict[str, Any] = {**other_arrays(source, name)}
        np.savez_compressed(out / f"{name}.npz", **other)
    _write(out / "lists.csv", _about_lists(source, files))
    _write(out / "hpl_runs.csv", build_runs.runs(files))
    changes = tables.rows(corrections)
    _write(out / "systems.csv", corrected(_systems(source), changes))
    _write(
        out / "nodes.csv", [packaged(r, NODE_COLUMNS) for r in tables.rows(source / "nodes.csv")]
    )


def list_arrays(files: Sequence[Path]) -> dict[str, NDArray[np.int64]]:
    """rmax, rpeak (flop/s), cores, power (W) and nmax: (lists, ranks) int64, -1 for unknown.

    network, chip : int8 of that shape, places in features.NETWORKS and features.CHIPS.
    """
    content = [tables.rows(file) for file in files]
    for file, rows in zip(files, content, strict=True):
        _check_ranks(file, rows, len(content[0]))
    columns = {**LIST_COLUMNS, "power": "power_kw", "nmax": "nmax"}
    figures = {
        name: np.array(
            [[_whole(r[raw], LIST_SCALES[name]) for r in rows] for rows in content], np.int64
        )
        for name, raw in columns.items()
    }
    words = {"network": features.network, "chip": features.chip}
    return figures | {
        name: np.array([[told(r["system"]) for r in rows] for rows in content], np.int8)
        for name, told in words.items()
    }


def other_arrays(source: Path, name: str) -> dict[str, NDArray[np.float64]]:
    """List (yyyymm), rank, value and rmax (flop/s), cores: (entries,) float64, -1 for unknown.

    Oldest list first, by rank within a list; ValueError where a better result ranks below.
    """
    file, rank, value, factor, rmax, factor_of_rmax = OTHER_LISTS[name]
    found = [
        (int(r["list"]), int(r[rank]), _whole(r[value], factor), _whole(r[rmax], factor_of_rmax),
         _whole(r["cores"], 1))
        for r in tables.rows(source / file)
    ]  # fmt: skip
    found.sort()
    for above, here in pairwise(found):
        if above[0] == here[0] and here[2] > above[2]:
            raise ValueError(f"{file}: {here[0]}: the result rises at rank {here[1]}")
    columns = ("list", "rank", "value", "rmax", "cores")
    return dict(zip(columns, np.array(found, np.float64).T, strict=True))


def _check_ranks(file: Path, rows: Sequence[Row], size: int) -> None:
    """ValueError unless ranks run from 1 to `size` and Rmax never rises."""
    if [row["rank"] for row in rows] != [str(rank) for rank in range(1, size + 1)]:
        raise ValueError(f"{file.name}: ranks must run from 1 to {size}, one row each")
    rmax = [Decimal(row["rmax_tflops"]) for row in rows]
    for rank, (above, here) in enumerate(pairwise(rmax), start=2):
        if here > above:
            raise ValueError(f"{file.name}: Rmax rises at rank {rank}, from {above} to {here}")


def _whole(cell: str, scale: int) -> int:
    """A cell in the base unit; -1 for an empty one. ValueError if digits would be lost."""
    if not cell:
        return -1
    value = Decimal(cell) * scale
    if value != int(value):
        raise ValueError(f"{cell} x {scale} is not a whole number: the packed table would round it")
    return int(value)


def _about_lists(source: Path, files: Iterable[Path]) -> list[dict[str, str]]:
    """One row a list: its date, the name of rank 1, the source of the copy, its cross-check."""
    sources = {r["list"]: r for r in tables.rows(source / "top500_lists_sources.csv")}
    leaders = {r["list"]: r for r in tables.rows(source / "top500_performance_development.csv")}
    return [
        {
            "list": dashed(file.stem),
            "number_one": leaders[file.stem]["n1_system"],
            "source": sources[file.stem]["source"],
            "cross_check": sources[file.stem]["cross_check"],
        }
        for file in files
    ]


def dashed(date: str) -> str:
    """'199306' as '1993-06'; anything else, such as 'not listed', as an empty cell."""
    return f"{date[:4]}-{date[4:]}" if re.fullmatch(r"\d{6}", date) else ""


def _systems(source: Path) -> list[dict[str, str]]:
    """The named systems in base units, with the printed status word."""
    result = []
    for raw in tables.rows(source / "systems.csv"):
        if raw["status"] not in STATUS_WORDS:
            known = ", ".join(repr(status) for status in STATUS_WORDS)
            raise ValueError(
                f"systems.csv: {raw['system']} has status {raw['status']!r}; known: {known}"
            )
        row = packaged(raw, SYSTEM_COLUMNS)
        row["list"], row["status"] = dashed(raw["list"]), STATUS_WORDS[raw["status"]]
        row["other_source"] = other_source(raw["other_source"])
        result.append(row)
    return result


def other_source(cell: str) -> str:
    """The sources of figures beside HPL, without those of figures that are not packaged."""
    parts = cell.replace(" (see hpcg_lists.csv)", "").split(" | ")
    kept = [p for p in parts if not p.startswith(("Graph500:", "IO500:"))]
    return " | ".join(kept)


def packaged(raw: Row, columns: Mapping[str, tuple[str, int | None]]) -> dict[str, str]:
    """A raw row under packaged column names, in base units, with plain words for a doubt."""
    row = {name: _scaled(raw[old], factor) for name, (old, factor) in columns.items()}
    names = {old: name for name, (old, _) in columns.items()}
    row["unverified"] = ";".join(names[old] for old in tables.words(raw["unverified_fields"]))
    return row


def _scaled(cell: str, factor: int | None) -> str:
    """A text cleaned, or a number times `factor`: '33862.7' x 10^12 -> '33.8627e15'."""
    if factor is None:
        text = re.sub(r"from memory(?:[:,] unverified)?", "unverified", cell.strip())
        return re.sub(r"^extra node type.*", "", text)
    return (
        (Decimal(cell) * factor).normalize().to_eng_string().lower().replace("e+", "e")
        if cell
        else ""
    )


def corrected(rows: list[dict[str, str]], changes: Iterable[Row]) -> list[dict[str, str]]:
    """`rows` after corrections.csv: each change sets, erases or doubts one field, and says why.

    A change whose system is here but whose list is not raises ValueError: the source has moved on.
    """
    systems = {row["system"] for row in rows}
    for change in changes:
        hit = [r for r in rows if r["system"] == change["system"] and _dated(r, change["list"])]
        if not hit and change["system"] in systems:
            raise ValueError(f"corrections.csv: {change['system']} has no list {change['list']}")
        for row in hit:
            _apply(row, change)
    return rows


def _dated(row: Row, date: str) -> bool:
    """Whether a change for `date` ('*' is every list) means this row."""
    return date in ("*", row["list"])


def _apply(row: dict[str, str], change: Row) -> None:
    """Change one field of one row; the actions are set, erase, doubt and 'set doubt'."""
    field, actions = change["field"], change["action"].split()
    if field not in row or not set(actions) <= {"set", "erase", "doubt"}:
        raise ValueError(f"corrections.csv: cannot {change['action']!r} field {field!r}")
    if "doubt" not in actions or "set" in actions:
        row[field] = change["value"]
    if "doubt" in actions:
        row["unverified"] = ";".join([*tables.words(row["unverified"]), field])


def _write(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as csv, with a header and Unix line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments: Sequence[str]) -> int:
    """SOURCE_DIR [OUT_DIR]; the exit code is 2 for a usage or data error."""
    if len(arguments) not in (1, 2):
        sys.stderr.write("usage: python -m harness.reference.build SOURCE_DIR [OUT_DIR]\n")
        return 2
    try:
        build(Path(arguments[0]), Path(arguments[1]) if len(arguments) == 2 else tables.DATA)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
