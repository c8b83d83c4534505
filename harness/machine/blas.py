"""Which BLAS SciPy loads on this machine, and which of its kernels that BLAS has chosen.

Asked in a process of its own: the driver does not load SciPy.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

from harness.machine.mpi import last_line
from harness.machine.tree import Unavailable

_TIMEOUT_S: Final = 30.0
_ASK: Final = """
import json, sys
import scipy.linalg.cython_blas
import threadpoolctl
print(json.dumps([one for one in threadpoolctl.threadpool_info() if one["user_api"] == "blas"]))
"""
# Width in bit of the vector unit that a kernel set of OpenBLAS uses (its cpuid names).
_KERNEL_BITS: Final = {
    "generic": 64,
    "prescott": 128,
    "core2": 128,
    "penryn": 128,
    "dunnington": 128,
    "nehalem": 128,
    "atom": 128,
    "opteron": 128,
    "barcelona": 128,
    "bobcat": 128,
    "sandybridge": 256,
    "bulldozer": 256,
    "piledriver": 256,
    "steamroller": 256,
    "excavator": 256,
    "haswell": 256,
    "zen": 256,
    "skylakex": 512,
    "cooperlake": 512,
    "sapphirerapids": 512,
}


@dataclass(frozen=True)
class Blas:
    """The library behind ``scipy.linalg.cython_blas``."""

    name: str  # "openblas", "mkl", "blis", ...
    version: str | None
    architecture: str | None  # the kernels it chose, e.g. "SkylakeX"
    threads: int
    path: str

    @property
    def vector_bits(self) -> int | None:
        """The vector width its kernels use, bit; None if the library does not tell."""
        return _KERNEL_BITS.get((self.architecture or "").casefold())

    def __str__(self) -> str:
        kernels = f", {self.architecture} kernels" if self.architecture else ""
        version = self.version or "of unknown version"
        return f"{self.name} {version}{kernels}, {self.threads} threads"


def loaded(python: str = sys.executable) -> Blas:
    """The BLAS of SciPy. Unavailable: SciPy fails, or its BLAS is none that threadpoolctl knows."""
    try:
        done = subprocess.run(  # noqa: S603 - this Python
            [python, "-P", "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"SciPy does not start: {last_line(error.stderr)}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"SciPy does not start: {error}") from None
    return _of_scipy(json.loads(done.stdout))


def _of_scipy(libraries: list[dict[str, object]]) -> Blas:
    if not libraries:
        raise Unavailable("SciPy's BLAS is no OpenBLAS, MKL, BLIS or FlexiBLAS: a reference BLAS?")
    # NumPy's wheel brings another copy of OpenBLAS; the one beside SciPy is what kernels call.
    beside = (one for one in libraries if "scipy.libs" in str(one["filepath"]))
    chosen = next(beside, libraries[-1])
    version, architecture = chosen.get("version"), chosen.get("architecture")
    return Blas(
        str(chosen["internal_api"]),
        None if version is None else str(version),
        None if architecture is None else str(architecture),
        int(str(chosen["num_threads"])),
        str(chosen["filepath"]),
    )
