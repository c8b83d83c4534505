"""The star stencil of the Parallel Research Kernels in two dimensions."""
