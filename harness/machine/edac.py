"""Memory errors that the memory controllers have counted: EDAC of Linux.

Source: Linux Documentation/admin-guide/RAS/main.rst, "EDAC - Error Detection And Correction", and
Documentation/ABI/testing/sysfs-devices-edac. Counters begin at boot, or when someone writes to
``reset_counters``. Needs a driver for the memory controller; firmware that handles errors first
(APEI, "firmware first") may leave them at zero: then the system event log of the BMC has them.
"""

from __future__ import annotations

from typing import Final

from harness.machine.tree import Tree, Unavailable

_CONTROLLERS: Final = "/sys/devices/system/edac/mc/mc[0-9]*"
_NONE: Final = "no memory controller with EDAC: no ECC, no driver, or a virtual machine"


def corrected(tree: Tree) -> int:
    """Errors corrected since boot, of all controllers."""
    return _sum(tree, "ce_count")


def uncorrected(tree: Tree) -> int:
    """Errors found and not corrected since boot, of all controllers."""
    return _sum(tree, "ue_count")


def _sum(tree: Tree, counter: str) -> int:
    try:
        names = tree.names(f"{_CONTROLLERS}/{counter}")
    except Unavailable:
        raise Unavailable(_NONE) from None
    return sum(tree.integer(one) for one in names)


def dimms(tree: Tree) -> dict[str, tuple[int, int]]:
    """Errors corrected and not corrected of each DIMM that has any, by its label.

    By its place where nobody has given it a label; of older drivers, which know no DIMMs, by
    channel of a chip-select row, of which they count only those corrected.
    """
    found: dict[str, tuple[int, int]] = {}
    for label, counters in (*_dimms(tree), *_channels(tree)):
        counts = [tree.integer(one) if tree.exists(one) else 0 for one in counters]
        if any(counts):
            before = found.get(label, (0, 0))
            found[label] = before[0] + counts[0], before[1] + counts[1]
    return found


def _dimms(tree: Tree) -> list[tuple[str, list[str]]]:
    folders = _folders(tree, "dimm[0-9]*/dimm_label") + _folders(tree, "rank[0-9]*/dimm_label")
    counters = "dimm_ce_count", "dimm_ue_count"
    return [
        (_label(tree, f"{one}/dimm_label", one), [f"{one}/{name}" for name in counters])
        for one in folders
    ]


def _channels(tree: Tree) -> list[tuple[str, list[str]]]:
    """ch0_ce_count beside ch0_dimm_label, where there are no folders of DIMMs."""
    if _dimms(tree):
        return []
    try:
        names = tree.names(f"{_CONTROLLERS}/csrow[0-9]*/ch[0-9]*_ce_count")
    except Unavailable:
        return []
    stems = [one.removesuffix("_ce_count") for one in names]
    return [
        (_label(tree, f"{one}_dimm_label", one), [f"{one}_ce_count", f"{one}_ue_count"])
        for one in stems
    ]


def _folders(tree: Tree, pattern: str) -> list[str]:
    try:
        return [one.rpartition("/")[0] for one in tree.names(f"{_CONTROLLERS}/{pattern}")]
    except Unavailable:
        return []


def _label(tree: Tree, name: str, place: str) -> str:
    """The label that a site, or the driver, has given; else ``mc0/dimm3``."""
    where = place.partition("/edac/mc/")[2]
    try:
        label = tree.text(name)
    except Unavailable:
        return where
    return label if label.strip("#_ ") else where
