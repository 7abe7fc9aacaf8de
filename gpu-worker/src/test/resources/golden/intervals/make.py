"""Writes expected.json: intervals by SciPy 1.17.1.

    python make.py > expected.json

Bootstrap intervals are those of 200,000 draws, so that they hardly depend on the seed.
"""

import json

import numpy as np
from scipy.stats import binomtest, bootstrap

DRAWS = 200_000


def percentile(data, statistic, paired=False):
    result = bootstrap(
        data,
        statistic,
        n_resamples=DRAWS,
        method="percentile",
        confidence_level=0.95,
        paired=paired,
        vectorized=True,
        batch=10_000,
        rng=np.random.default_rng(1),
    )
    return [float(result.confidence_interval.low), float(result.confidence_interval.high)]


def mean(x, axis):
    return np.mean(x, axis=axis)


def change(a, b, axis):
    return np.mean(b, axis=axis) - np.mean(a, axis=axis)


def ratio(sums, parts, axis):
    return np.sum(sums, axis=axis) / np.sum(parts, axis=axis)


def main():
    rng = np.random.default_rng(0)
    before = (rng.random(400) < 0.92).astype(float)
    after = np.where(rng.random(400) < 0.06, 1 - before, before)
    losses = rng.gamma(1.5, 0.4, 250).round(4)
    other = (losses + rng.normal(0.02, 0.05, 250)).round(4)
    sums = rng.gamma(2.0, 8.0, 120).round(4)
    parts = rng.integers(3, 30, 120).astype(float)
    expected = {
        "hits": {"before": before.tolist(), "after": after.tolist()},
        "losses": {"before": losses.tolist(), "after": other.tolist()},
        "ratio": {"sums": sums.tolist(), "parts": parts.tolist()},
        "hitsBefore": percentile((before,), mean),
        "hitsChange": percentile((before, after), change, paired=True),
        "lossesBefore": percentile((losses,), mean),
        "lossesChange": percentile((losses, other), change, paired=True),
        "ratioInterval": percentile((sums, parts), ratio, paired=True),
        "wilson": [
            {
                "hits": hits,
                "samples": samples,
                "interval": [
                    float(end)
                    for end in binomtest(hits, samples).proportion_ci(0.95, method="wilson")
                ],
            }
            for hits, samples in [(0, 1), (1, 1), (8, 8), (0, 50), (3, 7), (940, 1000), (1741, 2000)]
        ],
    }
    print("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in expected.items()) + "\n}")


main()
