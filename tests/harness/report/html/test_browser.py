"""A report in a real Chromium, from file:// and with no name that resolves."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.commands import report as command
from tests.harness.report.html.conftest import EVIL, fleet

CSS = "css selector"
PAINTED = """
return ["body", ".dim", ".good", ".bad", ".z1", ".z2", ".z4", ".described", "a"].map((name) => {
  const one = document.querySelector(name);
  if (!one) return null;
  let on = one;
  while (getComputedStyle(on).backgroundColor === "rgba(0, 0, 0, 0)")
    on = on.parentElement || document.body;
  return [name, getComputedStyle(one).color, getComputedStyle(on).backgroundColor];
});
"""
"""The colours of text and of what it stands on."""


@pytest.fixture
def opened(browser: Any, page: Path) -> Any:
    """The page as it is when it was just opened, at the width of a laptop."""
    browser.set_window_size(1280, 900)
    emulate(browser, "light")
    browser.get(page.as_uri())
    browser.execute_script("try { localStorage.clear() } catch {}")
    browser.refresh()
    return browser


def emulate(browser: Any, scheme: str, media: str = "") -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def image(browser: Any) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(BytesIO(browser.get_screenshot_as_png())).convert("RGB"), float)


def test_it_opens_without_an_error_and_asks_for_nothing(browser: Any, page: Path) -> None:
    browser.get_log("performance")
    browser.get(page.as_uri())
    assert browser.title == f"Report of {EVIL}"
    assert browser.get_log("browser") == []
    asked = [
        json.loads(one["message"])["message"]["params"]["request"]["url"]
        for one in browser.get_log("performance")
        if json.loads(one["message"])["message"]["method"] == "Network.requestWillBeSent"
    ]
    assert [one for one in asked if not one.startswith("data:")] == [page.as_uri()]


def test_the_policy_is_enforced(opened: Any) -> None:
    """The check above would say nothing if the browser ignored the policy."""
    opened.get_log("browser")
    opened.execute_script(
        "const one = document.createElement('script'); one.textContent = 'window.bad = 1';"
        "document.head.append(one); const i = new Image(); i.src = 'http://127.0.0.1:9/x.png';"
    )
    assert opened.execute_script("return window.bad === undefined")
    assert len(opened.get_log("browser")) >= 2


def test_hovering_a_mark_shows_the_numbers_of_its_row(opened: Any) -> None:
    from selenium.webdriver import ActionChains

    opened.execute_script("document.querySelector('#top500').scrollIntoView()")
    marks = opened.find_elements(CSS, "#top500 .mark[data-row='40']")
    ActionChains(opened).move_to_element(marks[0]).perform()
    tip = opened.find_element(CSS, "#tip")
    assert tip.is_displayed()
    cells = opened.execute_script(
        "return [...document.querySelectorAll('#top500 tbody tr')[40].cells]"
        ".map((one) => one.textContent.trim()).filter(Boolean)"
    )
    assert len(cells) > 4
    for one in cells:
        assert one in tip.text
    ActionChains(opened).move_to_element(opened.find_element(CSS, "h1")).perform()
    assert not tip.is_displayed()


def test_arrows_go_from_mark_to_mark(opened: Any) -> None:
    from selenium.webdriver import Keys

    frame = opened.find_element(CSS, "#nodes-strips .scroll")
    frame.send_keys(Keys.ARROW_RIGHT)
    first = opened.find_element(CSS, "#tip").text
    frame.send_keys(Keys.ARROW_RIGHT)
    second = opened.find_element(CSS, "#tip").text
    assert first
    assert second
    assert first != second
    frame.send_keys(Keys.ESCAPE)
    assert not opened.find_element(CSS, "#tip").is_displayed()


def column(browser: Any, table: str, at: int) -> list[str]:
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0] + ' tbody tr')].filter((one) => "
        "!one.hidden).map((one) => one.cells[arguments[1]].textContent.trim())",
        table,
        at,
    )
    return found


def test_a_column_is_sorted_by_its_numbers(opened: Any) -> None:
    """By the value, not the text: -0.3 and +12.9 have no order as words."""
    head = opened.find_elements(CSS, "#heat thead th")[3]
    head.find_element(CSS, "button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    numbers = [float(one.split()[-1]) for one in column(opened, "#heat", 3) if one != "none"]
    assert numbers == sorted(numbers)
    head.find_element(CSS, "button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column(opened, "#heat", 0)[0] == EVIL


def test_sorted_tables_keep_the_rows_of_their_marks(opened: Any) -> None:
    from selenium.webdriver import Keys

    opened.execute_script("document.querySelector('#nodes-strips details').open = true")
    frame = opened.find_element(CSS, "#nodes-strips .scroll")
    frame.send_keys(Keys.ARROW_RIGHT)
    before = opened.find_element(CSS, "#tip").text
    frame.send_keys(Keys.ESCAPE)
    for _ in range(2):
        opened.find_element(CSS, "#nodes-strips thead th button").click()
    frame.send_keys(Keys.ARROW_RIGHT)
    assert opened.find_element(CSS, "#tip").text == before


def test_rows_are_filtered_by_words(opened: Any) -> None:
    box = opened.find_element(CSS, "#nodes .filter input")
    box.send_keys("reject script")
    assert column(opened, "#nodes", 0) == [EVIL]
    assert opened.find_element(CSS, "#nodes .filter [role=status]").text == "1 of 24 rows"


def test_the_theme_follows_the_system_and_the_button(opened: Any) -> None:
    paper = "return getComputedStyle(document.body).backgroundColor"
    light = opened.execute_script(paper)
    emulate(opened, "dark")
    dark = opened.execute_script(paper)
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(22, 23, 27)")
    opened.find_element(CSS, "#theme").click()
    assert opened.execute_script(paper) == light
    opened.find_element(CSS, "#theme").click()
    assert opened.execute_script(paper) == dark
    axis = "return getComputedStyle(document.querySelector('#top500 .mark')).stroke"
    assert opened.execute_script(axis) != "none"


def contrast(one: str, other: str) -> float:
    """WCAG 2.1: of two colours as ``rgb(1, 2, 3)``."""

    def luminance(colour: str) -> float:
        parts = [float(part) / 255.0 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_its_background(opened: Any, scheme: str) -> None:
    emulate(opened, scheme)
    pairs = opened.execute_script(PAINTED)
    assert len([one for one in pairs if one]) >= 7
    for name, text, paper in filter(None, pairs):
        assert contrast(text, paper) >= 4.5, (scheme, name, text, paper)
    paper = opened.execute_script("return getComputedStyle(document.body).backgroundColor")
    fills = opened.execute_script(
        "return [...new Set([...document.querySelectorAll('.plot text')]"
        ".map((one) => getComputedStyle(one).fill))]"
    )
    assert len(fills) >= 2
    assert all(contrast(one, paper) >= 4.5 for one in fills), (scheme, fills)


@pytest.mark.parametrize("width", [360, 768, 1600])
def test_no_width_makes_the_page_scroll_sideways(opened: Any, width: int) -> None:
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    try:
        wide = opened.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width
    finally:
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_without_javascript_everything_is_there(browser: Any, page: Path, opened: Any) -> None:
    """What is drawn is the same; what only JavaScript does is not offered."""
    with_it = image(opened)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(page.as_uri())
        root = browser.execute_cdp_cmd("DOM.getDocument", {"depth": 1})["root"]["nodeId"]

        def count(what: str) -> int:
            found = browser.execute_cdp_cmd(
                "DOM.querySelectorAll", {"nodeId": root, "selector": what}
            )
            return len(found["nodeIds"])

        assert count("figure.chart svg") == count("figure.chart table") >= 2
        assert count("#heat tbody tr") == 24
        assert count("#theme:not([hidden])") == count(".filter") == 0
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    without = np.asarray(Image.open(BytesIO(base64.b64decode(shot))).convert("RGB"), float)
    assert without.shape == with_it.shape
    differ = np.mean(np.abs(without - with_it) > 32.0)
    assert differ < 0.01, "the button of the theme alone"


def test_it_looks_the_same_again_and_otherwise_in_the_dark(opened: Any) -> None:
    """A second rendering is the reference, so that fonts of a machine do not matter."""
    first = image(opened)
    assert np.std(first) > 10.0, "there is something to see"
    opened.refresh()
    assert np.mean(np.abs(image(opened) - first) > 16.0) < 0.001
    emulate(opened, "dark")
    assert np.mean(np.abs(image(opened) - first) > 64.0) > 0.5


def test_it_prints_on_white_without_its_controls(opened: Any) -> None:
    emulate(opened, "dark", media="print")
    assert opened.execute_script("return getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    hidden = opened.execute_script(
        "return ['#theme', 'nav', '.filter'].every((one) => getComputedStyle("
        "document.querySelector(one)).display === 'none')"
    )
    assert hidden
    emulate(opened, "light")
    printed = opened.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    pdf = base64.b64decode(printed)
    assert pdf.startswith(b"%PDF-")
    assert 2 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 60


PRINTED_PX = 688.0
"""Of A4 between the margins of the page: 182 mm."""


@pytest.mark.parametrize(("nodes", "metrics"), [(33, 3), (128, 3), (40, 24)])
def test_no_matrix_is_cut_in_print(browser: Any, tmp_path: Path, nodes: int, metrics: int) -> None:
    """A column for each node, and for each metric: what is wider than a page would be cut off."""
    path = tmp_path / "wide.html"
    command.write(command.of_acceptance(fleet(nodes, metrics)), path)
    browser.get(path.as_uri())
    emulate(browser, "light", media="print")
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": int(PRINTED_PX), "height": 1000, "deviceScaleFactor": 1, "mobile": False},
    )
    try:
        ends = browser.execute_script(
            "return [...document.querySelectorAll('table')].map((one) => "
            "[one.className, one.rows[0].cells.length, one.getBoundingClientRect().right])"
        )
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        emulate(browser, "light")
    assert max(columns for _, columns, _ in ends) >= nodes + 1
    assert [one for one in ends if one[2] > PRINTED_PX] == []
