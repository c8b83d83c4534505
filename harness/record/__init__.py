"""Results and their HDF5 files; the only importer of h5py."""
