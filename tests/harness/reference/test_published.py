"""`qyran reference import`: lists in the site's forms are read alike, damaged ones are refused."""

import builtins
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.commands import reference
from harness.errors import CannotMeasure, ConfigError, CorruptStore
from harness.reference import imported, published, ranking, similar, standing, top500
from harness.report import added_lists

sys.path.insert(0, str(Path(__file__).parent))
import lists


@pytest.fixture(autouse=True)
def _own_lists(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    yield
    monkeypatch.undo()
    top500.lists.cache_clear()


def read(path, edition=None, partial=False):
    return published.checked(path, edition, partial=partial, added="2026-11-28T00:00:00+00:00")


def forms(folder, rows):
    return [
        lists.xml(folder / "list.xml", rows),
        lists.xlsx(folder / "list.xlsx", rows),
        lists.text(folder / "TOP500_202611.tsv", rows),
        lists.text(folder / "TOP500_202611.csv", rows, ","),
    ]


def test_all_forms_say_the_same(tmp_path):
    rows = lists.entries()
    rows[0]["name"] = ""
    tables = [read(path).table for path in forms(tmp_path, rows)]
    assert {one.date for one in tables} == {(2026, 11)}
    for one in tables:
        assert one.figures["rmax"] == [row["rmax"] * 10**9 for row in rows]
        assert one.figures["cores"] == [row["cores"] for row in rows]
        assert one.figures["power"][0] == pytest.approx(1e3 * rows[0]["power"])
        assert {-1, *one.figures["nmax"]} == {-1}
        assert one.number_one == lists.COMPUTER
    assert tables[0].figures == tables[2].figures


def test_powers_that_were_derived_are_left_out(tmp_path):
    path = lists.xlsx(tmp_path / "list.xlsx", lists.entries(), source="Derived")
    assert set(read(path).table.figures["power"]) == {-1}


def broken(change):
    rows = lists.entries()
    change(rows)
    return rows


def swap(rows):
    rows[40]["rmax"] = rows[39]["rmax"] + 1


def skip(rows):
    del rows[100]


def repeat(rows):
    rows[7]["rank"] = 7


def dash(rows):
    rows[499]["rmax"] = "n/a"


def zero(rows):
    rows[3]["cores"] = 0


def short(rows):
    del rows[499]


def long(rows):
    rows.append({**rows[-1], "rank": 501})


def unit(rows):
    for row in rows:
        row["rmax"] /= 1000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (swap, r"entry 41 \(rank 41\): Rmax rises"),
        (skip, r"entry 101 \(rank 102\): rank 101 should stand here, found '102'"),
        (repeat, r"entry 8 \(rank 7\): rank 8 should stand here"),
        (dash, r"entry 500 \(rank 500\): rmax is 'n/a', which is no number"),
        (zero, r"entry 4 \(rank 4\): cores is '0', it must be above 0"),
        (short, r"ends with rank 499, a list has 500"),
        (long, r"entry 501 \(rank 501\): a list ends with rank 500"),
        (unit, r"no. 1 is 1.99e\+15 flop/s in November 2026.*a wrong unit, or another edition"),
    ],
)
def test_damaged_lists_are_refused_with_the_row(tmp_path, change, said):
    path = lists.xml(tmp_path / "list.xml", broken(change))
    with pytest.raises(ConfigError, match=said):
        read(path)
    assert imported.stored() == ()


def test_the_row_of_a_sheet_is_counted_as_people_see_it(tmp_path):
    with pytest.raises(ConfigError, match=r"row 43 \(rank 41\): Rmax rises"):
        read(lists.text(tmp_path / "TOP500_202611.tsv", broken(swap)))


