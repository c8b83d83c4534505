"""The HTML file of a report, from its document alone."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.report.html import listing, printed, words
from harness.report.html.content import Section
from harness.report.plots import palette
from harness.report.report_document import ReportDoc

TEMPLATES: Final = Path(__file__).parent / "templates"


def sections(report: ReportDoc) -> list[Section]:
    """The sections that have something to say."""
    made = (one.section(report) for one in listing.makers())
    return [one for one in made if one is not None]


def html(report: ReportDoc, made: list[Section]) -> str:
    """The whole file: style and script inside, allowed by their hashes and nothing else."""
    style, script = _style(), _text("page.js")
    return _environment().get_template("page.html").render(
        report=report,
        sections=made,
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - a file of this package
        policy=policy(style, script),
    )  # fmt: skip


def rendered(template: str, **values: object) -> str:
    """A template of this package; what is filled in is escaped."""
    return _environment().get_template(template).render(**values)


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy: nothing is loaded, this style and this script alone are used.

    ``data:`` is for the icon, without which some browsers ask for one.
    """
    return (
        f"default-src 'none'; style-src 'sha256-{_hash(style)}'; "
        f"script-src 'sha256-{_hash(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _style() -> str:
    """The style sheet with the colours of the plots for a light and for a dark page."""
    text = _text("style.css").replace("/*FIT*/", printed.style())
    for name, colours in (("LIGHT", palette.LIGHT), ("DARK", palette.DARK)):
        text = text.replace(f"/*{name}*/", palette.variables(colours))
    return text


def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    """Everything that is filled in is escaped, but the SVG of `report.plots`."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"when": words.when, "day": words.day, "ago": words.ago}
    return made
