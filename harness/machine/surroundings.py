"""What surrounds the process: container, batch job, variables that steer threads and MPI.

Only variables known to matter are kept, and none whose name smells of a secret (SLURM_JWT).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

from harness.machine.tree import Tree, Unavailable

# Families of variables that change how threads, BLAS, Numba and MPI behave.
_PREFIXES: Final = (
    "OMP_", "GOMP_", "KMP_", "OPENBLAS_", "GOTO_", "MKL_", "BLIS_", "VECLIB_", "NUMBA_",
    "OMPI_MCA_", "PRTE_MCA_", "PMIX_MCA_", "OMPI_ALLOW_RUN_AS_ROOT", "MPICH_", "MPIR_CVAR_",
    "I_MPI_", "HYDRA_", "UCX_", "FI_", "PSM2_", "PSM3_", "MPI4PY_", "MALLOC_",
)  # fmt: skip
_EXACT: Final = frozenset({
    "LD_PRELOAD", "LD_LIBRARY_PATH", "LOADEDMODULES", "CUDA_VISIBLE_DEVICES",
    "SLURM_CLUSTER_NAME", "SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK", "SLURM_CPU_BIND",
    "SLURM_CPU_FREQ_REQ", "SLURM_DISTRIBUTION", "SLURM_HINT", "SLURM_JOB_CPUS_PER_NODE",
    "SLURM_JOB_ID", "SLURM_JOB_NODELIST", "SLURM_JOB_NUM_NODES", "SLURM_JOB_PARTITION",
    "SLURM_JOB_QOS", "SLURM_MEM_BIND", "SLURM_MEM_PER_CPU", "SLURM_MEM_PER_NODE",
    "SLURM_MPI_TYPE", "SLURM_NNODES", "SLURM_NODEID", "SLURM_NODELIST", "SLURM_NTASKS",
    "SLURM_NTASKS_PER_NODE", "SLURM_NTASKS_PER_CORE", "SLURM_TASKS_PER_NODE",
    "SLURM_THREADS_PER_CORE", "SLURMD_NODENAME",
    "PBS_JOBID", "PBS_NODEFILE", "PBS_NP", "PBS_NUM_NODES", "PBS_NUM_PPN", "PBS_QUEUE",
    "LSB_JOBID", "LSB_QUEUE", "FLUX_JOB_ID", "OAR_JOB_ID",
})  # fmt: skip
_SECRET: Final = re.compile(r"TOKEN|SECRET|PASS|KEY|JWT|CRED|AUTH|COOKIE", re.IGNORECASE)
_JOBS: Final = {
    "SLURM_JOB_ID": "slurm",
    "PBS_JOBID": "pbs",
    "LSB_JOBID": "lsf",
    "FLUX_JOB_ID": "flux",
    "OAR_JOB_ID": "oar",
}
_MARKS: Final = {"/.dockerenv": "docker", "/run/.containerenv": "podman"}
_BY_VARIABLE: Final = {
    "APPTAINER_NAME": "apptainer",
    "SINGULARITY_NAME": "singularity",
    "KUBERNETES_SERVICE_HOST": "kubernetes",
}


def variables(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that steer threads, BLAS, Numba, MPI and the scheduler, sorted by name."""
    return {name: environ[name] for name in sorted(environ) if _kept(name)}


def _kept(name: str) -> bool:
    return (name in _EXACT or name.startswith(_PREFIXES)) and not _SECRET.search(name)


def job(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The batch job this runs in, {"scheduler": ..., "job": ...}; Unavailable outside of one."""
    for name, scheduler in _JOBS.items():
        if environ.get(name):
            return {"scheduler": scheduler, "job": environ[name]}
    raise Unavailable(f"none of {', '.join(_JOBS)} is set: no batch job")


def container(tree: Tree, environ: Mapping[str, str] = os.environ) -> str:
    """The kind of container this runs in, e.g. "docker"; Unavailable if nothing hints at one."""
    for name, kind in _BY_VARIABLE.items():
        if name in environ:
            return kind
    for mark, kind in _MARKS.items():
        if tree.exists(mark):
            return kind
    if environ.get("container"):  # systemd-nspawn and others: systemd's container interface
        return environ["container"]
    raise Unavailable("nothing hints at a container")
