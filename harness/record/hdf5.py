"""One case as an HDF5 file: built in memory, NeXus-style, so that common viewers plot it at once.

    /                    NXroot   default=entry, schema, creator, versions, content_sha256
    /index_record        one JSON scalar: everything an index or `qyran show` needs
    /entry               NXentry  default=<primary metric>, title, times, outcome, reason
    /entry/<metric>      NXdata   signal=value, axes=sample; raw samples [launch,repetition,rank]
    /entry/parts         where each rank spent a repetition, s [launch,repetition,rank]
    /entry/series        numbers a kernel told on its way [launch,repetition,step]
    /entry/inputs        every parameter, geometry and rule, with unit and origin
    /entry/work          what one call of each phase does, over all ranks
    /entry/verification  what was checked, error, tolerance, passed
    /entry/timing        compile, set-up and verification, s, one entry a launch
    /entry/placement     host, CPUs, NUMA nodes, threads, BLAS and MPI of each rank, as read by it
    /entry/environment   hardware, software and machine fingerprint, as JSON notes
    /entry/references    the reference values the case was judged by
    /entry/provenance    command line, run, program version; somebody else's program with its output

libver v110: metadata checksums, readable by every HDF5 from 1.10 on. See docs/results.md.
"""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

import h5py
import numpy as np

from harness.errors import CorruptStore
from harness.record.result import CaseResult, Nested, ProgramRecord, Run, Value
from kernels.contract import Check, Work, parameters

SCHEMA: Final = "qyran.case/1"
_UNIT: Final = dict.fromkeys(("flop/s", "point/s", "item/s", "update/s"), "s-1")
_HASH: Final = "content_sha256"
# Behind what the HDF5 library reads: a hash over all bytes before it. The library can loop without
# end over a damaged heap (2.0.0), so that a file as it was written is checked before it is opened.
_SEAL: Final = b"\nqyran sha256 "


def encoded(run: Run, result: CaseResult, document: dict[str, Any]) -> bytes:
    """The bytes of the file. ``document`` is the case as `--json` shows it."""
    with h5py.File.in_memory(libver=("v110", "v110")) as file:
        _root(file, run, result, document)
        file.attrs[_HASH] = content_hash(file)
        file.flush()
        return _sealed(bytes(file.id.get_file_image()))


def index_record(content: bytes, name: str) -> dict[str, Any]:
    """The index record of a file; CorruptStore if the file is not what was written.

    A file without a seal was written by an HDF5 tool since; its content hash still holds.
    """
    body = content[: -len(_SEAL) - hashlib.sha256().digest_size]
    if content[len(body) :].startswith(_SEAL) and _sealed(body) != content:
        raise CorruptStore(name, "its bytes are not those that were written: it is damaged")
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            if file.attrs[_HASH] != content_hash(file):
                raise CorruptStore(name, "its content hash does not fit: it was changed or damaged")
            record = json.loads(file["index_record"][()])
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise CorruptStore(name, f"is no result file of qyran: {error}") from error
    if not isinstance(record, dict):
        raise CorruptStore(name, "its index record is no mapping")
    return record


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
            value = np.asarray(thing.attrs[key])
            digest.update(f"\n{name}@{key}{_text(value.dtype, value.shape)}".encode())
            digest.update(_bytes(value))


def _text(dtype: Any, shape: tuple[int, ...]) -> str:
    return f"{'str' if dtype.kind in 'OSU' else dtype.str}{shape}"


def _bytes(value: Any) -> bytes:
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        words = [w if isinstance(w, bytes) else str(w).encode() for w in array.ravel()]
        return b"\0".join(words)
    return array.tobytes()


def _root(file: h5py.File, run: Run, result: CaseResult, document: dict[str, Any]) -> None:
    file.attrs.update(
        NX_class="NXroot",
        default="entry",
        schema=SCHEMA,
        creator="qyran",
        creator_version=version("qyran"),
        HDF5_Version=h5py.version.hdf5_version,
        h5py_version=h5py.version.version,
        file_time=_iso(result.ended),
        run=run.id,
        case=result.case.id,
    )
    file["index_record"] = json.dumps(document)
    entry = _group(file, "entry", "NXentry", default=result.primary or "inputs")
    entry["title"] = f"{result.case.kernel} {result.case.geometry}"
    entry["start_time"] = _iso(result.started)
    entry["end_time"] = _iso(result.ended)
    entry["outcome"] = str(result.outcome)
    entry["reason"] = result.reason
    _notes(entry, "notes", list(result.notes))
    for name, value in result.metrics.items():
        _metric(entry, name, value, result)
    _raw(entry, result)
    _told(entry, result)
    _inputs(entry, result)
    _work(entry, result.work)
    _verification(entry, result.check)
    _timing(entry, result)
    _placement(entry, result)
    _references(entry, result)
    _environment(entry, run)
    _provenance(entry, run, result.program)


