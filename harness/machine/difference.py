"""What differs between two recorded environments, and what that means for performance if known.

Facts that change on their own (clock, free memory, counters since boot) are compared only as far as
they disturb a measurement; those that name a batch job are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from harness.machine import meaning

Group = Literal["hardware", "firmware and kernel", "settings", "software", "variables", "state"]

GROUPS: Final[tuple[Group, ...]] = (
    "hardware",
    "firmware and kernel",
    "settings",
    "software",
    "variables",
    "state",
)
# Facts of `NodeFacts` in the order in which they matter; those that are not named come last.
_HARDWARE: Final = (
    "cpu_model", "sockets", "cores_physical", "threads", "numa_nodes", "memory_B",
    "memory_present_B", "gpus", "interconnects", "caches", "llc_B", "simd", "vector_bits", "fma",
    "microarchitecture", "cpu_vendor", "cpu_family", "cpu_model_number", "cpu_stepping",
    "frequency_max_Hz", "frequency_min_Hz", "features", "architecture", "product", "virtualised",
    "hypervisor", "hostname",
)  # fmt: skip
_SYSTEM: Final = ("microcode", "firmware", "kernel", "gpu_driver", "mitigations", "kernel_command")
_SETTINGS: Final = (
    "governor", "boost", "smt", "cpu_quota", "memory_limit_B", "transparent_huge_pages",
    "clocksource", "cores_usable", "threads_usable", "swap_B",
)  # fmt: skip
_ORDERS: Final[tuple[tuple[Group, tuple[str, ...]], ...]] = (
    ("hardware", _HARDWARE),
    ("firmware and kernel", _SYSTEM),
    ("settings", _SETTINGS),
)
_PLACED: Final = {name: (group, i) for group, names in _ORDERS for i, name in enumerate(names)}
_NOT_COMPARED: Final = frozenset({"memory_available_B", "unknown"})
# The kernel keeps some MiB more or less for itself from boot to boot.
_MEMORY: Final = frozenset({"memory_B", "memory_present_B", "swap_B"})
_SAME_MEMORY: Final = 0.005
_PACKAGES: Final = ("numba", "llvmlite", "numpy", "scipy", "mpi4py", "python")
# They name one batch job: another one has others, and nothing follows from that.
_OF_A_JOB: Final = frozenset({
    "SLURM_JOB_ID", "SLURM_JOB_NODELIST", "SLURM_NODELIST", "SLURM_NODEID", "SLURMD_NODENAME",
    "PBS_JOBID", "PBS_NODEFILE", "LSB_JOBID", "FLUX_JOB_ID", "OAR_JOB_ID",
})  # fmt: skip
# State is weather; below these differences it is not worth a line.
_WEATHER: Final = {"load_1min": 0.5, "temperature_C": 10.0}
_LESS_MEMORY: Final = 0.1
_LATE: Final = 10_000
_NOT_RECORDED: Final = "not recorded"


@dataclass(frozen=True)
class Difference:
    """One fact that is not the same.

    name : as it is recorded, such as ``governor``; a, b : its values as recorded, None where it is
    unknown, and why in ``a_unknown`` and ``b_unknown``; meaning : what may follow for performance,
    "" where nothing is known; rank : its place in the group, the most relevant first.
    """

    group: Group
    name: str
    a: Any
    b: Any
    meaning: str = ""
    rank: int = _LATE
    a_unknown: str = ""
    b_unknown: str = ""


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What differs between two environments, as `environment()` makes them.

    In the order of `GROUPS`, inside of which the most relevant for performance come first. A fact
    that neither environment knows is the same; one that a record is too old to hold is unknown.
    """
    found = [
        *of_facts(_part(a, "hardware"), _part(b, "hardware")),
        *_software(_part(a, "software"), _part(b, "software")),
        *_variables(_part(a, "variables"), _part(b, "variables")),
        *_state(_part(a, "state"), _part(b, "state")),
        *_container(a, b),
    ]
    return tuple(sorted(found, key=lambda one: (GROUPS.index(one.group), one.rank, one.name)))


def compared(a: Mapping[str, Any], b: Mapping[str, Any]) -> int:
    """How many facts two environments have been compared by."""
    parts = ("hardware", "variables")
    names = [set(_part(a, part)) | set(_part(b, part)) for part in parts]
    versions = [_part(_part(one, "software"), "versions") for one in (a, b)]
    counted = set().union(*names) - _NOT_COMPARED - _OF_A_JOB
    return len(counted) + len(set(versions[0]) | set(versions[1])) + len(_LIBRARIES) + 4


