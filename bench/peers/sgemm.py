"""The rate of OpenBLAS's sgemm through numpy, GFLOP/s: the best of the repeats. Environment variables choose its kernels.

    OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1 python3 sgemm.py SIDE REPEATS
"""

import sys
import time

import numpy

side, repeats = int(sys.argv[1]), int(sys.argv[2])
random = numpy.random.default_rng(1)
a, b = (random.standard_normal((side, side), dtype=numpy.float32) for _ in range(2))
best = 0.0
for _ in range(repeats):
    start = time.perf_counter()
    a @ b
    best = max(best, 2 * side**3 / (time.perf_counter() - start) / 1e9)
print(best)
