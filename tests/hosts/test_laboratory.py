"""Where there can be no laboratory, its tests are skipped with a reason; it never outlives them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.cluster.machines import obstacle, until

ROOT = Path(__file__).parent.parent.parent


def test_program_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = obstacle("slurmctld-of-nobody")
    assert "not installed: slurmctld-of-nobody" in found
    assert ".ci/run" in found
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "only root" in obstacle()


@pytest.mark.skipif(bool(obstacle()), reason=obstacle())
def test_laboratory_ends_with_the_tests(tmp_path: Path) -> None:
    """Even if they are killed: nothing that was started in it is left."""
    script = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from tests.cluster.machines import machines\n"
        "with machines(Path(sys.argv[1])) as made:\n"
        "    for one in made.values():\n"
        "        one.output('sh', '-c', 'setsid -f sleep 4711 >/dev/null 2>&1')\n"
        "    print(*(one.pid for one in made.values()), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(done.stdout.split()) == 3, done.stderr
    until(lambda: not any(psutil.pid_exists(int(one)) for one in done.stdout.split()), 5)
    left = [one.info["cmdline"] for one in psutil.process_iter(["cmdline"])]
    assert not any("4711" in (words or []) for words in left)
