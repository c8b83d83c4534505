"""xhpl: netlib's HPL, a binary of the site, on one test.

    flop = n (2/3 n + 3/2) n    as HPL counts them (netlib HPL 2.3, testing/ptest/HPL_pdtest.c)

The rate is the one it prints, with five digits; the time beside it has two decimals only. It
solves once, without warm-up: what a first solution costs is in its number. It verifies itself by
the scaled residual, with the threshold 16.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kernels._support import hpl_dat, netlib_hpl, process_grid
from kernels.contract import FLOP_RATE, Phase, Value, Work, parameter
from kernels.program import Parsed, Program, binary_parameter, mpirun_parameter, reported

_NB = 192


@dataclass(frozen=True, kw_only=True)
class Xhpl(Program):
    """HPL of netlib or of a vendor: any binary that reads HPL.dat and prints HPL's table."""

    title: ClassVar[str] = "netlib's HPL: a binary of your own"
    verification: ClassVar[str] = "its own scaled residual < 16, as it prints it"
    primary: ClassVar[str] = "solve"
    install: ClassVar[str] = "build netlib HPL 2.3 (https://www.netlib.org/benchmark/hpl/)"

    n: int = parameter(
        unit="1", help="order of the matrix", minimum=1, maximum=netlib_hpl.LARGEST, auto=True
    )
    nb: int = parameter(
        _NB, unit="1", help="block size of the distribution", minimum=1, maximum=netlib_hpl.LARGEST
    )
    p: int = parameter(unit="1", help="process rows of the grid", minimum=1, auto=True)
    q: int = parameter(unit="1", help="process columns of the grid", minimum=1, auto=True)
    order: str = parameter(
        "row", unit="", help="mapping of ranks to the grid", choices=hpl_dat.ORDERS
    )
    depth: int = parameter(1, unit="1", help="look-ahead", minimum=0, maximum=9)
    bcast: str = parameter(
        "1rM", unit="", help="broadcast of the panel", choices=hpl_dat.BROADCASTS
    )
    pfact: str = parameter(
        "right", unit="", help="factorisation of a panel", choices=hpl_dat.FACTORISATIONS
    )
    rfact: str = parameter(
        "crout", unit="", help="recursive factorisation", choices=hpl_dat.FACTORISATIONS
    )
    nbmin: int = parameter(
        4, unit="1", help="columns at which recursion ends", minimum=1, maximum=9999
    )
    ndiv: int = parameter(2, unit="1", help="parts of a recursion", minimum=2, maximum=99)
    swap: str = parameter("mix", unit="", help="exchange of rows", choices=hpl_dat.SWAPS)
    swap_threshold: int = parameter(
        64, unit="1", help="columns up to which mix is binary", minimum=0, maximum=9999
    )
    binary: str = binary_parameter("xhpl")
    mpirun: str = mpirun_parameter()

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """The squarest grid, and the largest n that fits."""
        return netlib_hpl.fitted(given, int(given.get("nb", _NB)), 1, memory_B, ranks)

    def check_geometry(self, ranks: int) -> None:
        """The grid must have as many places as there are ranks."""
        process_grid.check(self.p, self.q, ranks)

    def memory_B(self, ranks: int) -> int:
        """Matrix and panels."""
        return netlib_hpl.memory_B(self.n, self.nb, self.p, self.q)

    def phases(self) -> tuple[Phase[None], ...]:
        """The solution."""
        return (reported("solve", FLOP_RATE, self._work),)

    def files(self, ranks: int) -> Mapping[str, str]:
        """HPL.dat."""
        return {"HPL.dat": hpl_dat.write(self._values())}

    def parse(self, text: str, ranks: int) -> Parsed:
        """The table that it prints."""
        from kernels.external.xhpl import output

        return output.parsed(self, text, self._work(ranks))

    def code(self) -> str:
        """The T/V code of what is asked for."""
        return hpl_dat.Variant(
            order=self.order,
            depth=self.depth,
            bcast=self.bcast,
            rfact=self.rfact,
            ndiv=self.ndiv,
            pfact=self.pfact,
            nbmin=self.nbmin,
        ).code

    def _values(self) -> hpl_dat.HplDat:
        return hpl_dat.HplDat(
            ns=(self.n,),
            nbs=(self.nb,),
            grids=((self.p, self.q),),
            order=self.order,
            pfacts=(self.pfact,),
            nbmins=(self.nbmin,),
            ndivs=(self.ndiv,),
            rfacts=(self.rfact,),
            bcasts=(self.bcast,),
            depths=(self.depth,),
            swap=self.swap,
            swap_threshold=self.swap_threshold,
        )

    def _work(self, ranks: int) -> Work:
        return Work(flop=netlib_hpl.flop(self.n))
