"""The results folder: ``results/<cluster>/<run-id>/`` with run.yaml, log.txt and one .h5 a case."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any, Final

import yaml

from harness.errors import CannotMeasure, ConfigError, CorruptStore, unknown
from harness.plan.case import Case
from harness.record import archive
from harness.record.result import CaseResult, Run
from harness.record.write_once import write_once

SCHEMA: Final = "qyran.record/1"
DEFAULT: Final = Path("results")
_DRAWS: Final = 9
_SPACE_B: Final = 32 * 2**20
# What makes a folder a run: that it began, or that it was submitted (`harness.submit`).
_HEADERS: Final = ("run.yaml", "job.json")
ACCEPTANCE: Final = "accept.jsonl"
"""The file that makes a folder beside runs that of an acceptance (`harness.acceptance`)."""


def create(run: Run, cases: tuple[Case, ...]) -> Path:
    """Make the folder of a new run and write its run.yaml; CannotMeasure if that is impossible.

    A run that was submitted has its folder already, with no run.yaml in it.
    """
    folder = Path(run.path)
    try:
        existed = folder.exists()
        folder.mkdir(parents=True, exist_ok=not (folder / "run.yaml").exists())
        free_B = shutil.disk_usage(folder).free
    except OSError as error:
        raise CannotMeasure(
            str(folder),
            f"the results folder cannot be made: {error.strerror}",
            fix="record elsewhere with --results DIR",
        ) from error
    if free_B < _SPACE_B:
        if not existed:
            folder.rmdir()
        raise CannotMeasure(
            str(folder),
            f"only {free_B // 2**20} MiB are free, results need up to {_SPACE_B // 2**20} MiB",
            fix="free some space, or record elsewhere with --results DIR",
        )
    content = {
        "schema": SCHEMA,
        **asdict(run),
        "path": None,
        "cases": [case.as_dict() for case in cases],
    }
    del content["path"]
    write_once(folder / "run.yaml", yaml.safe_dump(_plain(content), sort_keys=False).encode())
    return folder


def begin(run: Run, cases: tuple[Case, ...]) -> Run:
    """Make the folder of a new run; under the next free id if another host has drawn the same."""
    for _ in range(_DRAWS):
        try:
            create(run, cases)
        except (CannotMeasure, CorruptStore):
            if not is_run(Path(run.path)):
                raise
            name = new_id(Path(run.suite).stem, run.started)
            run = replace(run, id=name, path=str(Path(run.path).with_name(name)))
        else:
            return run
    raise CannotMeasure(run.path, "has been taken again and again by other runs")


def new_id(suite: str, now: float) -> str:
    """``20261123T191500Z-quick-a1b2c3``: sorts by time, says what, never collides."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    name = re.sub(r"[^\w.-]+", "-", suite).strip("-.") or "suite"
    return f"{stamp}-{name[:40]}-{secrets.token_hex(3)}"