def _group(parent: Any, name: str, nx_class: str, **attributes: Any) -> Any:
    group = parent.create_group(name)
    group.attrs.update(NX_class=nx_class, **attributes)
    return group


def _array(group: Any, name: str, values: Any, unit: str, **attributes: Any) -> None:
    """A numeric dataset with its unit; checksummed where it is long enough to be chunked."""
    array = np.asarray(values)
    options = {"fletcher32": True, "chunks": True} if array.size else {}
    data = group.create_dataset(name, data=array, track_times=False, **options)
    data.attrs.update(units=unit, **attributes)


def _scalar(group: Any, name: str, value: Any, unit: str, **attributes: Any) -> None:
    group[name] = value
    group[name].attrs.update(units=unit, **attributes)


def _notes(group: Any, name: str, value: Any) -> None:
    note = _group(group, name, "NXnote", type="application/json")
    note["data"] = json.dumps(value)


def _metric(entry: Any, name: str, value: Value, result: CaseResult) -> None:
    samples, work = result.samples[value.phase], result.work[value.phase]
    own_clock = result.program is not None
    metric = value.metric
    unit = _UNIT.get(metric.unit, metric.unit)
    group = _group(entry, name, "NXdata", signal="value", axes="sample", phase=value.phase)
    group.attrs.update(
        units=unit,
        quantity=metric.unit,
        kind="cost" if metric.amount == "seconds" else "rate",
        better=metric.better,
        sync="program" if own_clock else "barrier",
        rank_reduce="program" if own_clock else "max",
        median=value.value,
        low=value.low,
        high=value.high,
        level=value.level,
        n=value.n,
        method="order statistics of all repetitions",
        bound=np.nan if value.bound is None else value.bound,
        bound_source=value.bound_source,
    )
    flat = [seconds for launch in samples.slowest for seconds in launch]
    rates = [metric.value(work, seconds) for seconds in flat]
    _array(group, "value", rates, unit, long_name=f"{name} ({metric.unit})")
    _array(group, "sample", np.arange(len(flat)), "1", long_name="sample")
    launches = [i for i, launch in enumerate(samples.slowest) for _ in launch]
    _array(group, "launch", launches, "1")


def _raw(entry: Any, result: CaseResult) -> None:
    """Times as the ranks measured them, kept for a failed case too."""
    raw = _group(entry, "samples", "NXcollection")
    for phase, samples in result.samples.items():
        group = _group(raw, phase, "NXcollection", axes=["launch", "repetition", "rank"])
        _array(group, "seconds", padded(samples.seconds), "s", long_name=f"time of {phase}")
        if samples.warm_up:
            _array(group, "warm_up", samples.warm_up, "s", axes=["launch", "rank"])


