"""Alibi Detect's MMD on the windows of bench/power.ts: `power_alibi.py JOB.json`, run by it."""
import json
import sys

import numpy as np
from alibi_detect.cd import MMDDrift

job = json.load(open(sys.argv[1]))
read = lambda path: np.fromfile(path, dtype=np.float32).reshape(-1, job['columns'])
detector = MMDDrift(read(job['reference']), backend='pytorch', p_val=0.05, n_permutations=100)
conditions = [read(path) for path in job['conditions']]
p = [
    float(detector.predict(conditions[window['condition']][window['rows']])['data']['p_val'])
    for window in job['windows']
]
json.dump(p, open(job['out'], 'w'))
