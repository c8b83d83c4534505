"""K-means: one step of Lloyd's algorithm, the reduction that computes more than it reads.

    label of x = argmin_j ||x - c_j||^2 = argmin_j (||c_j||^2 - 2 x.c_j)
    new c_j = mean of the points with label j

S. P. Lloyd, Least squares quantization in PCM, IEEE Trans. Inf. Theory 28 (1982). The products of
all points with all centres are a matrix product, fused with the search for the smallest distance
(nearest.py). A point between equally near centres goes to the first; an empty cluster keeps its
centre.

The result has the same bits for any number of ranks and threads: each product is summed in the
order of the coordinates, and coordinates are summed as integers (exact.py). A step starts from the
points floor(i rows / clusters), which are distinct if there are as many rows as clusters. What is
exchanged is one Allreduce of clusters (2 dimensions + 1) integers.

The points are generated around hidden centres (points.py): finite, and never NaN. There is no
input. With a limit of the memory, points are generated chunk by chunk; labels, 4 B a row, stay.

Counting, for n rows, k clusters, d dimensions:

    flop  = 2 n k d (products) + 2 n k (norms) + n d (sums); comparisons are not counted
    bytes = 8 n d read and 4 n written, the labels
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kernels._support.dataset.declaration import Dataset
from kernels.contract import (
    BANDWIDTH,
    FLOP_RATE,
    ROW_RATE,
    Check,
    Phase,
    Value,
    Watch,
    Work,
    parameter,
)

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.kmeans.cpu import State
    from kernels.bigdata.kmeans.points import Points

DIMENSIONS = 64
LABEL_B = 4


@dataclass(frozen=True, kw_only=True)
class Kmeans(Dataset["State"]):
    """One Lloyd step."""

    title: ClassVar[str] = "one step of k-means (Lloyd), fused with its matrix product"
    verification: ClassVar[str] = (
        "no centre is nearer to any point than its own by more than the rounding errors; counts,"
        " sums and new centres equal, bit for bit, those of the labels; the objective falls"
    )
    primary: ClassVar[str] = "step"
    copies: ClassVar[float] = 1.0

    input: str = parameter("", unit="", help="none: points are generated", choices=("",))
    distribution: str = parameter(
        "uniform",
        unit="",
        help="of the points over the hidden clusters: equal puts all into one",
        choices=("uniform", "zipf", "equal"),
    )
    clusters: int = parameter(256, unit="1", help="centres", minimum=1, maximum=2**20)
    dimensions: int = parameter(
        DIMENSIONS, unit="1", help="coordinates of a point", minimum=1, maximum=2**16
    )

    @classmethod
    def row_B(cls, given: Mapping[str, Value]) -> int:
        """Coordinates and label."""
        return 8 * int(given.get("dimensions", DIMENSIONS)) + LABEL_B

    def phases(self) -> tuple[Phase[State], ...]:
        """The step."""
        also = (ROW_RATE, BANDWIDTH)
        return (Phase("step", FLOP_RATE, lambda state: state.step(), self._work, also=also),)

    def data(self) -> Points:
        """The points."""
        from kernels._support.dataset.generate import law
        from kernels.bigdata.kmeans.points import Points

        hidden = law(
            self.distribution,
            self.rows,
            keys=self.clusters,
            exponent=self.exponent,
            seed=self.seed,
            stream=0,
        )
        return Points(hidden, self.dimensions, self.seed)

    def setup(self, comm: Intracomm) -> State:
        """The points of every rank, in memory if it is not limited."""
        from kernels.bigdata.kmeans.cpu import allocate_state

        return allocate_state(self, comm)

    def watch(self, state: State, watch: Watch) -> None:
        """Where the time of a step goes."""
        state.watch = watch

    def prepare(self, state: State) -> None:
        """Forget the results."""
        state.results = None
        state.labels[:] = -1

    def verify(self, state: State, comm: Intracomm) -> Check:
        """Labels, counts, sums and centres, from points that are generated anew."""
        from kernels.bigdata.kmeans.cpu import error

        return Check("excess of a distance over its rounding error", error(state), 1.0)

    def _work(self, ranks: int) -> Work:
        n, k, d = float(self.rows), self.clusters, self.dimensions
        return Work(
            flop=2 * n * k * d + 2 * n * k + n * d,
            bytes_read=8 * n * d,
            bytes_written=LABEL_B * n,
            items=n,
        )
