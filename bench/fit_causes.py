"""
Fits the weights of `drift/causes/name-weights.ts` to the lines of `cause-clues.ts`:

    fit_causes.py CLUES.jsonl NAMES.csv... > drift/causes/name-weights.ts

Biome formats the file afterwards (`npm run format`). `NAMES.csv` are lists of acceptable names, such as
`acceptable-causes.csv`. For each name a logistic regression says how likely it is among those that are acceptable for a window,
and one more whether all names that the rules give are. Each keeps the `KEPT` clues that count most, and is fitted again to
these. To standard error goes how the names do on sixths of the corruptions that the other five sixths did not have: so `LEAST`
of `likely-names.ts` was chosen, and `SHRINK` and `KEPT` here.

Needs NumPy and PyTorch.
"""
import csv
import json
import re
import sys
from collections import Counter

import numpy as np
import torch

KEPT = 40
SHRINK = 3e-3
FOLDS = 6
#: A clue of fewer windows says nothing.
LEAST_WINDOWS = 8
#: Windows in which less than this changed have no names to give.
SEEN = 0.0125
RULES = "rules"
SURE = {"upside down", "mirrored", "turned by a quarter", "inverted"}
HEADER = '''/**
 * How much each clue counts for each name: made by `bench/fit_causes.py`, from windows of images that were changed in known ways.
 * `likely-names.ts` says how they are used.
 */

export interface NameWeights {
  /** What the clues are added to. */
  bias: number;
  /** Each line has clues with their weights, divided by commas. */
  clues: string;
}

/** The last one is for the names that the rules give, taken together. */
export const NAME_WEIGHTS: Readonly<Record<string, NameWeights>> = {'''


def acceptable(paths):
    names = {}
    for path in paths:
        for row in csv.DictReader(open(path)):
            first, *last = row["severities"].split("-")
            for severity in range(int(first), int((last or [first])[0]) + 1):
                names[f"{row['corruption']}-{severity}"] = row["names"]
    return names


def family(window):
    return re.sub(r"-\d+$", "", window["window"])


def outcome(named, text):
    """As `causes.ts` judges."""
    if not named:
        return "no name"
    parts = [re.split("[/;]", part) for part in text.split("+")]
    if any(name not in sum(parts, []) for name in named):
        return "wrong"
    return "right" if len(parts) == 1 or all(set(part) & set(named) for part in parts) else "wrong"


def read(path, names):
    windows = [json.loads(line) for line in open(path)]
    for window in windows:
        is_quiet = family(window) == "none"
        window["names"] = "" if is_quiet else names.get(window["window"], "" if family(window) == "class_mix" else None)
    return [w for w in windows if w["names"] is not None and (family(w) == "none" or w["least_p"] <= SEEN)]


def targets(windows, kinds):
    """Where two things were done, no name alone is right."""
    wanted = np.zeros((len(windows), len(kinds)), np.float32)
    for row, window in zip(wanted, windows):
        text = window["names"]
        for kind in [] if "+" in text else text.split(";"):
            if kind in kinds:
                row[kinds.index(kind)] = 1
        row[kinds.index(RULES)] = outcome(window["told"], text) == "right"
    return wanted


def descend(x, y, shrink, steps, rate, mask, start):
    weights, bias = (value.clone().requires_grad_() for value in start)
    optimiser = torch.optim.Adam([weights, bias], lr=rate)
    for _ in range(steps):
        kept = weights * mask
        loss = torch.nn.functional.binary_cross_entropy_with_logits(x @ kept + bias, y, reduction="none").sum(1).mean()
        optimiser.zero_grad()
        (loss + shrink * (kept**2).sum()).backward()
        optimiser.step()
    return (weights * mask).detach(), bias.detach()


def fitted(x, y):
    x, y = torch.tensor(x), torch.tensor(y)
    start = torch.zeros(x.shape[1], y.shape[1]), torch.full((y.shape[1],), -3.0)
    weights, bias = descend(x, y, SHRINK, 120, 0.05, torch.ones_like(start[0]), start)
    least = weights.abs().topk(min(KEPT, len(weights)), 0).values[-1]
    return descend(x, y, SHRINK / 2, 80, 0.03, (weights.abs() >= least).float(), (weights, bias))


def chances(x, weights, bias):
    return torch.sigmoid(torch.tensor(x) @ weights + bias).numpy()


def given(window, chance, kinds, least):
    """As `image-causes.ts` decides."""
    told = window["told"]
    if told and (told[0] in SURE or chance[kinds.index(RULES)] >= least):
        return told
    best = max((i for i, kind in enumerate(kinds) if kind != RULES), key=lambda i: chance[i])
    if chance[best] < least or not (kinds[best] in told or kinds[best] in window["own"]):
        return []
    return [kinds[best]]


def tell(windows, found, kinds):
    groups = {
        "one thing": [i for i, w in enumerate(windows) if w["names"] and "+" not in w["names"]],
        "two things": [i for i, w in enumerate(windows) if "+" in w["names"]],
        "nameless": [i for i, w in enumerate(windows) if w["names"] == "" and family(w) != "none"],
    }
    for least in (0.5, 0.6, 0.65, 0.7, 0.8):
        for group, places in groups.items():
            counts = Counter(outcome(given(windows[i], found[i], kinds, least), windows[i]["names"]) for i in places)
            shares = ", ".join(f"{kind} {100 * counts[kind] / max(1, len(places)):.1f} %" for kind in ("right", "wrong"))
            print(f"{least}: {group}, {len(places)} windows: {shares}", file=sys.stderr)


def printed(clues, kinds, weights, bias):
    lines = [HEADER]
    for j, kind in enumerate(kinds):
        order = sorted(range(len(clues)), key=lambda i: -abs(weights[i, j]))
        terms = [f"{clues[i]} {weights[i, j]:.2f}".rstrip("0").rstrip(".") for i in order if abs(weights[i, j]) >= 0.005]
        text, line = [], ""
        for term in terms:
            if len(line) + len(term) > 112:
                text.append(line.rstrip())
                line = ""
            line += f"{term}, "
        text.append(line.rstrip(", "))
        key = f"'{kind}'" if " " in kind else kind
        lines.append(f"  {key}: {{\n    bias: {bias[j]:.2f},\n    clues: `\n      " + "\n      ".join(text) + "`,\n  },")
    return "\n".join([*lines, "};"])


def main(path, *lists):
    names = acceptable(lists)
    windows = read(path, names)
    kinds = sorted({kind for w in windows if "+" not in w["names"] for kind in w["names"].split(";") if kind})
    kinds = [kind for kind in kinds if kind not in ("repeated images", "clipped highlights")] + [RULES]
    counts = Counter(clue for window in windows for clue in window["clues"])
    clues = sorted(clue for clue, count in counts.items() if count >= LEAST_WINDOWS)
    values = np.array([[window["clues"].get(clue, 0) for clue in clues] for window in windows], np.float32)
    middle, spread = values.mean(0), values.std(0) + 0.05
    x, y = (values - middle) / spread, targets(windows, kinds)
    families = sorted({family(window) for window in windows})
    np.random.default_rng(1).shuffle(families)
    fold = np.array([families.index(family(window)) % FOLDS for window in windows])
    found = np.zeros_like(y)
    for i in range(FOLDS):
        found[fold == i] = chances(x[fold == i], *fitted(x[fold != i], y[fold != i]))
    tell(windows, found, kinds)
    weights, bias = (value.numpy() for value in fitted(x, y))
    weights = weights / spread[:, None]
    print(printed(clues, kinds, weights, bias - middle @ weights))


if __name__ == "__main__":
    main(*sys.argv[1:])
