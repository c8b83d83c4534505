"""The state of a group-by: by integers, or by strings.

Importing it compiles the code of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.bigdata.groupby.by_integer import ByInteger
from kernels.bigdata.groupby.by_string import ByString
from kernels.bigdata.groupby.data import open_data
from kernels.bigdata.groupby.names import StringPart

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

    from kernels.bigdata.groupby.kernel import GroupBy

State = ByInteger | ByString


def allocate(kernel: GroupBy, comm: Intracomm) -> State:
    """The rows of one rank; what an input holds decides. Collective."""
    data = open_data(kernel, comm)
    extremes = kernel.aggregates == "all"
    if isinstance(data.keys, StringPart):
        return ByString(data.keys, data, extremes, comm)
    return ByInteger(data.keys, data, extremes, comm)
