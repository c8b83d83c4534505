"""stream_c: STREAM's own C program, a binary of the site.

    copy, scale: 16 B an element; add, triad: 24 B    (STREAM 5.10, stream.c)

as in the kernel stream, write-allocate reads in ``bytes_hidden``. Its number is the best of the
iterations after the first, not a median: it is compared with ours to our disadvantage. The rate
is the one it prints, in MB/s (10^6) with one decimal. How long its arrays are is compiled into it
(-DSTREAM_ARRAY_SIZE=...): ``n`` says what the output must say. It uses the threads of one rank,
if it was compiled with OpenMP, and verifies itself: mean error of each array below 1e-13 (which
NaN is to it: what it cannot see, its output does not show).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from kernels.contract import BANDWIDTH, IllegalParameter, Phase, Work, parameter
from kernels.program import Parsed, Program, binary_parameter, mpirun_parameter, reported

_ARRAYS = 3
_ELEMENT_B = 8
_DEFAULT_SIZE = 10_000_000


@dataclass(frozen=True, kw_only=True)
class StreamC(Program):
    """STREAM 5.10, or any program that prints its table."""

    title: ClassVar[str] = "STREAM's C program: a binary of your own, one rank with threads"
    verification: ClassVar[str] = "its own: 'Solution Validates', mean error of each array < 1e-13"
    primary: ClassVar[str] = "triad"
    install: ClassVar[str] = (
        "gcc -O3 -march=native -fopenmp -DSTREAM_ARRAY_SIZE=80000000 stream.c -o stream_c "
        "(https://www.cs.virginia.edu/stream/)"
    )

    n: int = parameter(
        _DEFAULT_SIZE, unit="1", help="elements of an array, as compiled into it", minimum=1
    )
    binary: str = binary_parameter("stream_c")
    mpirun: str = mpirun_parameter()

    def check_geometry(self, ranks: int) -> None:
        """One rank: it is no MPI program."""
        if ranks != 1:
            known = "1: STREAM's C program knows threads only; type --ranks 1 --threads CORES"
            raise IllegalParameter("ranks", ranks, known)

    def memory_B(self, ranks: int) -> int:
        """The three arrays."""
        return _ARRAYS * _ELEMENT_B * self.n

    def phases(self) -> tuple[Phase[None], ...]:
        """In STREAM's order."""
        return (
            reported("copy", BANDWIDTH, self._work(reads=1, flop=0)),
            reported("scale", BANDWIDTH, self._work(reads=1, flop=1)),
            reported("add", BANDWIDTH, self._work(reads=2, flop=1)),
            reported("triad", BANDWIDTH, self._work(reads=2, flop=2)),
        )

    def parse(self, text: str, ranks: int) -> Parsed:
        """The table that it prints."""
        from kernels.external.stream_c import output

        return output.parsed(self, text)

    def _work(self, reads: int, flop: int) -> Callable[[int], Work]:
        array_B = float(_ELEMENT_B * self.n)
        made = Work(
            flop=flop * self.n,
            bytes_read=reads * array_B,
            bytes_written=array_B,
            bytes_hidden=array_B,
            items=self.n,
        )
        return lambda _ranks: made
