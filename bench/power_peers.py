"""Other tools on the windows of bench/power.ts: `power_peers.py JOB.json`, run by it. Each gives one number; more is more drift."""
import json
import sys
import time

import numpy as np
import pandas as pd
import torch
from alibi_detect.cd import ClassifierDrift, KSDrift, MMDDrift
from evidently.legacy.metrics.data_drift.embedding_drift_methods import distance, mmd, model, ratio
from frouros.detectors.data_drift import MMD
from sklearn.linear_model import LogisticRegression

torch.set_num_threads(1)
job = json.load(open(sys.argv[1]))
conditions = [np.fromfile(path, dtype=np.float32).reshape(-1, job['columns']) for path in job['conditions']]


def evidently(method):
    """The tool's own number: its bootstrap, which only sets a threshold, is off."""

    def of(reference):
        frame = pd.DataFrame(reference)

        def value(window):
            both = pd.DataFrame(window)
            return method(frame, both)[0]

        return value

    return of


def alibi_mmd(reference):
    """The statistic alone: permutations would only set its limit."""
    detector = MMDDrift(reference, backend='pytorch', n_permutations=1)
    return lambda window: float(detector.predict(window)['data']['distance'])


def alibi_ks(reference):
    """Bonferroni over the columns, its default: the smallest p decides."""
    detector = KSDrift(reference, p_val=0.05)
    return lambda window: -float(np.min(detector.score(window)[0]))


def alibi_classifier(reference):
    """Logistic regression, five folds."""
    detector = ClassifierDrift(
        reference, LogisticRegression(max_iter=200), backend='sklearn', p_val=0.05, n_folds=5, preds_type='probs',
        retrain_from_scratch=True,
    )
    return lambda window: float(detector.predict(window)['data']['distance'])


def frouros_mmd(reference):
    detector = MMD()
    detector.fit(X=reference)
    return lambda window: float(detector.compare(X=window)[0].distance)


TOOLS = {
    'Alibi Detect MMD': alibi_mmd,
    'Alibi Detect KS': alibi_ks,
    'Alibi Detect classifier': alibi_classifier,
    'Frouros MMD': frouros_mmd,
    'Evidently model': evidently(model(bootstrap=False)),
    'Evidently distance': evidently(distance(bootstrap=False)),
    'Evidently ratio': evidently(ratio()),
    'Evidently mmd': evidently(mmd(bootstrap=False)),
}
spent = dict.fromkeys(TOOLS, 0.0)


def told_of(trial):
    """What each tool says of each window of a trial."""
    reference = conditions[0][trial['baseline']]
    told = []
    for tool, make in TOOLS.items():
        start = time.process_time()
        value = make(reference)
        for window in trial['windows']:
            for c, rows in enumerate(conditions):
                told.append(dict(tool=tool, size=window['size'], condition=c, value=float(value(rows[window['rows']]))))
        for window in trial['quiet']:
            rows = conditions[0][window['rows']]
            told.append(dict(tool=tool, size=window['size'], condition=None, value=float(value(rows))))
        spent[tool] += time.process_time() - start
    return told


for trial in job['trials']:
    # Some tools draw at random.
    np.random.seed(trial['trial'])
    torch.manual_seed(trial['trial'])
    line = json.dumps(dict(trial=trial['trial'], told=told_of(trial)))
    with open(job['out'], 'a') as out:
        out.write(line + '\n')
    print(f"others: trial {trial['trial'] + 1}", {tool: round(s) for tool, s in spent.items()}, file=sys.stderr)
