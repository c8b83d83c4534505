"""A report of real parts: a recorded history, a judged fleet, a place in the TOP500; a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.commands import history as histories
from harness.commands import jobs
from harness.commands import report as command
from harness.judge.fleet.verdict import judged
from harness.record import store
from harness.reference.standing import standing as place
from harness.report import accept_cells, accept_document, standing
from harness.report.accept_document import AcceptDoc
from harness.report.document import RankDoc
from harness.report.report_document import ReportDoc
from tests.bench.fleets import pairs, table
from tests.harness.histories import story

EVIL = "<script>alert(1)</script>"
CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")


def fleet(nodes: int = 24, metrics: int = 3) -> AcceptDoc:
    """Node 0 is slow in one metric, and its name is a script; one link is slow."""
    rng = np.random.default_rng(5)
    value = 3e11 * (1.0 + 0.005 * rng.standard_normal((nodes, metrics, 3)))
    value[0, 1] *= 0.9
    value[3, 2] = np.nan
    names = tuple(EVIL if i == 0 else f"node{i:02}" for i in range(nodes))
    measured = replace(table(value), nodes=names)
    of_pairs = pairs(nodes, 1, link=0.85)
    metric = (replace(of_pairs.table.metrics[0], name="pair_bandwidth"),)
    of_pairs = replace(of_pairs, table=replace(of_pairs.table, metrics=metric))
    found = judged(measured, pairs=of_pairs)
    made = accept_document.of(found, f"--from {EVIL}.csv", None, None, {})
    made.pairs = accept_cells.pairs(found.table.nodes, of_pairs)
    return made


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> command.Parts:
    """Thirty runs and a step, the newest run, its place by a rate that is given, and a fleet."""
    results = tmp_path_factory.mktemp("store")
    told = story(results)
    told.level(22)
    told.level(8, 1.15)
    run = jobs.shown(store.find(results, "last"))
    run.standing = RankDoc.model_validate(standing.document(place(9.3e13), []))
    run.cases[0].reason = EVIL
    wanted = histories.Wanted("", None, "", None, None, None, True, results)
    return command.Parts(
        title=f"Report of {EVIL}",
        run=run,
        environment={"hardware": {"cpu_model": EVIL, "unknown": {}}, "software": {}},
        history=histories.shown(wanted),
        accept=fleet(),
        judged=1.79e9,
    )


@pytest.fixture(scope="session")
def report(parts: command.Parts) -> ReportDoc:
    """All of it as a document."""
    return command.composed(parts)


@pytest.fixture(scope="session")
def page(report: ReportDoc, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    command.write(report, path)
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests; no name resolves in it."""
    if not (CHROMIUM.exists() and DRIVER.exists()):
        pytest.skip("needs Debian's chromium and chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for one in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1280,900", "--hide-scrollbars",
        "--force-device-scale-factor=1",
    ):  # fmt: skip
        options.add_argument(one)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    yield made
    made.quit()
