"""Writes expected.json: what scikit-learn and SciPy say of drawn scores of texts that have several labels, or numbers.

Needs numpy, scikit-learn and scipy; run in this directory.
"""
import json
import warnings

import numpy as np
from scipy.stats import pearsonr
from sklearn.metrics import f1_score, mean_squared_error

warnings.filterwarnings("ignore")
random = np.random.default_rng(7)
several, values = [], []
for case in range(30):
    texts, labels = int(random.integers(1, 12)), int(random.integers(1, 6))
    targets = random.random((texts, labels)) < random.choice([0.2, 0.5])
    scores = np.round(random.normal(-0.3, 1, (texts, labels)), 3)
    scores[random.random((texts, labels)) < 0.05] = 0  # a sigmoid of one half is not over it
    if case % 3 == 0:  # a label that is neither right nor given
        targets[:, 0], scores[:, 0] = False, -1
    given = 1 / (1 + np.exp(-scores)) > 0.5
    if labels > 1:
        micro, macro = (f1_score(targets, given, average=kind, zero_division=0) for kind in ("micro", "macro"))
    else:
        micro = macro = f1_score(targets[:, 0], given[:, 0], zero_division=0)
    several.append({"targets": targets.astype(int).tolist(), "scores": scores.tolist(), "micro": micro, "macro": macro})
for case in range(20):
    texts, count = int(random.integers(2, 40)), int(random.integers(1, 4))
    targets = np.float32(np.round(random.normal(1e4 if case % 4 == 0 else 0, 1, (texts, count)), 3))
    said = np.float32(np.round(targets * random.normal() + random.normal(0, 1, (texts, count)), 3))
    wide, found = targets.astype(float), said.astype(float)
    values.append({
        "targets": wide.tolist(), "said": found.tolist(), "error": mean_squared_error(wide, found),
        "pearson": float(np.mean([pearsonr(wide[:, i], found[:, i])[0] for i in range(count)])),
    })
with open("expected.json", "w") as out:
    json.dump({"several": several, "values": values}, out, separators=(",", ":"))
    out.write("\n")
