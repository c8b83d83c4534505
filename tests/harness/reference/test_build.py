"""The packaged tables are rebuilt from a small raw sample: exact, in base units, same bytes."""

import csv
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from harness.reference import build, build_runs, tables

SAMPLE = Path(__file__).parent / "sample"


@pytest.fixture
def built(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    build.build(SAMPLE, out)
    return out


@pytest.fixture
def source(tmp_path):
    """A copy of the sample that a test may spoil."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "source"))


def spoil(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_figures_are_whole_numbers_in_base_units(built):
    with np.load(built / "top500.npz") as file:
        assert {name: file[name].shape for name in file.files} == dict.fromkeys(
            ("rmax", "rpeak", "cores", "power", "nmax", "network", "chip"), (2, 4)
        )
        assert file["rmax"][0, 0] == 93_014_593_900_000_000
        assert file["cores"][0, 0] == 10_649_600
        assert file["power"][0, 0] == 15_371_000


def test_unknown_power_is_minus_one(source, tmp_path):
    spoil(source / "top500_lists" / "201606.csv", "15371,", ",")
    build.build(source, tmp_path)
    with np.load(tmp_path / "top500.npz") as file:
        assert file["power"][0, 0] == -1


def test_two_builds_give_the_same_bytes(built, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    build.build(SAMPLE, again)
    names = sorted(path.name for path in built.iterdir())
    assert names == [
        "hpcg.npz",
        "hpl_mxp.npz",
        "hpl_runs.csv",
        "lists.csv",
        "nodes.csv",
        "systems.csv",
        "top500.npz",
    ]
    assert [(built / n).read_bytes() for n in names] == [(again / n).read_bytes() for n in names]


def test_no_clock_in_the_archive(built):
    with zipfile.ZipFile(built / "top500.npz") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_only_rank_one_is_named(built):
    rows = tables.rows(built / "lists.csv")
    assert [row["list"] for row in rows] == ["2016-06", "2016-11"]
    assert {row["number_one"] for row in rows} == {"Sunway TaihuLight"}
    assert all("github.com" in row["source"] for row in rows)
    assert "Sequoia" not in "".join(path.read_text("latin-1") for path in built.iterdir())


def test_systems_in_base_units_with_status_words(built):
    rows = {(row["system"], row["list"]): row for row in tables.rows(built / "systems.csv")}
    taihulight = rows["Sunway TaihuLight", "2016-06"]
    assert taihulight["rmax_flop_s"] == "93.0145939e15"
    assert float(taihulight["power_W"]) == 15_371_000
    assert float(taihulight["memory_per_node_B"]) == 32e9
    assert taihulight["status"] == "listed"
    hpc6 = rows["HPC6", "2025-11"]
    assert hpc6["unverified"] == "nodes_installed"


def test_corrections_are_applied_and_doubted(built):
    [oceanlight] = [r for r in tables.rows(built / "systems.csv") if "Ocean" in r["system"]]
    assert float(oceanlight["rmax_flop_s"]) == 1.05e18
    assert oceanlight["unverified"] == "rmax_flop_s;rpeak_flop_s;power_W"
    assert oceanlight["status"] == "press figure"


def test_nodes_in_base_units_and_plain_words(built):
    rome, genoa = tables.rows(built / "nodes.csv")
    assert float(rome["triad_B_s"]) == 293.9e9
    assert float(rome["hpl_flop_s"]) == 4.005e12
    assert genoa["unverified"] == "peak_flop_s"
    assert "memory: unverified" not in genoa["peak_basis"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("top500_lists/201606.csv", "\n3,", "\n5,", "201606.csv: ranks must run from 1 to 4"),
        ("top500_lists/201611.csv", ",33862.7,", ",99999.9,", "Rmax rises at rank 2"),
        ("top500_lists/201606.csv", ",17590,", ",17590.1234567890123,", "not a whole number"),
        ("systems.csv", "never submitted; reported", "guessed", "has status 'guessed'; known: "),
        ("systems.csv", "Sunway TaihuLight,201606", "El Capitan,201606", None),
        ("systems.csv", "Sunway TaihuLight,201606", "Eagle (Azure),201606", "no list 2023-11"),
    ],
)
def test_a_spoiled_source_is_named(source, tmp_path, file, old, new, message):
    spoil(source / file, old, new)
    if message is None:
        build.build(source, tmp_path)
        return
    with pytest.raises(ValueError, match=message):
        build.build(source, tmp_path)


def test_a_correction_of_an_unknown_field_is_refused():
    change = {"system": "A", "list": "*", "field": "rmx", "action": "set", "value": "1"}
    with pytest.raises(ValueError, match="cannot 'set' field 'rmx'"):
        build.corrected([{"system": "A", "list": "", "unverified": ""}], [change])


def test_every_correction_says_why():
    with (tables.DATA / "corrections.csv").open(newline="") as file:
        assert all(row["why"] for row in csv.DictReader(file))


def test_command_line(tmp_path, capsys):
    assert build.main([str(SAMPLE), str(tmp_path)]) == 0
    assert (tmp_path / "top500.npz").is_file()
    assert build.main([]) == 2
    assert "SOURCE_DIR" in capsys.readouterr().err
    assert build.main([str(tmp_path), str(tmp_path)]) == 2
    assert "no top500_lists" in capsys.readouterr().err


def test_the_lists_of_other_benchmarks(built):
    with np.load(built / "hpcg.npz") as file:
        assert file["list"][0] == 201606
        assert file["value"][0] == 0.58e15  # Tianhe-2 led HPCG in June 2016
        assert file["rmax"][0] == 33.863e15
    with np.load(built / "hpl_mxp.npz") as file:
        assert file["value"][-2:].tolist() == [1.42e18, 0.55e18]
        assert file["cores"].dtype == np.float64


def test_a_better_result_below_a_worse_one_is_refused(source, tmp_path):
    spoil(source / "hpl_mxp_lists.csv", "Summit,2414592,0.55", "Summit,2414592,1.55")
    with pytest.raises(ValueError, match=r"hpl_mxp_lists.csv: 202006: the result rises at rank 2"):
        build.build(source, tmp_path)


def test_a_system_of_the_first_ten_has_its_name_once(tmp_path):
    """A later run of it, with other cores, has none; nor has one below, or one without a name."""
    text = "Shaheen - Cray XC40, Xeon E5-2698v3 16C 2.3GHz, Aries interconnect"
    rows = [
        {"rank": "7", "cores": "3200", "system": text},
        {"rank": "6", "cores": "6400", "system": text},
        {"rank": "11", "cores": "9600", "system": text.replace("Shaheen", "Thirteen")},
        {"rank": "5", "cores": "1280", "system": text.removeprefix("Shaheen - ")},
    ]
    path = tmp_path / "201506.csv"
    with path.open("w", newline="") as file:
        same = {"nmax": "200000", "site": "", "rmax_tflops": "1", "rpeak_tflops": "2"}
        writer = csv.DictWriter(file, [*rows[0], *same])
        writer.writeheader()
        writer.writerows([one | same for one in rows])
    found = build_runs.runs([path])
    assert [one["name"] for one in found] == ["Shaheen", "", "", ""]


def test_runs_of_cpu_systems_whose_nodes_can_be_counted(built):
    [run] = tables.rows(built / "hpl_runs.csv")  # the others of the sample do not give all of it
    assert (run["list"], run["rank"], run["family"], run["network"]) == (
        "2016-06", "1", "SW26010", "Sunway"
    )  # fmt: skip
    assert int(run["nodes"]) == 40960
    assert run["name"] == "Sunway TaihuLight"
    assert float(run["rmax_flop_s"]) == 93.0145939e15
