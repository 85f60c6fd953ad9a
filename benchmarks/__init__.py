"""Benchmarks: the programs behind every figure that docs/reference/ gives."""

import os

# One thread each, set before the libraries are imported: figures of one core can be compared and added.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
