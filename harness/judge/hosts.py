"""What the hosts of a case say that one should know beside its numbers: notes, not verdicts.

Which host is not like the others, and what disturbed the repetitions: throttling, CPU time that the
hypervisor gave to others, processes of others, a reboot between two launches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from harness.machine.difference import Difference, of_facts
from harness.measure.hosts import RANKS_BUSY, Hosts

# Below it the counters of the kernel, hundredths of a second, say nothing.
_LEAST_S: Final = 1.0
_LEAST_STOLEN: Final = 0.02
_LEAST_FOREIGN: Final = 0.25
"""CPUs, in the mean over the case; daemons of a quiet node take less."""
_NAMED: Final = 3
_LONGEST: Final = 60


def notes(launches: Sequence[Hosts]) -> tuple[str, ...]:
    """One line for each kind of host that differs, and for each disturbance, in any launch."""
    found = [
        *(note for one in launches for note in _deviations(one)),
        *_disturbances(launches),
        *_memory_errors(launches),
        *_reboots(launches),
    ]
    return tuple(dict.fromkeys(found))


def _deviations(hosts: Hosts) -> Iterator[str]:
    """``node07 differs from 15 others: governor powersave instead of performance``."""
    if len(hosts.kinds) < 2:
        return
    usual, *others = hosts.kinds
    for kind in others:
        names = [hosts.names[i] for i in kind.hosts]
        verb = "differs" if len(names) == 1 else "differ"
        found = sorted(of_facts(usual.facts, kind.facts), key=lambda one: (one.group, one.rank))
        if found:
            what = ", ".join(_words(one) for one in found[:_NAMED])
            more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            others_ = f"{len(usual.hosts)} {'other' if len(usual.hosts) == 1 else 'others'}"
            yield f"{_listed(names)} {verb} from {others_}: {what}{more}"


def _words(one: Difference) -> str:
    return f"{_label(one.name)} {_short(one.name, one.b)} instead of {_short(one.name, one.a)}"


def _label(name: str) -> str:
    return name.removesuffix("_B").removesuffix("_Hz").replace("_", " ")


def _short(name: str, value: Any) -> str:
    if value is None:
        return "unknown"
    if name.endswith("_B"):
        return f"{value / 2**30:.4g} GiB"
    if name.endswith("_Hz"):
        return f"{value / 1e9:.3g} GHz"
    text = {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more hosts"


def _disturbances(launches: Sequence[Hosts]) -> Iterator[str]:
    """The host that was disturbed most, with how many there are, in one line a cause."""
    for worst, count, said in (
        (*_most(launches, _throttled, 0.5), "{host}: {value:.0f} thermal throttling events"),
        (
            *_most(launches, _stolen, _LEAST_STOLEN),
            "{host}: the hypervisor gave {value:.2f} CPUs of time to others",
        ),
        (
            *_most(launches, _foreign, _LEAST_FOREIGN),
            "{host}: other processes kept {value:.1f} CPUs busy",
        ),
    ):
        if worst is not None:
            more = f" (the most of {count} hosts)" if count > 1 else ""
            yield said.format(host=worst[0], value=worst[1]) + f" during the repetitions{more}"


def _most(
    launches: Sequence[Hosts], question: Any, least: float
) -> tuple[tuple[str, float] | None, int]:
    """The host with the largest value of at least that, and how many hosts have one."""
    found: dict[str, float] = {}
    for hosts in launches:
        for i, name in enumerate(hosts.names):
            value = question(hosts, i)
            if value is not None and value >= least:
                found[name] = max(value, found.get(name, 0.0))
    worst = max(found.items(), key=lambda item: item[1], default=None)
    return worst, len(found)


def _memory_errors(launches: Sequence[Hosts]) -> Iterator[str]:
    """``corrected memory errors on node7: +3, DIMM CPU1_A2 (+3)``, of every host that has any."""
    for which, kind in enumerate(("corrected", "uncorrected")):
        more: Counter[str] = Counter()
        of_dimms: dict[str, Counter[str]] = {}
        for hosts in launches:
            for i, name in enumerate(hosts.names):
                more[name] += int(_change(hosts, f"memory_{kind}", i) or 0)
                of_dimms.setdefault(name, Counter()).update(_grown(hosts, i, which))
        for name in (one for one, count in more.items() if count > 0):
            labels = "".join(f", DIMM {label} (+{n})" for label, n in of_dimms[name].items())
            yield f"{kind} memory errors on {name}: +{more[name]}{labels}"


def _grown(hosts: Hosts, i: int, which: int) -> dict[str, int]:
    """By how much the errors of each DIMM of a host have grown; which : 0 corrected, 1 not."""
    before, after = (
        one.dimms[i] if i < len(one.dimms) else {} for one in (hosts.before, hosts.after)
    )
    grown = {label: one[which] - before.get(label, (0, 0))[which] for label, one in after.items()}
    return {label: count for label, count in grown.items() if count > 0}


def _throttled(hosts: Hosts, i: int) -> float | None:
    return _change(hosts, "throttled", i)


def _stolen(hosts: Hosts, i: int) -> float | None:
    """CPUs that were stolen in the mean."""
    return _rate(hosts, _change(hosts, "stolen_s", i), i)


def _foreign(hosts: Hosts, i: int) -> float | None:
    """CPUs that were busy with something else than the ranks, in the mean."""
    busy, own = _change(hosts, "busy_s", i), _change(hosts, RANKS_BUSY, i)
    return _rate(hosts, busy - own, i) if busy is not None and own is not None else None


def _rate(hosts: Hosts, seconds: float | None, i: int) -> float | None:
    elapsed_s = _change(hosts, "time_s", i)
    if seconds is None or elapsed_s is None or elapsed_s < _LEAST_S:
        return None
    return seconds / elapsed_s


def _change(hosts: Hosts, name: str, i: int) -> float | None:
    """What a counter of a host grew by; None where it is unknown before or after."""
    columns = [one.values.get(name, ()) for one in (hosts.before, hosts.after)]
    pair = [column[i] if i < len(column) else None for column in columns]
    if pair[0] is None or pair[1] is None:
        return None
    return pair[1] - pair[0]


def _reboots(launches: Sequence[Hosts]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for hosts in launches:
        for name, boot_id in zip(hosts.names, hosts.boot_ids, strict=True):
            if boot_id and seen.setdefault(name, boot_id) != boot_id:
                yield f"{name} was rebooted between two launches"
