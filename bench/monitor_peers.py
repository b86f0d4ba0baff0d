"""Other tools on the quiet streams of bench/monitor-peers.ts: `monitor_peers.py JOB.json`, run by it, writes the alarm days of each."""
import importlib.metadata
import json
import sys
import time

import numpy as np

job = json.load(open(sys.argv[1]))


WINDOW = 20


def alibi(reference):
    """
    One false alarm in as many rows as the monitor's promise has; it stops at the first. Its limits are of more bootstrap
    samples than those rows, of which it loses one a step, so the window is of 20 rows and a baseline of 500 takes a minute.
    """
    import torch
    from alibi_detect.cd import MMDDriftOnline

    torch.set_num_threads(1)
    torch.manual_seed(0)
    ert = 365 * job['day_rows']
    detector = MMDDriftOnline(reference, ert, WINDOW, backend='pytorch', n_bootstraps=ert + 2 * WINDOW, verbose=False)

    def told(days):
        detector.reset_state()
        for day, rows in enumerate(days):
            for row in rows:
                if detector.predict(row, return_test_stat=False)['data']['is_drift']:
                    return [day]
        return []

    return told


def evidently_model(reference):
    """Its default of embeddings: a classifier tells the day from the baseline, with an area of 0.55 or more."""
    import pandas as pd
    from evidently.legacy.metrics.data_drift.embedding_drift_methods import model

    method, frame = model(), pd.DataFrame(reference)
    return lambda days: [day for day, rows in enumerate(days) if method(frame, pd.DataFrame(rows))[1]]


def evidently_columns(reference):
    """Its preset: half of the columns or more have drifted, each by the test that it chooses."""
    import pandas as pd
    from evidently.legacy.calculations.stattests import get_stattest

    frame = pd.DataFrame(reference)
    tests = [get_stattest(frame[c], frame[c], 'num', None) for c in frame]

    def drifted(rows):
        both = pd.DataFrame(rows)
        return np.mean([test(frame[c], both[c], 'num', None).drifted for c, test in zip(frame, tests)]) >= 0.5

    return lambda days: [day for day, rows in enumerate(days) if drifted(rows)]


TOOLS = {
    'alibi': ('alibi-detect', {'Alibi Detect {}, online MMD of 20 rows': alibi}),
    'evidently': ('evidently', {'Evidently {}, model': evidently_model, 'Evidently {}, columns': evidently_columns}),
}
package, methods = TOOLS[job['tool']]
version = importlib.metadata.version(package)
told = {name.format(version): [] for name in methods}
for at, path in enumerate(job['paths']):
    values = np.fromfile(path, dtype=np.float32).reshape(-1, job['columns'])
    reference = values[: job['rows']]
    years = values[job['rows'] :].reshape(-1, job['days'], job['day_rows'], job['columns'])
    for name, method in methods.items():
        np.random.seed(at)
        start = time.process_time()
        judge = method(reference)
        alarms = [judge(days) for days in years]
        told[name.format(version)] += alarms
        print(f'{name} {at}: {[len(days) for days in alarms]} {time.process_time() - start:.0f} s', file=sys.stderr)
json.dump(told, open(job['out'], 'w'))
