"""A plot of a document, as a picture: what a page and `qyran plot` ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.report.document import Doc
from harness.report.plots import canvas, listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from harness.report.plots.listing import Kind


@dataclass(frozen=True)
class Size:
    """Width and height, px; None: what suits the numbers."""

    width: float | None = None
    height: float | None = None


OWN: Final = Size()
_NOTE_PX: Final = 22.0


def inlined(name: str, doc: Doc, prefix: str, size: Size = OWN) -> str:
    """SVG for a page. name : of the plot; prefix : of the ids, another for each plot of a page."""
    kind = listing.load(name)
    made = _drawn(kind, doc, size)
    return canvas.svg(made, kind.TITLE, listing.described(kind, doc), prefix=prefix)


def svg(name: str, doc: Doc, size: Size = OWN) -> str:
    """SVG as a file of its own."""
    kind = listing.load(name)
    made = _drawn(kind, doc, size)
    return canvas.svg(made, kind.TITLE, listing.described(kind, doc), themed=False)


def png(name: str, doc: Doc, size: Size = OWN, scale: float = 2.0) -> bytes:
    """A PNG file with ``scale`` pixels for each pixel of the size."""
    return canvas.png(_drawn(listing.load(name), doc, size), scale)


def _drawn(kind: Kind, doc: Doc, size: Size) -> Figure:
    width, height = kind.size(doc)
    note = listing.left_out(doc)
    with canvas.style():
        height += _NOTE_PX if note else 0.0
        made = canvas.figure(size.width or width, size.height or height)
        if note:
            canvas.note(made, note)
        kind.draw(doc, made)
    return made
