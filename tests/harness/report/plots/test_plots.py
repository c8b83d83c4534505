"""Every plot: its SVG is valid, shows the numbers that it should, and lets no name break out."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from io import BytesIO
from pathlib import Path
from typing import cast

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from harness.errors import ConfigError
from harness.report import schema
from harness.report.plots import canvas, inline, listing, palette, render
from harness.report.plots.kinds import nodes
from tests.harness.report.plots.examples import EXAMPLES, SHOWN, matrix
from tests.harness.report.plots.svg import SVG, marks, page, texts, tree

ROOT = Path(__file__).parents[4]
ALL = pytest.mark.parametrize("name", listing.names())


def test_every_plot_has_an_example_here_and_stands_in_the_docs() -> None:
    assert set(EXAMPLES) == set(listing.names())
    said = (ROOT / "docs" / "plots.md").read_text(encoding="utf-8")
    assert {one for one in listing.names() if f"`{one}`" not in said} == set()


@ALL
def test_every_plot_explains_itself(name: str) -> None:
    kind = listing.load(name)
    assert kind.__doc__
    assert kind.TITLE
    assert kind.HELP
    assert kind.DOCUMENT in schema.ALL
    doc = EXAMPLES[name]()
    assert len(kind.describe(doc)) > 20


@ALL
def test_an_inlined_plot_is_svg_that_may_stand_in_any_page(name: str) -> None:
    text = page(name)
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert not text.startswith("<?xml")
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "p-title p-desc")
    said = {one.get("id"): one.text for one in root if one.get("id")}
    assert said["p-title"] == listing.load(name).TITLE
    assert said["p-desc"]
    tags = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert not tags & {"style", "script", "metadata", "foreignObject", "a"}
    for one in root.iter():
        assert one.get("style") is None
        assert not any(key.startswith("on") for key in one.attrib)
        assert (one.get("id") or "p-").startswith("p-")
        href = one.get("href", "#p-")
        assert href.startswith(("#p-", "data:image/png"))
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    for used in re.findall(r"url\(#([^)]+)\)", text) + re.findall(r'href="#([^"]+)"', text):
        assert used in ids


@ALL
def test_colours_are_variables_in_a_page_and_fixed_in_a_file(name: str) -> None:
    text, file = page(name), render.svg(name, EXAMPLES[name]())
    bare = {value for key in ("fill", "stroke") for value in re.findall(f'{key}="(#[^"]+)"', text)}
    assert not bare & set(palette.LIGHT.values())
    assert f"var(--plot-ink, {palette.INK})" in text
    assert "var(" not in file
    assert ET.fromstring(file).get("font-family")


@ALL
def test_marks_refer_to_rows_of_the_table(name: str) -> None:
    head, rows = listing.load(name).table(EXAMPLES[name]())
    assert all(len(row) == len(head) for row in rows)
    found = [int(one.get("data-row", "")) for one in marks(tree(name))]
    assert found
    assert set(found) <= set(range(len(rows)))
    assert all(one.get("class") == "mark" for one in marks(tree(name)))


@ALL
def test_text_of_files_is_text(name: str) -> None:
    root = tree(name)
    if name in ("top500", "hpcg", "hpl-mxp", "green500"):
        return  # nothing in it comes from a file of the user
    said = " ".join(texts(root))
    assert SHOWN[:20] in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "mathdefault" not in said


@ALL
def test_the_same_numbers_give_the_same_bytes(name: str) -> None:
    assert render.inlined(name, EXAMPLES[name](), "p-") == page(name)


def test_the_same_numbers_give_the_same_pixels() -> None:
    first, second = (render.png("strips", EXAMPLES["strips"]()) for _ in range(2))
    assert first == second


@ALL
def test_a_picture_has_the_size_that_was_asked_for(name: str) -> None:
    size = render.Size(700, 640)
    root = ET.fromstring(render.svg(name, EXAMPLES[name](), size))
    assert (root.get("width"), root.get("height")) == ("700", "640")
    content = render.png(name, EXAMPLES[name](), size, scale=1.0)
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) == (700, 640)


@ALL
def test_labels_do_not_leave_the_picture(name: str) -> None:
    root = tree(name)
    width = float(root.get("width", "0"))
    for one in root.iter(f"{SVG}text"):
        said = "".join(one.itertext())
        if SHOWN[:9] not in said and one.get("transform") is None:
            x, size = float(one.get("x", "")), float(one.get("font-size", "0px")[:-2])
            long = 0.5 * size * len(said)  # a low estimate: the font of a page is not known
            share = {"middle": 0.5, "end": 1.0}.get(one.get("text-anchor", ""), 0.0)
            assert x - share * long > -3.0, said
            assert x + (1.0 - share) * long < width + 3.0, said


SCRIPTS = ("қыран-түйін-01", "узел-02", "节点03", "عقدة04", "nœud🦅05")


def named(*names: str) -> nodes.NodesDoc:
    """The example of a fleet with other names."""
    doc = cast(nodes.NodesDoc, EXAMPLES["nodes"]())
    cells = doc.nodes[0].cells
    listed = [nodes.NodeDoc(node=one, verdict="accept", cells=cells) for one in names]
    return nodes.NodesDoc(source="", metrics=doc.metrics, nodes=listed)


def test_names_in_other_scripts_stay_text_in_svg() -> None:
    """A browser finds a font for them; what the font of the picture lacks warns nobody."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        root = ET.fromstring(render.svg("nodes", named(*SCRIPTS)))
    assert set(SCRIPTS) <= set(texts(root))
    assert [str(one.message) for one in caught] == []


