"""Benchmarks: the programs behind every figure that docs/reference/ gives."""

import os

# One thread each, said before anything imports them: figures of one core are those that can be added up.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
