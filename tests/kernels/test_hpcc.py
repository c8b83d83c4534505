"""hpcc: its sizes, its input, and its report; recorded with Debian's hpcc 1.5.0."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kernels._support import hpl_dat
from kernels.contract import Value
from kernels.external.hpcc.kernel import Hpcc
from kernels.program import UnclearOutput

DATA = Path(__file__).parent / "data"
RECORDED: dict[str, tuple[dict[str, Value], int]] = {
    "hpcc-500-1x1.txt": ({"n": 500, "nb": 64, "p": 1, "q": 1}, 1),
    "hpcc-500-1x2.txt": ({"n": 500, "nb": 64, "p": 1, "q": 2}, 2),
}


def _without(pattern: str) -> Callable[[str], str]:
    return lambda text: re.sub(rf"^{pattern}.*\n", "", text, flags=re.MULTILINE)


def _with(pattern: str, new: str, count: int = 0) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, new, text, count=count, flags=re.MULTILINE)


CORRUPTIONS: dict[str, Callable[[str], str]] = {
    "no_success": _with("^Success=1", "Success=0"),
    "success_missing": _without("Success="),
    "hpl_failed": _with(r"\.{6} PASSED", "...... FAILED"),
    "hpl_residual_nan": _with(r"(\)\*N\)= +)\S+", r"\g<1>nan"),
    "no_hpl_row": _without("WR11C2R4"),
    "ptrans_failed": _with(r"^(WALL.*) PASSED ", r"\1 FAILED ", 1),
    "ptrans_bypassed": _with(r"^(WALL.*) PASSED ", r"\1 BYPASS ", 1),
    "no_ptrans_rows": _without("WALL"),
    "ptrans_count": _with("5 tests completed and passed", "4 tests completed and passed"),
    "random_access_failed": _with(r"\(passed\)\.", "(failed).", 1),
    "random_access_errors": _with(r"^Found 0 errors in 131072", "Found 9999 errors in 131072", 1),
    "random_access_silent": _without("Found 0 errors in"),
    "stream_failed": _with("^Solution Validates", "Failed Validation on array a[]"),
    "stream_silent": _without("Solution Validates"),
    "dgemm_residual": _with("^Scaled residual: .*$", "Scaled residual: 1e+20"),
    "dgemm_nan": _with("^Scaled residual: .*$", "Scaled residual: nan"),
    "fft_error": _with("^MPIFFT_maxErr=.*$", "MPIFFT_maxErr=0.5"),
    "fft_nan": _with("^MPIFFT_maxErr=.*$", "MPIFFT_maxErr=nan"),
    "node_with_error": _with(r"^Node\(s\) with error 0", "Node(s) with error 1", 1),
    "no_section": _without("Begin of MPIFFT section"),
    "no_end": _without("End of HPC Challenge tests"),
    "torn_summary": _with("^HPL_Tflops=", "HPL_Tflops "),
    "key_twice": _with("^(HPL_Tflops=.*)$", r"\1\n\1"),
    "other_world": _with("^CommWorldProcs=.*$", "CommWorldProcs=3"),
    "other_dgemm": _with("^DGEMM_N=.*$", "DGEMM_N=1"),
}


def rates(text: str) -> list[tuple[str, str]]:
    """Lines with a rate of the summary, and the rate."""
    keys = (
        "HPL_Tflops|S(?:tar|ingle)DGEMM_Gflops|StarSTREAM_[A-Z][a-z]+|PTRANS_GBs"
        "|MPIRandomAccess_GUPs|MPIFFT_Gflops"
    )
    if "CommWorldProcs=1" not in text:
        keys += "|MaxPingPongLatency_usec|MinPingPongBandwidth_GBytes"
        keys += "|RandomlyOrderedRing(?:Latency_usec|Bandwidth_GBytes)"
    found = re.finditer(rf"^(?:{keys})=(.*)$", text, re.MULTILINE)
    return [(f"\n{one[0]}\n", f"={one[1]}") for one in found]


def test_the_rates_are_the_printed_ones_times_the_ranks_for_star_tests() -> None:
    case = Hpcc(n=500, nb=64, p=1, q=2)
    found = case.parse((DATA / "hpcc-500-1x2.txt").read_text(), 2)
    expected = {
        "hpl": 0.00028438e12,
        "star_dgemm": 2 * 1.6175e9,
        "single_dgemm": 4.98982e9,
        "star_copy": 2 * 90.7015e9,
        "star_scale": 2 * 57.2876e9,
        "star_add": 2 * 43.4134e9,
        "star_triad": 2 * 66.7903e9,
        "ptrans": 0.0286664e9,
        "random_access": 0.00576854e9,
        "fft": 4.08584e9,
        "pingpong": 0.360806e-6,
        "pingpong_2MB": 9.90592e9,
        "ring": 0.282698e-6,
        "ring_2MB": 13.0848e9,
    }
    value = {
        phase.name: phase.metric.value(phase.work(2), found.seconds[phase.name])
        for phase in case.phases()
    }
    assert value == pytest.approx(expected, rel=1e-12)
    assert (found.check.what, found.check.error) == ("scaled residual", 0.0082516)
    assert found.facts["VersionMinor"] == 5
    assert found.facts["SingleSTREAM_Triad"] == 66.7903
    assert found.facts["LANG"] == "C"


def test_one_rank_has_no_messages_to_time() -> None:
    names = [phase.name for phase in Hpcc(n=500, p=1, q=1).phases()]
    assert not any("ping" in name or "ring" in name for name in names)


def test_the_check_names_the_verdict_that_failed() -> None:
    text = (DATA / "hpcc-500-1x2.txt").read_text()
    case = Hpcc(n=500, nb=64, p=1, q=2)
    bad = CORRUPTIONS["ptrans_failed"](text)
    assert case.parse(bad, 2).check.what == "PTRANS: rows that are not PASSED"
    bad = CORRUPTIONS["random_access_errors"](text)
    check = case.parse(bad, 2).check
    assert (check.what, check.tolerance) == ("MPIRandomAccess: fraction of wrong words", 0.01)


def test_on_another_world_it_says_how_many_ranks_there_were() -> None:
    """What an mpirun of another MPI leaves: every rank a world of its own."""
    text = (DATA / "hpcc-500-1x2.txt").read_text()
    with pytest.raises(UnclearOutput, match="CommWorldProcs = 2, found 1"):
        Hpcc(n=500, nb=64, p=1, q=2).parse(text.replace("Procs=2", "Procs=1"), 2)


def test_its_input_is_an_hpl_dat_with_no_more_sizes_for_ptrans() -> None:
    (text,) = Hpcc(n=640, nb=32, p=2, q=2, depth=0, bcast="2rg").files(4).values()
    lines = text.splitlines()
    assert len(lines) == 36
    assert [line.split()[0] for line in lines[32:]] == ["0", "0", "0", "0"]
    (only,) = hpl_dat.read("\n".join(lines[:31]) + "\n").combinations()
    assert (only["n"], only["nb"], only["depth"], only["bcast"]) == (640, 32, 0, "2rg")


def test_sizes_follow_from_the_matrix() -> None:
    """Those of a recorded run on two ranks."""
    case = Hpcc(n=500, nb=64, p=1, q=2)
    assert (case.product(), case.elements(), case.table(2), case.transform(2)) == (
        203,
        41666,
        131072,
        16384,
    )