def test_a_list_is_not_taken_for_another_edition(tmp_path):
    old = lists.xml(tmp_path / "a.xml", lists.entries(0.4), date="2026/06/10")
    with pytest.raises(ConfigError, match=r"but 1.809e\+18 in November 2025"):
        read(old)
    unclear = lists.xml(tmp_path / "TOP500_202506.xml", lists.entries())
    with pytest.raises(ConfigError, match="its date means November 2026; its name means June 2025"):
        read(unclear)
    assert read(unclear, "202611").table.key == "2026-11"
    with pytest.raises(ConfigError, match="nothing in it says so"):
        read(lists.text(tmp_path / "list.csv", lists.entries(), ","))
    with pytest.raises(ConfigError, match="a June or November"):
        read(unclear, "202612")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xls", b"\xd0\xcf", "is of no known kind"),
        ("a.xml", b"<list><site>", "cannot be read"),
        ("a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><list/>", "declares entities"),
        ("a.xml", b"<list></list>", "holds no entry"),
        ("a.xlsx", b"no workbook", "is no workbook"),
        ("a.csv", b"Rank,Name\n1,a\n", "has no column for rmax, rpeak, cores, computer"),
        ("missing.xml", None, "cannot be read"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        read(tmp_path / name)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "xml"])
def test_a_missing_file_is_named_once(tmp_path, suffix):
    with pytest.raises(ConfigError) as raised:
        read(tmp_path / f"none.{suffix}")
    assert raised.value.found == "cannot be read: No such file or directory"


def test_without_openpyxl_it_says_what_to_install(tmp_path, monkeypatch):
    path = lists.xlsx(tmp_path / "list.xlsx", lists.entries())
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("openpyxl"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CannotMeasure, match="qyran\\[lists\\]"):
        read(path)


def test_an_added_list_counts_everywhere(tmp_path, capsys):
    path = lists.xml(tmp_path / "list.xml", lists.entries(1.1))
    reference.import_(path, None, partial=False, as_json=False)
    assert "November 2026 imported" in capsys.readouterr().out
    place = standing.standing(2.6e15)
    assert (place.newest.key, place.newest.place) == ("2026-11", None)
    assert place.left is not None
    assert place.left.key == "2026-11"
    newest = top500.lists()[-1]
    assert similar.nearest(similar.Machine(float(newest.rmax[120])))[0].list is newest
    reference.remove("202611", as_json=False)
    assert top500.lists()[-1].key == "2025-11"
    with pytest.raises(ConfigError, match="no list of 2026-11 was added"):
        reference.remove("202611", as_json=False)


def test_the_top_of_a_list_is_kept_apart(tmp_path):
    part = lists.xml(tmp_path / "part.xml", lists.entries(places=10), date="2026/06/09")
    with pytest.raises(ConfigError, match="--partial"):
        reference.import_(part, None, partial=False, as_json=True)
    reference.import_(part, None, partial=True, as_json=True)
    assert top500.lists()[-1].key == "2025-11"  # nothing below place 10 is known of it
    asked = ranking.Asked(similar.Machine(1e18))
    [found] = ranking.more(asked, top500.date(2026, 11, 28)).partial
    assert (found.key, found.place, found.entries) == ("2026-06", 5, 10)
    whole = lists.xml(tmp_path / "whole.xml", lists.entries(1.05), date="2026/06/09")
    reference.import_(whole, None, partial=False, as_json=True)
    assert top500.lists()[-1].key == "2026-06"
    with pytest.raises(ConfigError, match="of which 500 are stored"):
        reference.import_(part, None, partial=True, as_json=True)


def test_a_packaged_list_is_replaced_and_comes_back(tmp_path):
    path = lists.xml(tmp_path / "list.xml", lists.entries(1.0), date="2025/11/18")
    notes = read(path).notes
    assert any("instead of the packaged list" in one for one in notes)
    reference.import_(path, None, partial=False, as_json=True)
    document = added_lists.document("listed", None, ())
    assert [one.packaged for one in document.lists] == [True]
    assert len(top500.lists()) == len(top500.packaged())
    reference.remove("2025-11", as_json=True)
    assert np.array_equal(top500.lists()[-1].rmax, top500.packaged()[-1].rmax)


def test_a_damaged_store_says_which_file(tmp_path):
    imported.folder().mkdir(parents=True)
    (imported.folder() / "2026-11.json").write_text("{")
    with pytest.raises(CorruptStore, match=r"2026-11.json: is no stored list"):
        imported.stored()