def of_facts(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    """What differs between the facts of two nodes (`machine.node.NodeFacts`), in no order."""
    for name in dict.fromkeys([*a, *b]):
        if name in _NOT_COMPARED or _same(name, a.get(name), b.get(name)):
            continue
        group, rank = _PLACED.get(name, (GROUPS[0], _LATE))
        yield _difference(group, name, rank, a, b)


def shared(environment: Mapping[str, Any]) -> dict[str, Any]:
    """The facts in which equal nodes agree: hardware, kernel, settings, software; by name."""
    facts = _part(environment, "hardware")
    soft = _part(environment, "software")
    mine = _NOT_COMPARED | {"hostname", "cores_usable", "threads_usable"}
    return {
        **{name: one for name, one in facts.items() if name not in mine},
        **{name: question(soft) for name, question in _LIBRARIES},
        **_part(soft, "versions"),
        "container": environment.get("container"),
    }


def place(name: str) -> tuple[Group, int]:
    """The group of a fact that is `shared`, and how early it stands there."""
    names = [one for one, _ in _LIBRARIES] + list(_PACKAGES)
    if name in names:
        return "software", names.index(name)
    if name == "container":
        return "settings", len(_SETTINGS)
    return _PLACED.get(name, ("software", _LATE))


def same(name: str, a: Any, b: Any) -> bool:
    """Whether two values of a fact mean the same: memory may differ by 0.5 %."""
    return _same(name, a, b)


def _same(name: str, a: Any, b: Any) -> bool:
    if a == b:
        return True
    if name not in _MEMORY or not a or not b:
        return False
    return bool(abs(a - b) <= _SAME_MEMORY * max(a, b))


def _difference(
    group: Group, name: str, rank: int, a: Mapping[str, Any], b: Mapping[str, Any]
) -> Difference:
    mine, theirs = a.get(name), b.get(name)
    whys = ["" if one.get(name) is not None else _why(one, name) for one in (a, b)]
    means = "" if _NOT_RECORDED in whys else meaning.of(name, mine, theirs)
    return Difference(group, name, mine, theirs, means, rank, *whys)


def _why(facts: Mapping[str, Any], name: str) -> str:
    said = _part(facts, "unknown").get(name)
    if said:
        return str(said)
    return "none" if name in facts else _NOT_RECORDED


_LIBRARIES: Final[tuple[tuple[str, Callable[[Mapping[str, Any]], Any]], ...]] = (
    ("blas", lambda soft: soft.get("blas_build")),
    ("llvm", lambda soft: soft.get("llvm")),
    ("mpi", lambda soft: _named(soft.get("mpi"))),
    ("mpirun", lambda soft: _named(soft.get("mpirun"))),
    ("commit", lambda soft: _commit(soft.get("git"))),
)


def _named(library: Mapping[str, Any] | None) -> str | None:
    return f"{library['flavour']} {library['version'] or ''}".strip() if library else None


def _commit(git: Mapping[str, Any] | None) -> str | None:
    if not git:
        return None
    return f"{git['commit'][:12]}{' with changes' if git.get('dirty') else ''}"


def _software(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    whys = {"blas": "blas_build", "commit": "git"}
    for rank, (name, question) in enumerate(_LIBRARIES):
        why = whys.get(name, name)
        reasons = [{name: _part(one, "unknown").get(why, _NOT_RECORDED)} for one in (a, b)]
        pair = [
            {name: question(one), "unknown": said}
            for one, said in zip((a, b), reasons, strict=True)
        ]
        if pair[0][name] != pair[1][name]:
            yield _difference("software", name, rank, *pair)
    yield from _versions(_part(a, "versions"), _part(b, "versions"))


def _versions(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys([*a, *b]):
        if a.get(name) != b.get(name):
            known = name in _PACKAGES
            rank = len(_LIBRARIES) + _PACKAGES.index(name) if known else _LATE
            yield _difference("software", name, rank, a, b)


def _variables(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted({*a, *b} - _OF_A_JOB):
        if a.get(name) != b.get(name):
            whys = ["" if name in one else "not set" for one in (a, b)]
            means = meaning.of_variable(name)
            yield Difference("variables", name, a.get(name), b.get(name), means, _LATE, *whys)


def _container(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    if a.get("container") != b.get("container"):
        yield _difference("settings", "container", len(_SETTINGS), a, b)


def _state(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    """The weather before the run, where it was another one; and whether the node was rebooted."""
    for rank, (name, least) in enumerate(_WEATHER.items()):
        mine, theirs = a.get(name), b.get(name)
        if mine is not None and theirs is not None and abs(mine - theirs) >= least:
            yield _difference("state", name, rank, a, b)
    free = "memory_available_B"
    mine, theirs = a.get(free), b.get(free)
    if mine and theirs and abs(mine - theirs) > _LESS_MEMORY * max(mine, theirs):
        yield _difference("state", free, len(_WEATHER), a, b)
    if a.get("boot_id") != b.get("boot_id"):
        yield _difference("state", "boot_id", len(_WEATHER) + 1, a, b)


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}
