"""Many processes at once: bounded, told as they end, none left over."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from harness.acceptance import children
from harness.acceptance.children import LATE, Child


def child(folder: Path, name: str, program: str, **more: float) -> Child:
    return Child(name, (sys.executable, "-c", program), folder / f"{name}.log", **more)  # type: ignore[arg-type]


def test_each_is_told_with_its_status(tmp_path: Path) -> None:
    found: dict[str, int] = {}
    made = [child(tmp_path, f"c{i}", f"print({i}); raise SystemExit({i})") for i in range(4)]
    children.run(made, 2, lambda name, status: found.update({name: status}))
    assert found == {f"c{i}": i for i in range(4)}
    assert (tmp_path / "c3.log").read_text() == "3\n"


def test_no_more_than_so_many_at_once(tmp_path: Path) -> None:
    program = (
        f"import os, time, pathlib; p = pathlib.Path({str(tmp_path)!r});"
        "(p / f'{os.getpid()}.on').touch(); time.sleep(0.3);"
        "print(len(list(p.glob('*.on')))); (p / f'{os.getpid()}.on').unlink()"
    )
    made = [child(tmp_path, f"c{i}", program) for i in range(5)]
    children.run(made, 2, lambda *_: None)
    assert max(int((tmp_path / f"c{i}.log").read_text()) for i in range(5)) <= 2


def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    found: dict[str, int] = {}
    made = [child(tmp_path, "c", "import time; time.sleep(60)", limit_s=0.3)]
    began = time.monotonic()
    children.run(made, 2, lambda name, status: found.update({name: status}))
    assert found == {"c": LATE}
    assert time.monotonic() - began < 10.0


def test_an_interrupt_lets_them_record_and_leaves_none(tmp_path: Path) -> None:
    program = (
        "import signal, time\n"
        "def end(*_):\n time.sleep(0.3); print('recorded', flush=True); raise SystemExit(130)\n"
        "signal.signal(signal.SIGTERM, end); print('ready', flush=True); time.sleep(60)"
    )
    made = [child(tmp_path, f"c{i}", program) for i in range(2)]

    def interrupt() -> None:
        while not all((tmp_path / f"c{i}.log").exists() for i in range(2)) or any(
            "ready" not in (tmp_path / f"c{i}.log").read_text() for i in range(2)
        ):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        children.run(made, 2, lambda *_: None)
    assert [(tmp_path / f"c{i}.log").read_text() for i in range(2)] == ["ready\nrecorded\n"] * 2
    assert not [one for one in psutil.Process().children() if "recorded" in str(one.cmdline())]
