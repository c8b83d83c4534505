"""Measurements of others are read, or refused with the line and the column."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.errors import ConfigError
from harness.judge.fleet import file
from harness.judge.fleet.table import Metric, cells, slow_rank

HEAD = "node,metric,value,unit,better\n"


def written(folder: Path, text: str, name: str = "fleet.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_read_in_base_units_with_nodes_in_natural_order(tmp_path: Path) -> None:
    lines = "n10,triad,330,GB/s,higher\nn2,triad,331000,MB/s,higher\nn2,lat,1.5,us,lower\n"
    found = file.read(written(tmp_path, HEAD + lines)).table
    assert found.nodes == ("n2", "n10")
    assert found.metrics == (Metric("triad", "B/s", "higher"), Metric("lat", "s", "lower"))
    value = cells(found).value
    assert value[0] == pytest.approx([331e9, 1.5e-6])
    assert value[1, 0] == pytest.approx(330e9)
    assert np.isnan(value[1, 1])


def test_columns_may_stand_in_any_order_with_others_between(tmp_path: Path) -> None:
    text = "\ufeffbetter,unit,note,value,metric,node\nlower,s,x,2,sort,a\n\nlower,s,y,4,sort,a\n"
    found = file.read(written(tmp_path, text)).table
    assert cells(found).value[0, 0] == 3.0
    assert found.repetition.tolist() == [0, 1]


def test_json_lines_are_read_alike(tmp_path: Path) -> None:
    rows = [
        {"node": "a", "metric": "hpl", "value": v, "unit": "Tflop/s", "better": "higher", "rank": r}
        for r, v in ((0, 3.0), (0, 3.2), (1, 2.0), (1, None))
    ]
    text = "\n".join(json.dumps(one) for one in rows)
    found = file.read(written(tmp_path, text, "fleet.jsonl")).table
    assert found.repetition.tolist() == [0, 1, 0, 1]
    made = cells(found)
    assert made.value[0, 0] == 2e12  # the slowest rank
    assert made.failed[0, 0] == 1


@pytest.mark.parametrize("word", ["nan", "NaN", "", "-", "n/a", "None"])
def test_a_failed_measurement_has_no_value(tmp_path: Path, word: str) -> None:
    found = file.read(written(tmp_path, f"{HEAD}a,m,{word},1,higher\n")).table
    assert np.isnan(found.value[0])


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (HEAD + "a,m,fast,1,higher\n", "fleet.csv:2: value", "'fast'"),
        (HEAD + "a,m,1,1,up\n", "fleet.csv:2: better", "higher, lower"),
        (HEAD + "a,m,1,,higher\n", "fleet.csv:2: unit", "GB/s"),
        (HEAD + ",m,1,1,higher\n", "fleet.csv:2: node", "name of a node"),
        (HEAD + "a,,1,1,higher\n", "fleet.csv:2: metric", "name of a metric"),
        (HEAD + "a,m,1,s,lower\nb,m,1,GB/s,lower\n", "fleet.csv:3: unit", "m is in s before"),
        (HEAD + "a,m,1,s,lower\nb,m,1,s,higher\n", "fleet.csv:3: better", "m is better lower"),
        (HEAD + "a,m,1,1\n", "fleet.csv:2", "4 of 5 columns"),
        ("node,metric,vlaue,unit,better\n", "fleet.csv:1", "did you mean 'vlaue'"),
        ("node,node,metric,value,unit,better\n", "fleet.csv:1", "'node' is there twice"),
        (HEAD, "fleet.csv", "no measurement"),
        ("", "fleet.csv", "is missing"),
        (HEAD + 'a,"m,1,1,higher\n', "fleet.csv:2", "is not CSV"),
        (HEAD[:-1] + ",rank\na,m,1,1,higher,-1\n", "fleet.csv:2: rank", "whole number"),
        (HEAD[:-1] + ",rank\na,m,1,1,higher,1.5\n", "fleet.csv:2: rank", "whole number"),
        (
            HEAD[:-1] + ",repetition\na,m,1,1,higher,3\n\na,m,2,1,higher,3\n",
            "fleet.csv:4: repetition",
            "stands in line 2 already",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    tmp_path: Path, text: str, where: str, what: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        file.read(written(tmp_path, text))
    assert where in caught.value.where
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "is not JSON"),
        ("[1]", "no JSON object"),
        ('{"node": "a", "metric": "m", "vlue": 1, "unit": "1", "better": "lower"}', "'vlue'"),
        ('{"node": 3, "metric": "m", "value": 1, "unit": "1", "better": "lower"}', "found 3"),
        ('{"node": "a", "metric": "m", "value": true, "unit": "1", "better": "lower"}', "True"),
        ('{"node": "a", "metric": ["m"], "value": 1, "unit": "1", "better": "lower"}', "['m']"),
        ('{"node": "a", "metric": "m", "value": 1, "unit": "1", "better": ["lower"]}', "['lower']"),
    ],
)
def test_json_lines_that_are_wrong_are_named(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        file.read(written(tmp_path, "\n" + text, "fleet.jsonl"))
    assert "fleet.jsonl:2" in caught.value.where
    assert what in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        file.read(tmp_path / "none.csv")


def test_a_slow_rank_is_named_and_a_missing_one_is_missed(tmp_path: Path) -> None:
    head = HEAD[:-1] + ",rank\n"
    rows = [
        f"{node},dgemm,{90 if (node, rank) == ('b', 5) else 100},Gflop/s,higher,{rank}\n"
        for node in "abc"
        for rank in range(8)
        if (node, rank) != ("c", 7)
    ]
    found = file.read(written(tmp_path, head + "".join(rows))).table
    assert slow_rank(found, 1, 0) == (5, pytest.approx(0.1), 8)
    assert cells(found).value[:, 0] == pytest.approx([1e11, 9e10, 1e11])
    assert cells(found).lacking[:, 0].tolist() == [False, False, True]
