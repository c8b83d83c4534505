"""Where suites and cluster.yaml are found: given, in the working folder, or shipped with qyran."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from harness.errors import ConfigError, unknown

_CHECKOUT = Path(__file__).parent.parent.parent


def shipped(name: str) -> Path:
    """A file that ships with qyran: in the checkout, else where the wheel put it."""
    beside = _CHECKOUT / name
    return beside if beside.exists() else _installed() / name


@cache
def _installed() -> Path:
    """The folder share/qyran of this installation, from the wheel's own list of files."""
    try:
        listed = distribution("qyran").files or []
    except PackageNotFoundError:
        listed = []
    for entry in listed:
        if entry.name == "cluster.yaml" and entry.parent.name == "qyran":
            return Path(str(entry.locate())).resolve().parent
    raise ConfigError("qyran", "its suites are not installed", fix="reinstall: pip install qyran")


def cluster_file(given: Path | None) -> Path:
    """cluster.yaml: ``given``, else the one in the working folder, else the shipped one."""
    if given is not None:
        return given
    here = Path("cluster.yaml")
    return here if here.exists() else shipped("cluster.yaml")


def suites() -> dict[str, Path]:
    """All suites by name; those of the working folder hide the shipped ones."""
    folders = [shipped("jobs"), Path("jobs")]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}


def references() -> list[Path]:
    """All files of references, in the working folder: they belong to a site, none is shipped."""
    return sorted(Path("references").glob("*.yaml"))


def suite_file(name: str) -> Path:
    """The file of a suite given by name or by path; ConfigError lists the known names."""
    if "/" in name or name.endswith((".yaml", ".yml")):
        return Path(name)
    known = suites()
    if name not in known:
        raise unknown("jobs", "suite", name, known)
    return known[name]
