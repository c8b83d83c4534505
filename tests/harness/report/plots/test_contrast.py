"""Contrast of what is drawn, on white and in the dark: WCAG 2.2, 4.5:1 for words, 3:1 for marks."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest

from harness.report.html.page import TEMPLATES
from harness.report.plots import listing, palette, render
from harness.report.plots.kinds import nodes
from tests.harness.report.plots.examples import EXAMPLES
from tests.harness.report.plots.svg import SVG

SCHEMES = {"light": palette.LIGHT, "dark": palette.DARK}
SCHEME = pytest.mark.parametrize("scheme", list(SCHEMES))
ALL = pytest.mark.parametrize("name", listing.names())
BEHIND = ("paper", "grid")
"""What words and marks stand on, or are told by more than their colour."""
WORDS, MARKS = 4.5, 3.0


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(a * b for a, b in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one: str, other: str) -> float:
    dim, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_is_that_of_the_guideline() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#56b4e9", "#ffffff") < MARKS  # the sky blue of Okabe and Ito


@SCHEME
def test_every_role_is_seen_on_its_paper(scheme: str) -> None:
    colours = SCHEMES[scheme]
    assert set(colours) == set(palette.LIGHT)
    for name, colour in colours.items():
        if name not in BEHIND:
            words = name.endswith("-text") or name in ("ink", "muted")
            least = WORDS if words else MARKS
            assert contrast(colour, colours["paper"]) >= least, (name, colour)


@SCHEME
def test_every_colour_has_a_shade_for_words(scheme: str) -> None:
    """Whatever colour a plot asks to write in, on either paper."""
    colours = SCHEMES[scheme]
    roles = {colour: name for name, colour in palette.LIGHT.items()}
    for colour in (palette.US, palette.GOOD, palette.WARN, palette.BAD, *palette.SERIES):
        written = colours[roles[palette.text(colour)]]
        assert contrast(written, colours["paper"]) >= WORDS, (roles[colour], written)


def painted(value: str | None, scheme: str) -> str | None:
    """A colour of an inlined plot as a page shows it; None where nothing is painted."""
    found = re.fullmatch(r"var\(--plot-([\w-]+), #\w{6}\)", value or "")
    if found:
        return SCHEMES[scheme][found[1]]
    return value if value and value.startswith("#") else None


def words(root: ET.Element, scheme: str) -> Iterator[tuple[str, str]]:
    """Each text, and its colour."""
    for one in root.iter(f"{SVG}text"):
        colour = painted(one.get("fill"), scheme) or SCHEMES[scheme]["ink"]
        yield "".join(one.itertext()), colour


@SCHEME
@ALL
def test_words_of_every_plot_can_be_read(name: str, scheme: str) -> None:
    """Those on cells of a colour map are held against the cells below."""
    root = ET.fromstring(render.inlined(name, EXAMPLES[name](), "p-"))
    paper = SCHEMES[scheme]["paper"]
    found = list(words(root, scheme))
    assert len(found) > 3
    for said, colour in found:
        if colour not in (palette.ON_DARK, palette.ON_LIGHT):
            assert contrast(colour, paper) >= WORDS, (said, colour)


@SCHEME
@pytest.mark.parametrize("name", [one for one in listing.names() if one not in ("nodes", "pairs")])
def test_marks_of_every_plot_are_seen(name: str, scheme: str) -> None:
    """By their inside or their rim, as opaque as they are drawn; maps of colours are no marks."""
    root = ET.fromstring(render.inlined(name, EXAMPLES[name](), "p-"))
    paper = SCHEMES[scheme]["paper"]
    found = [one for one in root.iter() if one.get("data-row") is not None]
    assert found
    for one in found:
        drawn = [one, *one.iter()]
        assert not [part for part in drawn if float(part.get("opacity", "1")) < 1.0]
        colours = {painted(part.get(key), scheme) for part in drawn for key in ("fill", "stroke")}
        assert max(contrast(c, paper) for c in colours if c) >= MARKS, ET.tostring(one)


def test_numbers_on_the_cells_of_a_fleet_can_be_read() -> None:
    for _, colour, light in nodes._CLASSES:
        if colour == palette.GRID:
            for colours in SCHEMES.values():
                assert contrast(colours["muted"], colours["grid"]) >= WORDS
        else:
            on = palette.ON_DARK if light else palette.ON_LIGHT
            assert contrast(on, colour) >= WORDS, colour


@SCHEME
def test_numbers_on_shaded_cells_of_a_page_can_be_read(scheme: str) -> None:
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    shades = [dict(re.findall(r"--(\w+): (#\w{6})", line)) for line in css.splitlines()]
    found = [one for one in shades if "z1" in one][0 if scheme == "light" else 1]
    colours = SCHEMES[scheme]
    written = {"z3": palette.ON_LIGHT, "z4": colours["paper"]}
    for name, colour in found.items():
        assert contrast(written.get(name, colours["ink"]), colour) >= WORDS, name
