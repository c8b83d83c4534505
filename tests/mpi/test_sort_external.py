"""sort out of core over ranks, in many rounds of small chunks."""

from __future__ import annotations

import numpy as np
import pytest
from mpi4py import MPI

from kernels._support.blocks import block
from kernels._support.dataset.generate import DISTRIBUTIONS
from kernels._support.team import ALONE
from kernels.bigdata.sort import check, cpu
from kernels.bigdata.sort.external import External
from kernels.bigdata.sort.kernel import Sort
from kernels.bigdata.sort.kinds import KINDS, kind
from kernels.bigdata.sort.sorter import Sorter


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("dtype", KINDS)
def test_many_rounds(dtype: str, distribution: str, comm: MPI.Intracomm) -> None:
    kernel = Sort(rows=20_011, dtype=dtype, distribution=distribution)
    own = block(kernel.rows, comm.size, comm.rank)
    sorter = Sorter(kind(dtype), ALONE, np.uint64(1))
    budget_B = 20_000 // comm.size * kernel.row_B({"dtype": dtype})
    state = External(cpu.column_of(kernel), own, sorter, comm, budget_B, "")
    state.sort()
    assert check.errors(state.chunks(), state.column, own, comm) == 0