def test_names_in_other_scripts_are_seen_in_png() -> None:
    """Cyrillic is drawn; for what the font lacks there is a box, not a hole, and no warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        drawn = {one: inked(one) for one in ("节点", "节", "узел", "a")}
        render.png("nodes", named(*SCRIPTS))
    assert [str(one.message) for one in caught] == []
    assert drawn["节点"] > drawn["节"] + 20
    assert drawn["节"] > 20
    assert drawn["узел"] > drawn["a"] > 0


def inked(name: str) -> int:
    """Pixels that a name colours on paper."""
    with canvas.style():
        made = canvas.figure(300, 60)
        made.text(0.1, 0.5, name)
    drawn = np.asarray(Image.open(BytesIO(canvas.png(made))))
    return int(np.sum(drawn[:, :, :3].min(axis=2) < 140))


def test_a_users_settings_change_nothing() -> None:
    before = render.svg("strips", EXAMPLES["strips"]())
    with mpl.rc_context({"font.size": 40, "axes.facecolor": "red", "text.usetex": True}):
        assert render.svg("strips", EXAMPLES["strips"]()) == before


def test_pyplot_is_never_imported() -> None:
    script = (
        "import sys\n"
        "from harness.report.plots import render\nfrom harness.report.plots.kinds import top500\n"
        "render.png('top500', top500.numbers(1e12, ''))\nprint('matplotlib.pyplot' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert said.stdout.split() == ["False"]


def test_an_unknown_plot_names_the_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        listing.load("rooflin")
    assert "did you mean 'roofline'" in str(caught.value)
    assert all(name in str(caught.value) for name in listing.names())


def test_a_mark_that_is_not_drawn_is_noticed() -> None:
    made = canvas.figure()
    with canvas.style():
        axes = made.add_subplot()
        (line,) = axes.plot([1, 2, 3], [1, 2, 3], "o")
        line.set_gid(inline.marks([0, 1]))
    with pytest.raises(ValueError, match="2 rows are shown by 3 marks"):
        canvas.svg(made, "", "")


def test_hundreds_of_nodes_are_an_image() -> None:
    text = render.inlined("pairs", matrix(150), "p-")
    assert "data:image/png" in text
    assert len(text) < 300_000


# Positions: the places of dots in the SVG against the numbers in the table.
