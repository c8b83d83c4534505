"""Shows what the micro-benchmarks reached: rates and ratios, which pytest-benchmark only stores."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    session = getattr(config, "_benchmarksession", None)
    for one in session.benchmarks if session is not None else ():
        facts = ", ".join(f"{name} {value:.4g}" for name, value in one.extra_info.items())
        if facts:
            terminalreporter.write_line(f"{one.name}: {facts}")
