"""The command `qyran` as a user runs it: real processes, real mpirun, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import h5py
import psutil
import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LIMIT_S = 240.0


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    rc: int
    out: str
    err: str

    @classmethod
    def of(cls, running: subprocess.Popen[str]) -> Done:
        """Wait for the end of a command; past the limit all that it has started is killed.

        What it has started holds its pipes: to kill it alone would be to wait for ever.
        """
        try:
            out, err = running.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            tree = psutil.Process(running.pid)
            for one in (*tree.children(recursive=True), tree):
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            raise
        return cls(running.returncode, out, err)

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def outcomes(self) -> list[str]:
        """The outcome of each case of a run."""
        return [case["outcome"] for case in self.json["cases"]]

    @property
    def reasons(self) -> list[str]:
        """The reason of each case of a run."""
        return [case["reason"] for case in self.json["cases"]]

    def complains(self, rc: int, *words: str) -> None:
        """It ended with this code and one message of a few lines that says these words."""
        assert self.rc == rc, (self.out, self.err)
        assert "Traceback" not in self.err, self.err
        assert len(self.err.splitlines()) <= 8, self.err
        for word in words:
            assert word in self.err, self.err


@dataclass
class Qyran:
    """Starts `qyran` in a working folder, with results in ``results`` below it."""

    folder: Path
    tree: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)
    results: Path = field(init=False)
    command: ClassVar[str] = str(Path(sys.executable).parent / "qyran")
    cores: ClassVar[int] = psutil.cpu_count(logical=False) or 1

    def __post_init__(self) -> None:
        self.results = self.folder / "results of қыран"

    def __call__(self, *arguments: str, before: tuple[str, ...] = (), **added: str) -> Done:
        """Run a command to its end. ``before``: a program that starts it."""
        running = self._started([*before, self.command, *arguments], self.variables(**added))
        return Done.of(running)

    def run(self, *arguments: str, before: tuple[str, ...] = (), **added: str) -> Done:
        """`qyran run --json` to its end; no process may be left."""
        done = self(
            "run", *arguments, "--json", "--results", str(self.results), before=before, **added
        )
        assert self.left() == []
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """`qyran run --json` in the background."""
        return self.start_command("run", *arguments)

    def start_command(self, *arguments: str) -> subprocess.Popen[str]:
        """A command with `--json` in the background."""
        command = [self.command, *arguments, "--json", "--results", str(self.results)]
        return self._started(command, self.variables())

    def _started(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, running: subprocess.Popen[str]) -> Done:
        """Wait for the end of a command in the background; no process may be left."""
        return self.finish_all([running])[0]

    def finish_all(self, running: list[subprocess.Popen[str]]) -> list[Done]:
        """Wait for the end of several commands; no process may be left."""
        done = [Done.of(one) for one in running]
        assert self.left() == []
        return done

    def variables(self, **added: str) -> dict[str, str]:
        """The environment; what MPI has put into that of these tests is not in it."""
        mpi = ("OMPI_", "PMIX_", "PRTE_", "NUMBA_NUM")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(mpi)}
        if self.tree is not None:
            clean["PYTHONPATH"] = str(self.tree)
        return clean | self.environment | added

    def left(self) -> list[str]:
        """Processes of this folder's runs that are still there."""
        found = []
        for one in self.processes():
            with suppress(psutil.Error):  # it may end meanwhile
                found.append(" ".join(one.cmdline()))
        return found

    def processes(self) -> list[psutil.Process]:
        """All processes whose command line names the results folder: mpirun and the ranks."""
        found = []
        for one in psutil.process_iter():
            with suppress(psutil.Error):
                mine = any(str(self.results) in word for word in one.cmdline())
                if mine and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one)
        return found

    def ranks(self) -> list[psutil.Process]:
        """The processes of the ranks."""
        return [one for one in self.processes() if _is_rank(one)]

    def suite(self, *cases: dict[str, Any], name: str = "trial") -> str:
        """Write a suite of these cases into the working folder; returns its path."""
        path = self.folder / f"{name}.yaml"
        path.write_text(json.dumps({"schema": "qyran.suite/1", "cases": list(cases)}))
        return str(path)

    def journal(self) -> str:
        """The journals of all launches, as text."""
        files = sorted(self.results.glob("*/*/launch-*.journal"))
        return "".join(file.read_text() for file in files)

    def wait_for(self, event: str, times: int = 1) -> None:
        """Wait until the ranks have written this event so many times."""
        self.wait(lambda: self.journal().count(f'"event": "{event}"') >= times)

    def files(self) -> list[Path]:
        """All recorded cases."""
        return sorted(self.results.glob("*/*/*.h5"))

    @staticmethod
    def record(file: Path) -> dict[str, Any]:
        """The index record of a case file, read with h5py alone."""
        with h5py.File(file, "r") as opened:
            return dict(json.loads(opened["index_record"][()]))

    @staticmethod
    def faulty(fault: str = "none", **more: Any) -> dict[str, Any]:
        """An entry of a suite: the faulty kernel, repeated twice; ``more`` is set on the entry,
        or on the kernel if it is a parameter.
        """
        keys = ("ranks", "budget", "repetitions", "references", "launches", "sweep")
        entry = {"kernel": "faulty", "repetitions": 2}
        entry |= {key: more.pop(key) for key in keys if key in more}
        return entry | {"parameters": {"fault": fault, **more}}

    @staticmethod
    def wait(condition: Callable[[], bool], limit_s: float = 60.0) -> float:
        """Poll until a condition holds; returns the seconds that took."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < limit_s, "it did not happen in time"
            time.sleep(0.02)
        return time.monotonic() - began

    def launcher(self) -> psutil.Process:
        """The process of mpirun."""
        ranks = self.ranks()
        return next(one for one in self.processes() if "-n" in one.cmdline() and one not in ranks)


def _is_rank(process: psutil.Process) -> bool:
    """False for one that has ended meanwhile."""
    with suppress(psutil.Error):
        return process.name().startswith("python") and "harness.measure" in process.cmdline()
    return False


@pytest.fixture
def qyran(tmp_path: Path) -> Qyran:
    """The installed command in an empty folder."""
    return Qyran(tmp_path)


@pytest.fixture(scope="session")
def at() -> Callable[[Path], Qyran]:
    """Makes the installed command in a given folder."""
    return Qyran


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with the faulty kernel in it."""
    root = tmp_path_factory.mktemp("tree")
    for name in ("kernels", "harness"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "jobs", root / "jobs")
    shutil.copy(ROOT / "cluster.yaml", root)
    planted = root / "kernels" / "memory" / "faulty"
    shutil.copytree(HERE / "faulty", planted, ignore=shutil.ignore_patterns("__pycache__"))
    (planted / "__init__.py").write_text('"""A kernel that breaks."""\n')
    return root


@pytest.fixture(scope="module")
def impatient(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Qyran:
    """The command from a tree that waits for ranks to start or to end no longer than 5 s."""
    copy = shutil.copytree(tree, tmp_path_factory.mktemp("impatient") / "tree")
    for file, limit in (("measure/driver.py", "START_LIMIT_S"), ("machine/probe.py", "TIMEOUT_S")):
        path, said = copy / "harness" / file, f"{limit}: Final = "
        assert said in path.read_text()
        path.write_text(path.read_text().replace(said, f"{said}5.0  # was: "))
    return Qyran(tmp_path_factory.mktemp("trial"), copy)


@pytest.fixture(scope="module")
def make_broken(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Qyran]:
    """Makes the command from the tree with the faulty kernel, each in a folder of its own."""
    return lambda: Qyran(tmp_path_factory.mktemp("trial"), tree)


@pytest.fixture
def broken(make_broken: Callable[[], Qyran]) -> Iterator[Qyran]:
    """The command from the tree with the faulty kernel; afterwards nothing of it may run."""
    made = make_broken()
    yield made
    left = made.processes()
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    assert left == []
