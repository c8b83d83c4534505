"""Ranks on the nodes of cluster.yaml: two hosts that are namespaces of this machine."""

from __future__ import annotations

import os
import platform
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.machine.mpi import find_mpirun
from tests.endtoend.pair import Site, may_unshare

if TYPE_CHECKING:
    from tests.endtoend.conftest import Qyran

pytestmark = pytest.mark.skipif(
    not may_unshare(), reason="namespaces of host names and mounts need root"
)


@pytest.fixture
def group() -> Iterator[Callable[..., Path]]:
    """Makes a control group, of version 1, that the remote shell can put a host into."""
    made: list[Path] = []

    def make(controller: str, **limits: str) -> Path:
        folder = Path("/sys/fs/cgroup") / controller / f"qyran-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            pytest.skip(f"no control groups of {controller} (version 1) that may be made")
        made.append(folder)
        for name, value in limits.items():
            (folder / f"{controller}.{name}").write_text(value)
        return folder

    yield make
    for folder in made:
        folder.rmdir()


@pytest.fixture
def site(broken: Qyran) -> Site:
    return Site(broken)


def test_from_a_head_node_that_is_none_of_them(site: Site) -> None:
    done = site.run("--sweep", "tag=1,2")
    assert (done.rc, done.outcomes) == (0, ["pass", "pass"]), done.err
    assert {one["nodes"] for one in done.json["cases"]} == {2}


def test_from_one_of_them(site: Site) -> None:
    """This machine is the first host: only the second is reached through the agent."""
    site.define(hosts=f"{platform.node()},n2")
    assert site.run().outcomes == ["pass"]


def test_one_node_of_two(site: Site) -> None:
    done = site.qyran.run("faulty", "--ranks", "1,2", "--repeat", "2")
    assert done.outcomes == ["pass", "pass"], done.err


def test_the_doctor_looks_at_all_of_them(site: Site) -> None:
    done = site.qyran("doctor", "--json", "--results", str(site.qyran.results))
    found = {one["what"]: one for one in done.json["findings"]}
    assert found["launcher"]["found"] == "hostfile: 2 nodes of cluster.yaml: n1, n2"
    assert found["ranks"]["found"].startswith("2 ranks on n1, n2 see each other")


def test_oversubscribed(site: Site) -> None:
    done = site.run("--ranks", "8", "--oversubscribe")
    assert done.outcomes == ["pass"], done.err


def test_a_host_that_cannot_be_reached(site: Site) -> None:
    site.agent.write_text(
        '#!/bin/sh\necho "ssh: connect to host n1 port 22: Connection refused" >&2; exit 255\n'
    )
    site.run().complains(3, "a node cannot be reached", "Connection refused", "ssh NODE true")
    assert site.qyran.files() == []


def test_results_that_are_not_shared(site: Site) -> None:
    site.qyran.results.mkdir()
    site.reach(on_second=f'mount -t tmpfs none "{site.qyran.results}"')
    site.run().complains(3, "is not shared", "not seen from n2", "--results")
    assert list(site.qyran.results.iterdir()) == []


def test_another_version_of_qyran_on_a_node(site: Site, tmp_path: Path) -> None:
    assert site.qyran.tree is not None
    kernels = site.qyran.tree / "kernels"
    other = shutil.copytree(kernels, tmp_path / "kernels")
    (other / "program.py").write_text((other / "program.py").read_text() + "# changed\n")
    site.reach(on_second=f"mount --bind {other} {kernels}")
    site.run().complains(3, "2 different versions of qyran", "on n1", "on n2", "shared folder")


def test_a_node_with_fewer_cores_than_the_plan_needs(
    site: Site, group: Callable[..., Path]
) -> None:
    one = group("cpuset", mems="0", cpus="0")
    site.reach(on_second=f"echo $$ > {one}/cgroup.procs")
    done = site.run("--ranks", "4")
    done.complains(3, "the plan needs 2 cores of a node", "correct 'cores'")


def test_a_node_with_less_memory_than_the_plan_needs(
    site: Site, group: Callable[..., Path]
) -> None:
    small = group("memory", limit_in_bytes=str(400 * 2**20))
    site.reach(on_second=f"echo $$ > {small}/cgroup.procs")
    site.define(node="cores: 2, memory: 16 GiB")
    done = site.run("--set", f"n={2**30}")
    done.complains(
        3, "the plan needs 1.19 GiB of a node", "n2 has", "correct 'memory' in cluster.yaml"
    )


def test_hosts_that_the_starter_does_not_heed(site: Site, broken: Qyran) -> None:
    """An mpirun that starts everything here is not believed."""
    fake = broken.folder / "mpirun"
    fake.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && exec {find_mpirun().path} --version\n'
        f'while [ "$1" != -n ]; do shift; done\nexec {find_mpirun().path} "$@"\n'
    )
    fake.chmod(0o755)
    site.define(launcher=f"mpirun: {fake}")
    site.run().complains(3, "asked for on 2 nodes", f"run on {platform.node()}", "n1, n2")
    assert list(broken.results.iterdir()) == []


def test_what_fails_on_a_node_is_tried_again_on_another(site: Site, broken: Qyran) -> None:
    fails_on_n1 = broken.folder / "mpirun"
    fails_on_n1.write_text(
        '#!/bin/sh\ncase "$*" in *hello*) ;; *" n1:"*) echo "it died" >&2; exit 7 ;; esac\n'
        f'exec {find_mpirun().path} "$@"\n'
    )
    fails_on_n1.chmod(0o755)
    site.define(launcher=f"mpirun: {fails_on_n1}")
    done = broken.run("faulty", "--ranks", "1", "--repeat", "2", "--sweep", "tag=1,2")
    assert done.outcomes == ["pass", "pass"], done.err
    for case in done.json["cases"]:
        assert [one["outcome"] for one in case["earlier"]] == ["infra"]
        assert [one["hosts"] for one in case["placement"]["groups"]] == [["n2"]]


def test_no_rank_outlives_the_daemon_of_its_node(site: Site) -> None:
    qyran = site.qyran
    faulty = qyran.faulty(nap_s=0.05, ranks=2, repetitions=100_000, budget=60)
    suite = qyran.suite({"nodes": 2, **faulty})
    running = qyran.start(suite)
    qyran.wait_for("sample", 2)
    ranks = qyran.ranks()
    assert len(ranks) == 2
    running.send_signal(signal.SIGSTOP)
    daemons = [one.parent() for one in ranks]
    for process in [qyran.launcher(), *daemons]:
        assert process is not None
        process.kill()
    qyran.wait(lambda: not qyran.ranks(), limit_s=5.0)
    running.send_signal(signal.SIGCONT)
    assert qyran.finish(running).outcomes == ["killed"]
