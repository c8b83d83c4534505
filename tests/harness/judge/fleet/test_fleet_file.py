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
        (HEAD + "a,m,1,s,lower\nb,m,1,GB/s,lower\n", "fleet.csv:3: unit", "known: s, with factors"),
        (
            HEAD + "a,m,1,s,lower\nb,m,1,s,higher\n",
            "fleet.csv:3: better",
            "known: lower, in the lines before",
        ),
        (HEAD + "a,m,1,1\n", "fleet.csv:2", "has 4 columns, the first line has 5"),
        ("node,metric,vlaue,unit,better\n", "fleet.csv:1", "did you mean 'vlaue'"),
        ("node,node,metric,value,unit,better\n", "fleet.csv:1", "'node' is there twice"),
        (HEAD, "fleet.csv", "no measurement"),
        (HEAD + 'a,m,"300,5",1,higher\n', "fleet.csv:2: value", "fix: a point, no comma: 300.5"),
        (HEAD + 'a,m,"1,300",1,higher\n', "fleet.csv:2: value", "1300 or 1.300"),
        (HEAD + 'a,m,"1,300,500.5",1,higher\n', "fleet.csv:2: value", "digits: 1300500.5"),
        (HEAD + "a,m,1_300,1,higher\n", "fleet.csv:2: value", "digits: 1300"),
        (HEAD + "a,m,300 GB/s,1,higher\n", "fleet.csv:2: value", "the number alone, 300;"),
        (HEAD + f"a,m,{'x' * 999},1,higher\n", "fleet.csv:2: value", "found 'xxx"),
        (HEAD.replace(",", ";"), "fleet.csv:1", "by commas, here by semicolons"),
        (HEAD.replace(",", "\t"), "fleet.csv:1", "by commas, here by tabs"),
        ("a,m,300,1,higher\n", "fleet.csv:1", "the first line names the columns"),
        (HEAD + "a\x1b[31m,m,1,1,higher\n", "fleet.csv:2: node", "the character '\\x1b'"),
        (HEAD + 'a,"m\nn",1,1,higher\n', "fleet.csv:3: metric", "the character '\\n'"),
        (HEAD + "a,m,1,G\0B/s,higher\n", "fleet.csv:2: unit", "a unit such as"),
        (HEAD + "a\u202eb,m,1,1,higher\n", "fleet.csv:2: node", "'\\u202e'"),
        (HEAD + f"{'n' * 300},m,1,1,higher\n", "fleet.csv:2: node", "has 300 characters, 255 at"),
        (HEAD + 'a,m,1,1,"higher\n', "fleet.csv:2", "a quotation mark is not closed"),
        ("", "fleet.csv", "is empty"),
        ("\n", "fleet.csv:1", "is empty"),
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


def test_a_long_value_is_not_shown_in_full(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        file.read(written(tmp_path, f"{HEAD}a,m,{'x' * 9999},1,higher\n"))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("content", "where", "fix"),
    [
        (f"{HEAD}a,m,1,1,higher\nn\u00f6,m,1,1,higher\n".encode("latin-1"), ":3", "ISO-8859-1"),
        (HEAD.encode("utf-16"), "", "-f UTF-16"),
        (HEAD.encode() + b"\xff\0\0", "", ""),
    ],
)
def test_what_is_not_utf_8_is_told_how_to_become_it(
    tmp_path: Path, content: bytes, where: str, fix: str
) -> None:
    path = tmp_path / "fleet.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="is not UTF-8 text") as caught:
        file.read(path)
    assert caught.value.where == f"{path}{where}"
    assert fix in caught.value.fix
    assert bool(fix) == bool(caught.value.fix)


def test_names_and_words_may_have_blanks_and_capitals(tmp_path: Path) -> None:
    text = "Node, Metric ,VALUE,unit,better\n a ,m ,1, GB/s,Higher\na,m,2,GB/s,higher\n"
    found = file.read(written(tmp_path, text)).table
    assert (found.nodes, [one.name for one in found.metrics]) == (("a",), ["m"])
    assert found.value.tolist() == [1e9, 2e9]


def test_an_array_of_json_is_told_to_become_lines(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"jq -c '\.\[\]' "):
        file.read(written(tmp_path, "[{}]", "fleet.jsonl"))


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
