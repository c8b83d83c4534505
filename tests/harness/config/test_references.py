"""Files of references: what may be said, and what is answered to everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import references
from harness.config.conditions import condition
from harness.errors import ConfigError

GOOD = """\
schema: qyran.references/1
references:
- kernel: dgemm
  metric: flop_rate
  value: 107 Gflop/s
  below: 3 %
  above: 0.10
  system: {cluster: laptop, cpu: '*EPYC*'}
  parameters: {n: '>= 2000', variant: blas}
  geometry: {nodes: 1, ranks: '1..2'}
  source: median of 16 nodes
  date: 2026-11-28
  n: 16
- {kernel: stream, metric: triad_bandwidth, value: 37e9, source: acceptance}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with an empty folder of references."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "references").mkdir()
    return tmp_path / "references"


def test_a_file_is_read(site: Path) -> None:
    (site / "lab.yaml").write_text(GOOD)
    first, second = references.load()
    assert (first.entry.value.value, first.entry.value.unit) == (107e9, "flop/s")
    assert (first.entry.below, first.entry.above) == (0.03, 0.10)
    assert first.entry.parameters["n"].holds(2000)
    assert (first.place, second.place) == ("references/lab.yaml:3", "references/lab.yaml:14")
    assert second.entry.value.value == 37e9
    assert second.entry.tolerance == 0.05


def test_no_folder_means_no_references(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert references.load() == []


@pytest.mark.parametrize(
    ("line", "changed", "message"),
    [
        ("kernel: dgemm", "kernel: dgem", "lab.yaml:3: references.0.kernel: unknown kernel 'dgem'"),
        ("n: '>= 2000'", "m: 3", "lab.yaml:9: references.0.parameters.m: unknown parameter 'm'"),
        ("n: '>= 2000'", "n: '>= many'", "lab.yaml:9: references.0.parameters.n: found '>= many'"),
        ("n: '>= 2000'", "n: '9..2'", "found '9..2', which no number fulfils"),
        ("107 Gflop/s", "fast", "lab.yaml:5: references.0.value: 'fast' is no quantity above 0"),
        ("107 Gflop/s", "-1", "lab.yaml:5: references.0.value: -1 is no quantity above 0"),
        ("below: 3 %", "below: 3 per cent", "lab.yaml:6: references.0.below: found '3 per cent'"),
        ("below: 3 %", "below: 1.0", "lab.yaml:6: references.0.below: input should be less than 1"),
        ("below: 3 %", "bellow: 3 %", "unknown key 'bellow'; did you mean 'below'?"),
        ("  source: median of 16 nodes\n", "", "key 'source' is missing"),
        ("2026-11-28", "28.11.2026", "lab.yaml:12: references.0.date: found '28.11.2026'"),
        ("cluster: laptop", "host: laptop", "references.0.system.host: unknown key 'host'"),
        ("qyran.references/1", "qyran.references/9", "is of schema 'qyran.references/9'"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    site: Path, line: str, changed: str, message: str
) -> None:
    assert line in GOOD
    (site / "lab.yaml").write_text(GOOD.replace(line, changed))
    with pytest.raises(ConfigError) as found:
        references.load()
    assert message in str(found.value)


@pytest.mark.parametrize(
    ("written", "holds", "fails"),
    [
        (4, [4, 4.0], [5, "4", True]),
        (1, [1], [True]),
        (True, [True], [1, False]),
        ("blas", ["blas"], ["BLAS", 1]),
        (">= 20000", [20000, 1e9], [19999, "20000", True]),
        ("<10", [9], [10]),
        ("1_000 .. 2e3", [1000, 2000], [999, 2001]),
        ([1, 2], [1, 2], [3]),
        (["a", "b"], ["a"], ["c"]),
    ],
)
def test_a_condition_holds_for_what_it_says(
    written: object, holds: list[object], fails: list[object]
) -> None:
    made = condition(written)
    assert all(made.holds(one) for one in holds)
    assert not any(made.holds(one) for one in fails)


@pytest.mark.parametrize("written", [None, [], {}, [[1]], "> ", "== 3"])
def test_what_is_no_condition_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="write a value, a list of values"):
        condition(written)
