"""Figures of plots, and what they become: SVG in a page, SVG in a file, PNG.

A figure is drawn in CSS pixels: it has 72 of them an inch for matplotlib, so that a font size of 12
is 12 px. Everything happens within `style`, which starts from matplotlib's own settings: neither a
matplotlibrc of the user nor pyplot has a say, and text is never read as mathematics.

Each mark of data knows the row of the table behind the plot (``table`` of its kind) that it shows:

    mark(artist, 3)              one artist, such as a bar: ``<g class="mark" data-row="3">``
    dots(axes, x, y, [3, 4])     a dot each: ``<use class="mark" data-row="3" ...>`` and so on

`svg` says so with ``data-row`` on these elements, which a page finds with ``[data-row]``; they come
in the order in which they were drawn. Rows count from 0 and may be shown by several marks.
"""

from __future__ import annotations

import io
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from harness.report.plots import inline, palette

WIDTH: Final = 900
HEIGHT: Final = 520
_PX_PER_INCH: Final = 72.0
_MARGIN: Final = 10.0 / _PX_PER_INCH
_SETTINGS: Final[Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 12.0,
    "axes.titlesize": 13.0,
    "axes.titley": 1.0,  # above the axes: else each draw looks for what it might cover
    "axes.labelsize": 12.0,
    "xtick.labelsize": 11.0,
    "ytick.labelsize": 11.0,
    "text.color": palette.INK,
    "axes.labelcolor": palette.MUTED,
    "axes.edgecolor": palette.AXIS,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "grid.color": palette.GRID,
    "grid.linewidth": 1.0,
    "xtick.color": palette.AXIS,
    "ytick.color": palette.AXIS,
    "xtick.labelcolor": palette.MUTED,
    "ytick.labelcolor": palette.MUTED,
    "figure.facecolor": palette.PAPER,
    "hatch.color": palette.MISSING,
    "hatch.linewidth": 1.0,
    "lines.linewidth": 1.8,
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "qyran",
    "path.simplify": False,
}


@contextmanager
def style() -> Iterator[None]:
    """In which figures are drawn and written.

    A name in a script that the font lacks, such as Chinese, is no reason to warn: SVG keeps it as
    text, for which a browser finds a font, and PNG shows a box for each character.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def figure(width: float = WIDTH, height: float = HEIGHT) -> Figure:
    """An empty figure, px; laid out so that labels have room."""
    size = (width / _PX_PER_INCH, height / _PX_PER_INCH)
    room = ConstrainedLayoutEngine(w_pad=_MARGIN, h_pad=_MARGIN)
    made = Figure(figsize=size, dpi=_PX_PER_INCH, layout=room)
    FigureCanvasAgg(made)  # keeps the renderer that measures text: else each has one of its own
    return made


def side_by_side(figure: Figure, count: int) -> list[Axes]:
    """So many panels, at least one, two a row; the place beside an odd last one stays empty."""
    columns = min(2, count)
    panels: list[Axes] = (
        figure.subplots(-(-count // columns), columns, squeeze=False).ravel().tolist()
    )
    for axes in panels[count:]:
        axes.set_axis_off()
    return panels[:count]


def plain(words: str) -> str:
    """Text of a file as it may be shown: no control characters, and nothing that turns its side."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_hidden(one) else one for one in words)


def _is_hidden(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def mark(artist: Artist, row: int) -> None:
    """Say which row of the table an artist shows."""
    artist.set_gid(inline.marks([row]))


def dots(
    axes: Axes, x: Sequence[float], y: Sequence[float], rows: Sequence[int], **look: Any
) -> Line2D:
    """A dot for each row of the table, all of one look. x, y : finite, in data coordinates."""
    settings = {"marker": "o", "linestyle": "none", "clip_on": False, "zorder": 3.0, **look}
    (drawn,) = axes.plot(x, y, **settings)
    drawn.set_gid(inline.marks(rows))
    return drawn


def note(figure: Figure, words: str) -> None:
    """A line of small text below everything, for which the layout makes room."""
    figure.supxlabel(plain(words), x=0.012, ha="left", fontsize=11.0, color=palette.MUTED)


def halo(text: Text) -> Text:
    """Keep text readable on lines: it is written on a rim of the colour of the paper."""
    text.set_gid(inline.HALO)
    return text


def svg(
    figure: Figure, title: str, description: str, *, themed: bool = True, prefix: str = ""
) -> str:
    """The figure as SVG text.

    title, description : for who does not see it. themed : to be inlined into a page: no prolog, the
    colours are variables of `palette`, the font is that of the page; else a document of its own.
    prefix : of all its ids, which are to be unique in a page.
    """
    made = io.StringIO()
    with style():  # not by savefig, which draws a figure twice
        written: Any = FigureCanvasSVG(figure)
        written.print_svg(made, metadata={"Date": None, "Creator": None})
    about = inline.About(plain(title), plain(description), prefix)
    return inline.themed(made.getvalue(), about) if themed else inline.alone(made.getvalue(), about)


def png(figure: Figure, scale: float = 2.0) -> bytes:
    """The figure as a PNG file with so many pixels for each of its own."""
    made = io.BytesIO()
    rimmed = [one for one in figure.findobj(Text) if one.get_gid() == inline.HALO]
    with style():
        for one in rimmed:
            one.set_path_effects([withStroke(linewidth=inline.HALO_PX, foreground=palette.PAPER)])
        figure.savefig(made, format="png", dpi=_PX_PER_INCH * scale, metadata={"Software": None})
        for one in rimmed:
            one.set_path_effects([])
    return made.getvalue()
