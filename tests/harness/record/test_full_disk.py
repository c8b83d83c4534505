"""A store on a disk that is really full: a small tmpfs in a mount namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SIZE_KIB = 1024
# What a child does inside the namespace: record cases until the disk is full.
SCRIPT = """
import sys
from pathlib import Path
from harness.errors import CannotMeasure
from harness.record import library, store, write_once
from harness.record.library import Selection
from tests.harness.conftest import Made
from tests.harness.record.conftest import put

made, results = Made(), Path(sys.argv[1])
store._SPACE_B = 0  # or nothing would begin on so small a disk
run = made.run(results)
cases = [made.case(given={"n": 4096 + i}) for i in range(200)]
store.create(run, tuple(cases[:1]))
for i, case in enumerate(cases):
    try:
        put(run, made.result(case), 1)
    except CannotMeasure as error:
        print(i, error.found, "|", error.fix)
        break
found = library.find(results, Selection())
print(len(found.cases), len(found.skipped))
print(sorted(one.name for one in Path(run.path).iterdir() if one.name.startswith(".")))
"""


def namespace() -> list[str]:
    """What starts a command where it may mount; skips where the kernel does not allow it."""
    enter = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    tried = shutil.which("unshare") and subprocess.run(
        [*enter, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    if not tried or tried.returncode:
        if os.environ.get("QYRAN_CI") == "1" and os.geteuid() == 0:
            pytest.fail("root must be able to mount a tmpfs in a namespace of its own")
        pytest.skip("this kernel lets nobody mount a tmpfs in a namespace")
    return enter


def test_a_full_disk_is_said_and_what_was_recorded_stays_good(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = f'mount -t tmpfs -o size={SIZE_KIB}k none "$0" && exec "$1" -c "$2" "$0"'
    done = subprocess.run(
        [*namespace(), "sh", "-c", command, str(disk), sys.executable, SCRIPT],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    full, counts, hidden = done.stdout.splitlines()
    recorded, _, said = full.partition(" ")
    assert int(recorded) > 5
    assert "No space left on device" in said
    assert "--results DIR" in said
    assert counts == f"{recorded} 0", "a file that was recorded before is damaged"
    assert hidden == "[]", "a half file was left"
