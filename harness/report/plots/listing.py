"""The plots there are: the folder listing of `kinds` is the registry."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast, runtime_checkable

from pydantic import Field

from harness.errors import unknown
from harness.report.document import Doc
from harness.report.plots import kinds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = str | float | int | None
"""A number in its base unit, text, or nothing."""
Table = tuple[Sequence[str], Sequence[Sequence[Cell]]]
"""The names of the columns with their units, and the rows that the marks of a plot refer to."""
Needs = Literal["rate", "ranking", "run", "machine", "history", "fleet", "pairs"]
"""What the numbers of a plot are made of."""


class NoNumbers(Exception):
    """There is nothing to draw. found : what is there instead; fix : what to run."""

    def __init__(self, found: str, fix: str) -> None:
        self.found = found
        self.fix = fix
        super().__init__(found)


class PlotDoc(Doc):
    """A plot and what it shows."""

    plot: str
    title: str
    shows: str


class PlotsDoc(Doc):
    """What `qyran plot` prints without a name."""

    schema_id: Literal["qyran.plots/1"] = Field("qyran.plots/1", alias="schema")
    plots: list[PlotDoc]


@runtime_checkable
class Limited(Protocol):
    """A document that a picture may not show in full. left_out : what not; "" for nothing."""

    left_out: str


class Kind(Protocol):
    """A plot. doc : the document of this kind."""

    TITLE: str
    HELP: str
    NEEDS: Needs
    DOCUMENT: type[Doc]

    def size(self, doc: Any) -> tuple[float, float]:
        """Width and height that suit these numbers, px."""

    def draw(self, doc: Any, figure: Figure) -> None:
        """Draw into an empty figure."""

    def describe(self, doc: Any) -> str:
        """What is to be seen, in a few sentences."""

    def table(self, doc: Any) -> Table:
        """The numbers that are shown."""


def limit(which: str, drawn: int, whole: int, noun: str) -> str:
    """``the 60 worst of 214 nodes are drawn``, for ``which`` of them; "" where all of them are."""
    return f"the {which} of {whole} {noun} are drawn" if whole > drawn else ""


def left_out(doc: Doc) -> str:
    """A sentence on what a picture of this document does not show; "" for nothing."""
    words = doc.left_out if isinstance(doc, Limited) else ""
    return f"{words[0].upper()}{words[1:]}." if words else ""


def described(kind: Kind, doc: Doc) -> str:
    """What is to be seen, and what is not."""
    return f"{kind.describe(doc)} {left_out(doc)}".rstrip()


@cache
def names() -> tuple[str, ...]:
    """All plots, by name as it is typed: ``hpl-phases`` for ``hpl_phases.py``."""
    files = Path(next(iter(kinds.__path__))).glob("[a-z]*.py")
    return tuple(sorted(path.stem.replace("_", "-") for path in files))


def load(name: str) -> Kind:
    """The plot of that name; ConfigError if there is none."""
    if name not in names():
        raise unknown("plot", "plot", name, names())
    return cast(Kind, import_module(f"{kinds.__name__}.{name.replace('-', '_')}"))


def documents() -> tuple[type[Doc], ...]:
    """The documents of all plots, each once."""
    return tuple(dict.fromkeys(load(name).DOCUMENT for name in names()))
