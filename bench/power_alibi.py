"""Alibi Detect's MMD on the windows of bench/power.ts: `power_alibi.py JOB.json`, run by it."""
import json
import sys

import numpy as np
from alibi_detect.cd import MMDDrift

job = json.load(open(sys.argv[1]))
conditions = [np.fromfile(path, dtype=np.float32).reshape(-1, job['columns']) for path in job['conditions']]
found = []
for trial in job['trials']:
    # 199 permutations, as many as our methods use. With 100, p <= 0.05 would have a chance of 4 in 101 and not of 5 %.
    detector = MMDDrift(conditions[0][trial['reference']], backend='pytorch', p_val=0.05, n_permutations=199)
    for window in trial['windows']:
        for c, rows in enumerate(conditions):
            p = float(detector.predict(rows[window['rows']])['data']['p_val'])
            found.append({'condition': c, 'size': window['size'], 'p': p})
json.dump(found, open(job['out'], 'w'))
