"""One case as an HDF5 file: built in memory, NeXus-style, so that common viewers plot it at once.

    /                    NXroot   default=entry, schema, creator, versions, content_sha256
    /index_record        one JSON scalar: everything an index or `qyran show` needs
    /entry               NXentry  default=<primary metric>, title, times, outcome, reason
    /entry/<metric>      NXdata   signal=value, axes=sample; raw samples [launch,repetition,rank]
    /entry/<curve>       NXdata   signal=value, axes=at; metrics over a size, with low and high
    /entry/samples       raw times of phases, s [launch,repetition,rank]; of calls [...,statistic]
    /entry/parts         where each rank spent a repetition, s [launch,repetition,rank]
    /entry/series        numbers a kernel told on its way [launch,repetition,step]
    /entry/inputs        every parameter, geometry and rule, with unit and origin
    /entry/work          what one call of each phase does, over all ranks
    /entry/verification  what was checked, error, tolerance, passed
    /entry/timing        compile, set-up and verification, s, one entry a launch
    /entry/placement     host, CPUs, limits, threads, BLAS and MPI of each rank, as read by it
    /entry/environment   hardware, software and machine fingerprint, as JSON notes
    /entry/references    the reference values the case was judged by
    /entry/provenance    command line, run, program version; somebody else's program with its output

libver v110: metadata checksums, readable by every HDF5 from 1.10 on. See docs/results.md.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any, Final

import h5py
import numpy as np

from harness.errors import CorruptStore
from harness.record import nexus, times, versions
from harness.record.curve import Curve, curves
from harness.record.result import CaseResult, ProgramRecord, Run, Value
from kernels.contract import Check, Metric, parameters

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
    with h5py.File.in_memory(libver=("v110", "v110")) as file:
        file.attrs.update(
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
        file["index_record"] = json.dumps(document)
        entry(nexus.group(file, "entry", "NXentry"))
        file.attrs[_HASH] = content_hash(file)
        file.flush()
        return _sealed(bytes(file.id.get_file_image()))


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
        if file.attrs[_HASH] != content_hash(file):
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
        versions.check(_word(file, b"schema_version"), name, _word(file, b"creator_version"))
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


def _entry(entry: Any, *, run: Run, result: CaseResult) -> None:
    drawn = curves(result)
    entry.attrs["default"] = _default(result, drawn)
    entry["title"] = f"{result.case.kernel} {result.case.geometry}"
    entry["start_time"] = iso(result.started)
    entry["end_time"] = iso(result.ended)
    entry["outcome"] = str(result.outcome)
    entry["reason"] = result.reason
    nexus.notes(entry, "notes", list(result.notes))
    points = {name for curve in drawn.values() for name in curve.names}
    for name, value in result.metrics.items():
        if name not in points:
            _metric(entry, name, value, result)
    for name, curve in drawn.items():
        _curve(entry, name, curve, result)
    times.write(entry, result)
    _told(entry, result)
    _inputs(entry, result)
    times.work(entry, result.work)
    _verification(entry, result.check)
    _timing(entry, result)
    _placement(entry, result)
    _references(entry, result)
    _environment(entry, run)
    _provenance(entry, run, result.program)


def _metric(entry: Any, name: str, value: Value, result: CaseResult) -> None:
    samples, work = result.samples[value.phase], result.work[value.phase]
    metric = value.metric
    unit = nexus.unit(metric.unit)
    group = nexus.group(entry, name, "NXdata", signal="value", axes="sample", phase=value.phase)
    group.attrs.update(
        units=unit,
        quantity=metric.unit,
        **_kind(metric, result),
        median=value.value,
        low=value.low,
        high=value.high,
        level=value.level,
        n=value.n,
        bound=np.nan if value.bound is None else value.bound,
        bound_source=value.bound_source,
    )
    flat = [seconds for launch in samples.slowest for seconds in launch]
    rates = [metric.value(work, seconds) for seconds in flat]
    nexus.array(group, "value", rates, unit, long_name=f"{name} ({metric.unit})")
    nexus.array(group, "sample", np.arange(len(flat)), "1", long_name="sample")
    launches = [i for i, launch in enumerate(samples.slowest) for _ in launch]
    nexus.array(group, "launch", launches, "1")


def _kind(metric: Metric, result: CaseResult) -> dict[str, str]:
    own_clock = result.program is not None
    return {
        "kind": "cost" if metric.better == "lower" else "rate",
        "better": metric.better,
        "sync": "program" if own_clock else "barrier",
        "rank_reduce": "program" if own_clock else "max",
        "method": "order statistics of all repetitions",
    }


def _default(result: CaseResult, drawn: dict[str, Curve]) -> str:
    """What a viewer shows at once: the curve of the primary metric, or itself."""
    curve = next((name for name, one in drawn.items() if result.primary in one.names), "")
    return curve or result.primary or "inputs"


def _curve(entry: Any, name: str, curve: Curve, result: CaseResult) -> None:
    """A curve with its interval, and what its calls say."""
    metric, unit = curve.metric, nexus.unit(curve.metric.unit)
    group = nexus.group(entry, name, "NXdata", signal="value", axes="at")
    group.attrs.update(
        auxiliary_signals=["low", "high"],
        quantity=metric.unit,
        **_kind(metric, result),
        SILX_style=_logarithmic(curve),  # NeXus has no word for it; h5web and silx take this one
    )
    nexus.array(group, "at", curve.at, curve.unit, long_name=f"{curve.axis} ({curve.unit})")
    for part in ("value", "low", "high"):
        nexus.array(group, part, getattr(curve, part), unit, long_name=f"{name} ({metric.unit})")
    nexus.array(group, "level", curve.level, "1")
    nexus.array(group, "n", curve.n, "1")
    for part, calls in curve.calls.items():
        known = [np.nan if one is None else one for one in calls]
        nexus.array(group, f"calls_{part}", known, unit, help="each call on its slowest rank")
    group.create_dataset("metric", data=curve.names, dtype=h5py.string_dtype())


def _logarithmic(curve: Curve) -> str:
    """Logarithmic axes, where all values are above zero."""
    scales = ["log" if min(one) > 0.0 else "linear" for one in (curve.at, curve.low)]
    return json.dumps({"axes_scale_type": scales[:1], "signal_scale_type": scales[1]})


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
                nexus.array(group, name, nexus.padded(nested), unit, long_name=name)


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


def _verification(entry: Any, check: Check | None) -> None:
    group = nexus.group(entry, "verification", "NXcollection")
    group["what"] = check.what if check else "not reached"
    group["passed"] = bool(check and check.passed)
    if check:
        nexus.scalar(group, "error", check.error, "1")
        nexus.scalar(group, "tolerance", check.tolerance, "1")


def _timing(entry: Any, result: CaseResult) -> None:
    group = nexus.group(entry, "timing", "NXcollection", clock="perf_counter")
    for name in ("compile_s", "setup_s", "verify_s"):
        nexus.array(group, name.removesuffix("_s"), getattr(result.times, name), "s", axes="launch")
    nexus.notes(group, "stopped", list(result.stopped))


def _placement(entry: Any, result: CaseResult) -> None:
    group = nexus.group(entry, "placement", "NXcollection")
    places = [place for launch in result.places for place in launch]
    launches = [i for i, launch in enumerate(result.places) for _ in launch]
    nexus.array(group, "launch", launches, "1")
    for name in ("rank", "pid", "threads", "blas_threads"):
        nexus.array(group, name, [getattr(one, name) for one in places], "1")
    text = h5py.string_dtype()
    for name in ("host", "node", "blas", "mpi"):
        group.create_dataset(name, data=[getattr(one, name) for one in places], dtype=text)
    for name in ("cpus", "numa"):
        words = [",".join(map(str, getattr(one, name))) for one in places]
        group.create_dataset(name, data=words, dtype=text)
    for name, unit in (("cpu_quota", "1"), ("memory_limit_B", "B")):
        limits = [getattr(one, name) for one in places]
        numbers = [math.inf if one is None else float(one) for one in limits]
        nexus.array(group, name.removesuffix("_B"), numbers, unit)
    nexus.array(group, "peak_memory", result.peak_memory_B, "B", axes=["launch", "rank"])
    nexus.notes(group, "mpi_settings", list(result.mpi_settings))


def _references(entry: Any, result: CaseResult) -> None:
    group = nexus.group(entry, "references", "NXcollection")
    for name, one in result.case.references.items():
        inner = nexus.group(group, name, "NXcollection", source=one.source)
        unit = result.metrics[name].metric.unit if name in result.metrics else ""
        nexus.scalar(inner, "value", one.value, nexus.unit(unit))
        nexus.scalar(inner, "tolerance", one.tolerance, "1")


def _environment(entry: Any, run: Run) -> None:
    group = nexus.group(entry, "environment", "NXcollection")
    for name, facts in run.environment.items():
        nexus.notes(group, name, facts)


def _provenance(entry: Any, run: Run, program: ProgramRecord | None) -> None:
    group = nexus.group(entry, "provenance", "NXprocess", program="qyran", version=version("qyran"))
    group["command"] = json.dumps(list(run.command))
    group["run"] = run.id
    group["suite"] = run.suite
    group["cluster"] = run.cluster
    if program is not None:
        _program(group, program)


def _program(provenance: Any, program: ProgramRecord) -> None:
    """The file that measured, what it was given, and what it wrote, launch by launch."""
    group = nexus.group(provenance, "program", "NXcollection")
    for name in ("binary", "sha256", "mpi", "mpirun"):
        group[name] = getattr(program, name)
    nexus.notes(group, "libraries", program.libraries)
    nexus.notes(group, "arguments", list(program.arguments))
    nexus.notes(group, "facts", list(program.facts))
    inputs = nexus.group(group, "inputs", "NXcollection")
    for name, text in program.inputs.items():
        inputs[name] = text
    printed = [text or "" for text in program.printed]
    group.create_dataset("output", data=printed, dtype=h5py.string_dtype())
    group["output"].attrs.update(axes="launch", file=program.output)


def iso(seconds: float) -> str:
    """A time since 1970 in UTC, as NeXus wants it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
