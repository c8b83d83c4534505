"""What is measured: kernels, each a folder found by listing (see `kernels.listing`)."""

import mpi4py

# Importing mpi4py.MPI would start MPI, which login nodes forbid. The harness (harness/measure)
# and the tests start it themselves; MPI is finalised at exit all the same.
mpi4py.rc.initialize = False
mpi4py.rc.finalize = True