def padded(numbers: Nested) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Nested numbers as an array [launch, repetition, ...]; NaN where there are fewer."""
    most = max((len(one) for launch in numbers for one in launch), default=0)
    longest = max((len(launch) for launch in numbers), default=0)
    array = np.full((len(numbers), longest, most), np.nan)
    for i, launch in enumerate(numbers):
        for j, one in enumerate(launch):
            array[i, j, : len(one)] = one
    return array


def _told(entry: Any, result: CaseResult) -> None:
    """What the kernel told while it was timed."""
    for group_name, numbers, unit, last in (
        ("parts", result.parts, "s", "rank"),
        ("series", result.series, "1", "step"),
    ):
        if numbers:
            axes = ["launch", "repetition", last]
            group = _group(entry, group_name, "NXcollection", axes=axes)
            for name, nested in numbers.items():
                _array(group, name, padded(nested), unit, long_name=name)


def _inputs(entry: Any, result: CaseResult) -> None:
    case = result.case
    group = _group(entry, "inputs", "NXparameters", kernel=case.kernel, version=case.version)
    for one in parameters(type(case.instance())):
        origin = "fitted" if one.name in case.fitted else "given"
        _scalar(group, one.name, case.parameters[one.name], one.unit, help=one.help, kind=origin)
    for name in ("nodes", "ranks", "threads"):
        _scalar(group, name, getattr(case.geometry, name), "1")
    _scalar(group, "launches", case.launches, "1")
    _scalar(group, "repetitions", case.repetitions or 0, "1", help="0: until the median is known")
    _scalar(group, "budget", case.budget_s, "s")


def _work(entry: Any, work: dict[str, Work]) -> None:
    group = _group(entry, "work", "NXcollection", help="one call, all ranks")
    for phase, one in work.items():
        inner = _group(group, phase, "NXcollection")
        for name, unit in _WORK_UNITS.items():
            _scalar(inner, name, getattr(one, name), unit)


_WORK_UNITS: Final = {
    "flop": "1",
    "bytes_read": "B",
    "bytes_written": "B",
    "bytes_hidden": "B",
    "messages": "1",
    "items": "1",
}


def _verification(entry: Any, check: Check | None) -> None:
    group = _group(entry, "verification", "NXcollection")
    group["what"] = check.what if check else "not reached"
    group["passed"] = bool(check and check.passed)
    if check:
        _scalar(group, "error", check.error, "1")
        _scalar(group, "tolerance", check.tolerance, "1")


def _timing(entry: Any, result: CaseResult) -> None:
    group = _group(entry, "timing", "NXcollection", clock="perf_counter")
    for name in ("compile_s", "setup_s", "verify_s"):
        _array(group, name.removesuffix("_s"), getattr(result.times, name), "s", axes="launch")
    _notes(group, "stopped", list(result.stopped))


def _placement(entry: Any, result: CaseResult) -> None:
    group = _group(entry, "placement", "NXcollection")
    places = [place for launch in result.places for place in launch]
    launches = [i for i, launch in enumerate(result.places) for _ in launch]
    _array(group, "launch", launches, "1")
    for name in ("rank", "pid", "threads", "blas_threads"):
        _array(group, name, [getattr(one, name) for one in places], "1")
    text = h5py.string_dtype()
    for name in ("host", "blas", "mpi"):
        group.create_dataset(name, data=[getattr(one, name) for one in places], dtype=text)
    for name in ("cpus", "numa"):
        words = [",".join(map(str, getattr(one, name))) for one in places]
        group.create_dataset(name, data=words, dtype=text)
    _array(group, "peak_memory", result.peak_memory_B, "B", axes=["launch", "rank"])
    _notes(group, "mpi_settings", list(result.mpi_settings))


def _references(entry: Any, result: CaseResult) -> None:
    group = _group(entry, "references", "NXcollection")
    for name, one in result.case.references.items():
        inner = _group(group, name, "NXcollection", source=one.source)
        unit = result.metrics[name].metric.unit if name in result.metrics else ""
        _scalar(inner, "value", one.value, _UNIT.get(unit, unit))
        _scalar(inner, "tolerance", one.tolerance, "1")


def _environment(entry: Any, run: Run) -> None:
    group = _group(entry, "environment", "NXcollection")
    for name, facts in run.environment.items():
        _notes(group, name, facts)


def _provenance(entry: Any, run: Run, program: ProgramRecord | None) -> None:
    group = _group(entry, "provenance", "NXprocess", program="qyran", version=version("qyran"))
    group["command"] = json.dumps(list(run.command))
    group["run"] = run.id
    group["suite"] = run.suite
    group["cluster"] = run.cluster
    if program is not None:
        _program(group, program)


def _program(provenance: Any, program: ProgramRecord) -> None:
    """The file that measured, what it was given, and what it wrote, launch by launch."""
    group = _group(provenance, "program", "NXcollection")
    for name in ("binary", "sha256", "mpi", "mpirun"):
        group[name] = getattr(program, name)
    _notes(group, "libraries", program.libraries)
    _notes(group, "arguments", list(program.arguments))
    _notes(group, "facts", list(program.facts))
    inputs = _group(group, "inputs", "NXcollection")
    for name, text in program.inputs.items():
        inputs[name] = text
    printed = [text or "" for text in program.printed]
    group.create_dataset("output", data=printed, dtype=h5py.string_dtype())
    group["output"].attrs.update(axes="launch", file=program.output)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
