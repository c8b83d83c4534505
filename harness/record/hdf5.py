"""One case as an HDF5 file: built in memory, NeXus-style, so that common viewers plot it at once.

    /                    NXroot   default=entry, schema, creator, versions, content_sha256
    /index_record        one JSON scalar: everything an index or `qyran show` needs
    /entry               NXentry  default=<primary metric>, title, times, outcome, reason
    /entry/<metric>      NXdata   signal=value, axes=sample; raw samples [launch,repetition,rank]
    /entry/<curve>       NXdata   signal=value, axes=at; metrics over a size, with low and high
    /entry/samples       raw times of phases, s [launch,repetition,rank]; of calls [...,statistic]
    /entry/parts         where each rank spent a repetition, s [launch,repetition,rank]
    /entry/splits        each split of a part, s [launch,repetition,rank,step]
    /entry/series        numbers a kernel told on its way [launch,repetition,step]
    /entry/timeline      how the parts of the median repetition grew with its steps
    /entry/inputs        every parameter, geometry and rule, with unit and origin
    /entry/work          what one call of each phase does, over all ranks
    /entry/verification  what was checked, error, tolerance, passed; wrong answers, one by one
    /entry/timing        compile, set-up and verification, s, one entry a launch
    /entry/placement     host, CPUs, limits, threads, BLAS and MPI of each rank, as read by it
    /entry/hosts         facts and states of each host, as its first rank saw it (record/hosts.py)
    /entry/environment   hardware, software and machine fingerprint, as a JSON note
    /entry/references    the reference values the case was judged by
    /entry/provenance    command line, run, program version; somebody else's program with its output

libver v110: metadata checksums, readable by every HDF5 from 1.10 on. See docs/results.md.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any, Final

import h5py
import numpy as np

from harness.errors import CorruptStore
from harness.measure.evidence import Evidence
from harness.record import energy, expected, hosts, nexus, nxdata, timeline, times, versions
from harness.record.curve import Curve, curves
from harness.record.result import CaseResult, ProgramRecord, Run, Splits
from kernels.contract import Check, parameters

SCHEMA: Final = "qyran.case/1"
_HASH: Final = "content_sha256"
# Behind what the HDF5 library reads: a hash over all bytes before it. The library can loop without
# end over a damaged heap (2.0.0), so that a file as it was written is checked before it is opened.
_SEAL: Final = b"\nqyran sha256 "


def encoded(run: Run, result: CaseResult, document: dict[str, Any]) -> bytes:
    """The bytes of the file. ``document`` is the case as `--json` shows it."""
    about = {"run": run.id, "case": result.case.id, "file_time": iso(result.ended)}
    return built(about, document, partial(_entry, run=run, result=result))


def built(
    about: Mapping[str, str], document: Mapping[str, Any], entry: Callable[[Any], None]
) -> bytes:
    """The bytes of a file with its index record, hashed and sealed.

    about : attributes of the root beside those that every file has; entry : fills the NXentry.
    """
    with nexus.new_file() as file:
        nexus.describe(
            file,
            NX_class="NXroot",
            default="entry",
            schema=SCHEMA,
            schema_version=versions.CURRENT,
            creator="qyran",
            creator_version=version("qyran"),
            HDF5_Version=h5py.version.hdf5_version,
            h5py_version=h5py.version.version,
            **about,
        )
        nexus.word(file, "index_record", nexus.compact(document))
        entry(nexus.group(file, "entry", "NXentry"))
        nexus.describe(file, **{_HASH: content_hash(file)})
        with nexus.packed(file) as made:
            made.flush()
            return _sealed(bytes(made.id.get_file_image()))


def index_record(content: bytes, name: str) -> dict[str, Any]:
    """The index record of a file; CorruptStore if the file is not what was written.

    A file without a seal was written by an HDF5 tool since; its content hash still holds.
    """
    sealed = holds_seal(content, name)
    try:
        if not sealed:
            check_content(content, name)
        record = json.loads(_first(content, name))
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise CorruptStore(name, f"is no result file of qyran: {error}") from error
    if not isinstance(record, dict):
        raise CorruptStore(name, "its index record is no mapping")
    return record


def holds_seal(content: bytes, name: str) -> bool:
    """Whether a file is sealed; CorruptStore if its bytes are not those that were sealed."""
    size = hashlib.sha256().digest_size
    body = content[: -len(_SEAL) - size]
    marked = content[len(body) : -size] == _SEAL
    # A digest that fits without the mark is one whose mark is damaged.
    if (content[-size:] == hashlib.sha256(body).digest()) != marked:
        raise CorruptStore(name, "its bytes are not those that were written: it is damaged")
    return marked


def check_content(content: bytes, name: str) -> None:
    """CorruptStore if the values in a file are not those that were written."""
    with h5py.File(io.BytesIO(content), "r") as file:
        said = _word(file.id, _HASH.encode())
        if not said:
            raise CorruptStore(name, f"is no result file of qyran: it has no {_HASH}")
        if said != content_hash(file):
            raise CorruptStore(name, "its content hash does not fit: it was changed or damaged")


def _first(content: bytes, name: str) -> bytes:
    """The text of the index record, after a look at the version of the schema.

    By the low-level calls: half the time of the others, and a store has 100,000 files.
    """
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fapl_core(backing_store=False)
    access.set_file_image(content)
    file = h5py.h5f.open(b"in memory", h5py.h5f.ACC_RDONLY, access)
    try:
        found = _word(file, b"schema_version")
        if found != versions.CURRENT:
            versions.check(found, name, _word(file, b"creator_version"))
        record = h5py.h5d.open(file, b"index_record")
        text: Any = np.empty((), record.dtype)
        record.read(h5py.h5s.ALL, h5py.h5s.ALL, text)
        return bytes(text[()])
    finally:
        file.close()


def _word(file: Any, attribute: bytes) -> str:
    """An attribute of the root, "" if there is none."""
    if not h5py.h5a.exists(file, attribute):
        return ""
    found = h5py.h5a.open(file, attribute)
    text: Any = np.empty((), found.dtype)
    found.read(text)
    value = text[()]
    return value.decode() if isinstance(value, bytes) else str(value)


def _sealed(image: bytes) -> bytes:
    return image + _SEAL + hashlib.sha256(image).digest()


def content_hash(file: h5py.File) -> str:
    """SHA-256 over paths, types, shapes, values and attributes: survives repacking."""
    digest = hashlib.sha256()
    _hash_attributes(digest, "/", file)
    names: list[str] = []
    file.visit(names.append)
    for name in sorted(names):
        thing = file[name]
        digest.update(f"\n{name}".encode())
        if isinstance(thing, h5py.Dataset):
            digest.update(_text(thing.dtype, thing.shape).encode())
            digest.update(_bytes(thing[()]))
        _hash_attributes(digest, name, thing)
    return digest.hexdigest()


def _hash_attributes(digest: Any, name: str, thing: Any) -> None:
    for key in sorted(thing.attrs):
        if (name, key) != ("/", _HASH):
            value = _attribute(thing, key)
            digest.update(f"\n{name}@{key}{_text(value.dtype, value.shape)}".encode())
            digest.update(_bytes(value))


def _attribute(thing: Any, name: str) -> Any:
    """An attribute as an array; numbers and texts of a length by the low-level calls."""
    found = h5py.h5a.open(thing.id, name.encode())
    kind = found.dtype
    if kind.kind not in "biufS" or found.shape is None:
        return np.asarray(thing.attrs[name])
    value: Any = np.empty(found.shape, kind)
    found.read(value)
    return value


def _text(dtype: Any, shape: tuple[int, ...]) -> str:
    return f"{'str' if dtype.kind in 'OSU' else dtype.str}{shape}"


def _bytes(value: Any) -> bytes:
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        words = [w if isinstance(w, bytes) else str(w).encode() for w in array.ravel()]
        return b"\0".join(words)
    return array.tobytes()


def _entry(entry: Any, *, run: Run, result: CaseResult) -> None:
    drawn = curves(result)
    nexus.describe(entry, default=_default(result, drawn))
    nexus.word(entry, "title", f"{result.case.kernel} {result.case.geometry}")
    nexus.word(entry, "start_time", iso(result.started))
    nexus.word(entry, "end_time", iso(result.ended))
    nexus.word(entry, "outcome", str(result.outcome))
    nexus.word(entry, "reason", result.reason)
    nexus.notes(entry, "notes", list(result.notes))
    shared: nxdata.Shared = {}
    points = {name for curve in drawn.values() for name in curve.names}
    for name, value in result.metrics.items():
        if name not in points:
            nxdata.metric(entry, name, value, result, shared)
    for name, curve in drawn.items():
        nxdata.curve(entry, name, curve, result)
    times.write(entry, result)
    _told(entry, result)
    _splits(entry, result.splits)
    timeline.write(entry, result.timeline)
    energy.write(entry, result.energy)
    _inputs(entry, result)
    times.work(entry, result.work)
    _verification(entry, result.check, result.wrong)
    _timing(entry, result)
    _placement(entry, result)
    expected.write(entry, result)
    nexus.notes(entry, "environment", run.environment)
    hosts.write(entry, result.hosts, run.environment.get("hardware", {}))
    _provenance(entry, run, result.program)


def _default(result: CaseResult, drawn: dict[str, Curve]) -> str:
    """What a viewer shows at once: the curve of the primary metric, or itself."""
    curve = next((name for name, one in drawn.items() if result.primary in one.names), "")
    return curve or result.primary or "inputs"


def _told(entry: Any, result: CaseResult) -> None:
    """What the kernel told while it was timed."""
    for group_name, numbers, unit, last in (
        ("parts", result.parts, "s", "rank"),
        ("series", result.series, "1", "step"),
    ):
        if numbers:
            axes = ["launch", "repetition", last]
            group = nexus.group(entry, group_name, "NXcollection", axes=axes)
            for name, nested in numbers.items():
                values = nexus.padded(nested)
                if last == "rank":
                    times.by_rank(group, name, values, unit, result, long_name=name)
                else:
                    nexus.array(group, name, values, unit, long_name=name)


def _splits(entry: Any, splits: Mapping[str, Splits]) -> None:
    """Every one of every rank: pairs of nodes cannot be told from quantiles."""
    if not splits:
        return
    axes = ["launch", "repetition", "rank", "step"]
    group = nexus.group(entry, "splits", "NXcollection", axes=axes)
    for name, nested in splits.items():
        nexus.array(group, name, nexus.padded_steps(nested), "s", long_name=name)


def _inputs(entry: Any, result: CaseResult) -> None:
    case = result.case
    group = nexus.group(entry, "inputs", "NXparameters", kernel=case.kernel, version=case.version)
    for one in parameters(type(case.instance())):
        origin = "fitted" if one.name in case.fitted else "given"
        nexus.scalar(
            group, one.name, case.parameters[one.name], one.unit, help=one.help, kind=origin
        )
    for name in ("nodes", "ranks", "threads"):
        nexus.scalar(group, name, getattr(case.geometry, name), "1")
    nexus.scalar(group, "launches", case.launches, "1")
    nexus.scalar(
        group, "repetitions", case.repetitions or 0, "1", help="0: until the median is known"
    )
    nexus.scalar(group, "budget", case.budget_s, "s")
    if case.scaling:
        nexus.notes(group, "scaling", [asdict(one) for one in case.scaling])


def _verification(entry: Any, check: Check | None, wrong: Sequence[Evidence]) -> None:
    group = nexus.group(entry, "verification", "NXcollection")
    nexus.word(group, "what", check.what if check else "not reached")
    group["passed"] = bool(check and check.passed)
    if check:
        nexus.scalar(group, "error", check.error, "1")
        nexus.scalar(group, "tolerance", check.tolerance, "1")
    if wrong:
        nexus.notes(group, "wrong", [asdict(one) for one in wrong])


def _timing(entry: Any, result: CaseResult) -> None:
    group = nexus.group(entry, "timing", "NXcollection", clock="perf_counter")
    for name in ("compile_s", "setup_s", "verify_s"):
        nexus.array(group, name.removesuffix("_s"), getattr(result.times, name), "s", axes="launch")
    nexus.notes(group, "stopped", list(result.stopped))


def _placement(entry: Any, result: CaseResult) -> None:
    group = nexus.group(entry, "placement", "NXcollection")
    _ranks(group, result)
    nexus.array(group, "peak_memory", result.peak_memory_B, "B", axes=["launch", "rank"])
    settings = list(result.mpi_settings)
    alike = all(one == settings[0] for one in settings)
    nexus.notes(group, "mpi_settings", settings[:1] if alike else settings)


def _ranks(group: Any, result: CaseResult) -> None:
    """A row a launch and rank: fifteen datasets of their own would cost 5 kB more."""
    rows = [(i, place) for i, launch in enumerate(result.places) for place in launch]
    columns: dict[str, list[Any]] = {"launch": [i for i, _ in rows]}
    for name in ("rank", "pid", "threads", "blas_threads", "host", "node", "blas", "mpi"):
        columns[name] = [getattr(one, name) for _, one in rows]
    for name in ("cpus", "numa"):
        columns[name] = [",".join(map(str, getattr(one, name))) for _, one in rows]
    for name in ("cpu_quota", "memory_limit_B"):
        limits = [getattr(one, name) for _, one in rows]
        columns[name.removesuffix("_B")] = [math.inf if x is None else float(x) for x in limits]
    units = ["B" if name == "memory_limit" else "1" for name in columns]
    nexus.table(group, "ranks", columns, units=units)


def _provenance(entry: Any, run: Run, program: ProgramRecord | None) -> None:
    group = nexus.group(entry, "provenance", "NXprocess", program="qyran", version=version("qyran"))
    nexus.word(group, "command", json.dumps(list(run.command)))
    nexus.word(group, "run", run.id)
    nexus.word(group, "suite", run.suite)
    nexus.word(group, "cluster", run.cluster)
    if program is not None:
        _program(group, program)


def _program(provenance: Any, program: ProgramRecord) -> None:
    """The file that measured, what it was given, and what it wrote, launch by launch."""
    group = nexus.group(provenance, "program", "NXcollection")
    for name in ("binary", "sha256", "mpi", "mpirun"):
        nexus.word(group, name, getattr(program, name))
    nexus.notes(group, "libraries", program.libraries)
    nexus.notes(group, "arguments", list(program.arguments))
    nexus.notes(group, "facts", list(program.facts))
    inputs = nexus.group(group, "inputs", "NXcollection")
    for name, text in program.inputs.items():
        nexus.word(inputs, name, text)
    printed = [text or "" for text in program.printed]
    nexus.texts(group, "output", printed)
    nexus.describe(group["output"], axes="launch", file=program.output)


def iso(seconds: float) -> str:
    """A time since 1970 in UTC, as NeXus wants it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