def time_of(name: str) -> float:
    """When a run of this id began, s since 1970, to the second; 0 if the id does not say."""
    try:
        return datetime.strptime(name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def add(run: Run, result: CaseResult, document: dict[str, Any]) -> CaseResult:
    """Write the file of a finished case; returns the result with the name of its file.

    The first attempt is ``<case>.h5``, the second ``<case>.2.h5``: none is ever overwritten.
    """
    from harness.record import hdf5

    attempt = len(result.earlier) + 1
    name = f"{result.case.id}.h5" if attempt == 1 else f"{result.case.id}.{attempt}.h5"
    document["file"] = name
    write_once(Path(run.path) / name, hdf5.encoded(run, result, document))
    return replace(result, file=name)


def attempts(folder: Path) -> dict[str, dict[int, str]]:
    """The recorded attempts at each case: {case: {number: file}}."""
    return attempts_among(archive.names(folder))


def attempts_among(names: Iterable[str]) -> dict[str, dict[int, str]]:
    """The recorded attempts at each case among the files of a run."""
    found: dict[str, dict[int, str]] = {}
    for name in sorted(names):
        if name.endswith(".h5") and not name.startswith("."):
            stem = name.removesuffix(".h5")
            case, _, number = stem.rpartition(".")
            if not number.isdecimal():  # the dot, if there is one, belongs to a kernel's name
                case, number = stem, "1"
            found.setdefault(case, {})[int(number)] = name
    return found


def runs(root: Path) -> list[Path]:
    """The folders of all runs below a results folder, oldest first."""
    return list(newest(root))[::-1]


def newest(root: Path) -> Iterator[Path]:
    """The folders of all runs, newest first; only those that are taken are looked at."""
    return _newest_of(_places(root))


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run: it has begun, or was submitted."""
    return any(archive.holds(folder, name) for name in _HEADERS)


def begun(names: Iterable[str]) -> bool:
    """Whether files of these names are those of a run."""
    return not set(_HEADERS).isdisjoint(names)


def clusters(root: Path) -> list[Path]:
    """The folders of the clusters below a results folder."""
    with suppress(OSError), os.scandir(root) as entries:
        return sorted(root / e.name for e in entries if e.is_dir() and not e.name.startswith("."))
    return []


def _places(root: Path) -> list[tuple[str, Path]]:
    """Names and folders of all that may be a run, in no order."""
    found: list[tuple[str, Path]] = []
    for cluster in clusters(root):
        with suppress(OSError):
            found += archive.places(cluster)
    return found


def _newest_of(places: list[tuple[str, Path]]) -> Iterator[Path]:
    """Runs, the newest first: a name begins with the time. Often nobody asks for a second one."""
    if places:
        name, folder = max(places)
        if is_run(folder / name):
            yield folder / name
        rest = (parent / name for name, parent in sorted(places, reverse=True)[1:])
        yield from (path for path in rest if is_run(path))


def find(root: Path, name: str) -> Path:
    """A run by its id, a unique part of it, its folder, or "last"; ConfigError if not found."""
    if is_run(Path(name)):
        return Path(name)
    places = _places(root)
    known = _newest_of(places)
    if name == "last":
        last = next(known, None)
        if last is not None:
            return last
    fitting = sorted((one for one in places if name in one[0]), reverse=True)
    matching = [folder / id_ for id_, folder in fitting if is_run(folder / id_)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        names = ", ".join(path.name for path in matching[4::-1])
        raise ConfigError(str(root), f"{name!r} fits {len(matching)} runs", known=names)
    newest = [path.name for path in islice(known, 5)][::-1]
    if not newest:
        raise ConfigError(str(root), "holds no runs", fix="`qyran run quick` makes one")
    raise unknown(str(root), "run", name, newest, "`qyran ls`")


def header(folder: Path) -> dict[str, Any]:
    """The content of run.yaml; CorruptStore if it is damaged."""
    where = folder / "run.yaml"
    try:
        content = yaml.load(archive.read(where), Loader=_YAML)  # noqa: S506 - a safe loader
    except (OSError, yaml.YAMLError) as error:
        raise CorruptStore(str(where), f"cannot be read: {error}") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA or "cases" not in content:
        raise CorruptStore(str(where), "is no run of this version", known=SCHEMA)
    return content


_YAML: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def case_records(folder: Path) -> list[dict[str, Any]]:
    """The last recorded attempt at each case of a run, in the order of its plan."""
    order = [case["id"] for case in header(folder)["cases"]]
    found = attempts(folder)
    return [record(folder / found[one][max(found[one])]) for one in order if one in found]


def record(path: Path) -> dict[str, Any]:
    """The index record of one case file, its content verified."""
    from harness.record import hdf5

    try:
        content = archive.read(path)
    except OSError as error:
        raise CorruptStore(str(path), f"cannot be read: {error.strerror}") from error
    return hdf5.index_record(content, str(path))


def newest_first(
    root: Path, most: int, kernels: Iterable[str] = ("*",)
) -> Iterator[dict[str, Any]]:
    """Recorded cases of these kernels in the newest runs, newest first; damaged runs are left out.

    Only their files are opened: a results folder of years holds thousands of others.
    """
    patterns = tuple(f"{name}-*.h5" for name in kernels)
    for folder in islice(newest(root), most):
        with suppress(CorruptStore, OSError):
            wanted = [
                name
                for name in archive.names(folder)
                if name[0] != "." and any(fnmatchcase(name, pattern) for pattern in patterns)
            ]
            if wanted:
                header(folder)  # of this version
            for name in wanted:
                yield record(folder / name)


def _plain(content: dict[str, Any]) -> Any:
    """Tuples become lists and enumerations words, as YAML wants it."""
    return json.loads(json.dumps(content))
