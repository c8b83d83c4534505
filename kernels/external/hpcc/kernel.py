"""hpcc: the HPC Challenge benchmark, a binary of the site (Debian: apt-get install hpcc).

It chooses the sizes of its tests from n, the order of the HPL matrix, with m = 8 n^2 / (p q) bytes
a rank (hpcc 1.5.0, src/io.c, and the sources of the tests):

    hpl            n (2/3 n + 3/2) n flop           one solution, without warm-up
    star_dgemm     2 k^3 flop a rank, k ~ sqrt(m / 24): every rank at once, one product
    single_dgemm   the same on one rank, the others wait
    star_copy ...  m / 24 elements an array and rank, 16 or 24 B each as STREAM counts; the best of
                   nine iterations of each rank
    ptrans         8 (n / 2)^2 B: the matrix is transposed once; the slowest of five
    random_access  4 updates of each of the words of a table that fills m of all ranks to the last
                   power of two. Where it ran into its limit of time (60 s) it did fewer: then
                   only the rate is true
    fft            5 N log2 N flop, N complex numbers over the power of two of ranks
    pingpong       the slowest pair, 8 B and 2 MB; ring: ranks in random order, each its own
                   share of the bandwidth. From two ranks on

hpcc prints the rates of star tests as means over the ranks; here they are those of the whole job,
that mean times the ranks. (qyran's own kernels count the slowest rank: never more.) All rates
are those of its summary, with six digits. It verifies every test itself: all verdicts of the
output must be good, and the check shown is HPL's scaled residual.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from kernels._support import hpl_dat, netlib_hpl, process_grid
from kernels.contract import BANDWIDTH, FLOP_RATE, Metric, Phase, Value, Work, parameter
from kernels.program import Parsed, Program, binary_parameter, mpirun_parameter, reported

UPDATES: Final = Metric("update_rate", "update/s", "higher", "items")
LATENCY: Final = Metric("latency", "s", "lower", "seconds")
LARGE_MESSAGE_B: Final = 2_000_000
_NB = 192
_SMALLEST = 100
"""Below it some of the tests have nothing to do."""
_PTRANS = "0 Number of additional problem sizes for PTRANS\n0 values of N\n"
_BLOCKS = "0 number of additional blocking sizes for PTRANS\n0 values of NB\n"


@dataclass(frozen=True, kw_only=True)
class Hpcc(Program):
    """HPC Challenge 1.5."""

    title: ClassVar[str] = "HPC Challenge in C: HPL, DGEMM, STREAM, RandomAccess, FFT, ..."
    verification: ClassVar[str] = (
        "its own verdicts, all of them: HPL scaled residual < 16, PTRANS, RandomAccess, STREAM,"
        " FFT, Success=1"
    )
    primary: ClassVar[str] = "hpl"
    install: ClassVar[str] = "apt-get install hpcc libopenblas0-pthread"
    output: ClassVar[str] = "hpccoutf.txt"

    n: int = parameter(
        unit="1",
        help="order of HPL's matrix; every other size follows from it",
        minimum=_SMALLEST,
        maximum=netlib_hpl.LARGEST,
        auto=True,
    )
    nb: int = parameter(
        _NB, unit="1", help="block size of HPL and PTRANS", minimum=1, maximum=netlib_hpl.LARGEST
    )
    p: int = parameter(unit="1", help="process rows of the grid", minimum=1, auto=True)
    q: int = parameter(unit="1", help="process columns of the grid", minimum=1, auto=True)
    depth: int = parameter(1, unit="1", help="look-ahead of HPL", minimum=0, maximum=9)
    bcast: str = parameter(
        "1rM", unit="", help="broadcast of HPL's panel", choices=hpl_dat.BROADCASTS
    )
    binary: str = binary_parameter("hpcc")
    mpirun: str = mpirun_parameter()

    @classmethod
    def fit(
        cls, given: Mapping[str, Value], memory_B: int, llc_B: int, ranks: int
    ) -> dict[str, Value]:
        """The squarest grid, and the largest n that fits."""
        return netlib_hpl.fitted(given, int(given.get("nb", _NB)), _SMALLEST, memory_B, ranks)

    def check_geometry(self, ranks: int) -> None:
        """The grid must have as many places as there are ranks."""
        process_grid.check(self.p, self.q, ranks)

    def memory_B(self, ranks: int) -> int:
        """HPL's matrix and panels; the other tests need no more than the matrix."""
        return netlib_hpl.memory_B(self.n, self.nb, self.p, self.q)

    def phases(self) -> tuple[Phase[None], ...]:
        """The tests a user compares, in the order of the summary; more stand in the record."""
        parts = [
            reported("hpl", FLOP_RATE, lambda _: Work(flop=netlib_hpl.flop(self.n))),
            reported("star_dgemm", FLOP_RATE, lambda ranks: Work(flop=ranks * self._product())),
            reported("single_dgemm", FLOP_RATE, lambda _: Work(flop=self._product()), alone=True),
            *(
                reported(f"star_{name}", BANDWIDTH, self._stream(*of))
                for name, of in _STREAM.items()
            ),
            reported("ptrans", BANDWIDTH, lambda _: Work(bytes_read=8.0 * (self.n // 2) ** 2)),
            reported("random_access", UPDATES, lambda ranks: Work(items=4.0 * self.table(ranks))),
            reported("fft", FLOP_RATE, self._transform),
        ]
        if self.p * self.q > 1:
            large = Work(messages=1.0, bytes_read=LARGE_MESSAGE_B)
            for name in ("pingpong", "ring"):
                parts.append(reported(name, LATENCY, lambda _: Work(messages=1.0)))
                parts.append(reported(f"{name}_2MB", BANDWIDTH, lambda _: large))
        return tuple(parts)

    def files(self, ranks: int) -> Mapping[str, str]:
        """hpccinf.txt: an HPL.dat, a line that is ignored, and no further sizes for PTRANS."""
        values = hpl_dat.HplDat(
            ns=(self.n,),
            nbs=(self.nb,),
            grids=((self.p, self.q),),
            depths=(self.depth,),
            bcasts=(self.bcast,),
        )
        return {"hpccinf.txt": f"{hpl_dat.write(values)}PTRANS\n{_PTRANS}{_BLOCKS}"}

    def parse(self, text: str, ranks: int) -> Parsed:
        """Its report: every section whole, every verdict, and the summary."""
        from kernels.external.hpcc import output

        return output.parsed(self, text, ranks)

    def share_B(self) -> int:
        """Bytes of HPL's matrix on one rank, m, as hpcc counts them."""
        return 8 * self.n**2 // (self.p * self.q)

    def product(self) -> int:
        """Order of the matrices of DGEMM."""
        return int(math.sqrt(self.elements() + 0.25) - 0.5)

    def elements(self) -> int:
        """Elements of an array of STREAM."""
        return self.share_B() // 24

    def table(self, ranks: int) -> int:
        """Words of the table of MPIRandomAccess: a power of two."""
        return _power_of_two(self.share_B() * ranks / 8)

    def transform(self, ranks: int) -> int:
        """Complex numbers of MPIFFT: powers of two on a power of two of ranks."""
        computing = _power_of_two(ranks)
        return _power_of_two(self.share_B() // (64 * computing)) * computing**2

    def _product(self) -> float:
        return 2.0 * self.product() ** 3

    def _transform(self, ranks: int) -> Work:
        n = self.transform(ranks)
        return Work(flop=5.0 * n * math.log2(n))

    def _stream(self, reads: int, flop: int) -> Callable[[int], Work]:
        def work(ranks: int) -> Work:
            elements = float(self.elements() * ranks)
            array_B = 8.0 * elements
            return Work(
                flop=flop * elements,
                bytes_read=reads * array_B,
                bytes_written=array_B,
                bytes_hidden=array_B,
                items=elements,
            )

        return work


_STREAM: Final = {"copy": (1, 0), "scale": (1, 1), "add": (2, 1), "triad": (2, 2)}
"""Arrays read and flops of an element."""


def _power_of_two(limit: float) -> int:
    """The largest power of two that is not above ``limit``, at least 1."""
    return 1 << max(0, int(limit).bit_length() - 1)
