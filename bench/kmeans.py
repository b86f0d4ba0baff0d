"""scikit-learn's k-means on rows from a file, timed; one line of JSON for each line on standard input.

    python kmeans.py ROWS_FILE ROWS COLUMNS CLUSTERS RESTARTS
"""
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.cluster import KMeans

rows, columns, clusters, restarts = map(int, sys.argv[2:6])
data = np.fromfile(sys.argv[1], dtype=np.float32).reshape(rows, columns)
for _ in sys.stdin:
    start = time.perf_counter()
    fitted = KMeans(n_clusters=clusters, n_init=restarts, random_state=0).fit(data)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "inertia": float(fitted.inertia_), "version": sklearn.__version__}), flush=True)
