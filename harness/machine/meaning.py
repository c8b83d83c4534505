"""What may follow for performance where two nodes differ in a fact, in a few words.

Only what is known of this kind of fact in general; whether it holds here, a measurement tells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

_SLOW_GOVERNORS: Final = frozenset({"powersave", "conservative"})
_OF: Final[dict[str, str]] = {
    "cpu_model": "another machine",
    "cores_physical": "another peak",
    "memory_B": "sizes that follow the memory differ",
    "memory_present_B": "other memory modules: bandwidth may differ",
    "numa_nodes": "memory may be farther away",
    "caches": "other working sets stay in the caches",
    "llc_B": "other working sets stay in the caches",
    "gpus": "another machine",
    "interconnects": "another latency and bandwidth between nodes",
    "frequency_max_Hz": "another clock",
    "simd": "another peak of a core",
    "vector_bits": "another peak of a core",
    "features": "other instructions may be used",
    "virtualised": "a hypervisor may take CPU time",
    "hostname": "another node",
    "microcode": "may change clock and mitigations",
    "firmware": "may change clock, memory timing and power limits",
    "kernel": "scheduling, huge pages and mitigations may differ",
    "mitigations": "system calls and page faults may cost more",
    "kernel_command": "may isolate CPUs, reserve huge pages, switch off mitigations",
    "gpu_driver": "speed of the GPUs may differ",
    "smt": "threads of a core share its units and caches",
    "cpu_quota": "ranks are stopped when the quota is used up",
    "memory_limit_B": "sizes that follow the memory differ",
    "cores_usable": "fewer cores for the ranks",
    "threads_usable": "fewer hardware threads for the ranks",
    "numba": "compiled code may differ",
    "llvm": "compiled code may differ",
    "llvmlite": "compiled code may differ",
    "blas": "speed of matrix products may differ",
    "scipy": "it brings the BLAS",
    "mpi": "speed of messages may differ",
    "mpirun": "ranks may be placed and bound otherwise",
    "mpi4py": "overhead of a message may differ",
    "commit": "other sources of qyran",
    "qyran": "other sources of qyran",
    "container": "limits and libraries may be those of the container",
    "load_1min": "something else may have been running",
    "temperature_C": "a warm processor may clock lower",
    "memory_available_B": "sizes that follow the free memory differ",
    "boot_id": "rebooted in between, or another node",
}
_VARIABLES: Final = (
    (("OMP_", "GOMP_", "KMP_", "NUMBA_"), "threads may be counted or placed otherwise"),
    (("OPENBLAS_", "GOTO_", "MKL_", "BLIS_", "VECLIB_"), "the BLAS may work otherwise"),
    (
        ("OMPI_", "PRTE_", "PMIX_", "MPICH_", "MPIR_", "I_MPI_", "HYDRA_", "UCX_", "FI_", "PSM"),
        "messages may travel otherwise",
    ),
    (("MALLOC_",), "memory may be allocated otherwise"),
    (("LD_", "LOADEDMODULES"), "other libraries may be loaded"),
    (("SLURM_", "PBS_", "LSB_", "FLUX_", "OAR_"), "the batch job asked for other resources"),
    (("CUDA_",), "other GPUs may be seen"),
)


def _governor(a: Any, b: Any) -> str:
    words = {word for one in (a, b) if one for word in str(one).split(",")}
    slow = sorted(words & _SLOW_GOVERNORS)
    return f"{slow[0]}: clock may stay low" if slow else "the clock may follow the load otherwise"


def _boost(a: Any, b: Any) -> str:
    return "without boost the clock is at most the nominal one" if False in (a, b) else ""


def _huge_pages(a: Any, b: Any) -> str:
    return (
        "never: no huge pages, more TLB misses" if "never" in (a, b) else "more or fewer TLB misses"
    )


def _clocksource(a: Any, b: Any) -> str:
    other = next((one for one in (a, b) if one and one != "tsc"), None)
    return f"{other}: reading the clock may cost more" if other else ""


_ASKED: Final[dict[str, Callable[[Any, Any], str]]] = {
    "governor": _governor,
    "boost": _boost,
    "transparent_huge_pages": _huge_pages,
    "clocksource": _clocksource,
}


def of(name: str, a: Any, b: Any) -> str:
    """What may follow where a fact has these two values; "" where nothing is known."""
    question = _ASKED.get(name)
    return question(a, b) if question else _OF.get(name, "")


def of_variable(name: str) -> str:
    """What may follow from another value of an environment variable."""
    return next((means for starts, means in _VARIABLES if name.startswith(starts)), "")
