"""Makes cases.json: weighted least squares with a ridge towards given weights, by NumPy.

Every system is solved as one tall least-squares problem (numpy.linalg.lstsq): the rows times the root of their
weight, and below them the root of the ridge times the identity. The last quarter of the rows chooses the ridge.

    python make.py      (NumPy 2)
"""

import json

import numpy as np

LAMBDAS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]


def solve(x, y, w, plain, bias, lam, free):
    root = np.sqrt(w)[:, None]
    mean = (w[:, None] * x).sum(0) / w.sum() if free else np.zeros(x.shape[1])
    ridge = lam * (w[:, None] * (x - mean) ** 2).sum() / x.shape[1]
    left = y - x @ plain.T - bias
    columns = np.hstack([x, np.ones((len(x), 1))]) if free else x
    below = np.sqrt(ridge) * np.eye(x.shape[1], columns.shape[1])
    found = np.linalg.lstsq(np.vstack([root * columns, below]), np.vstack([root * left, np.zeros((len(below), y.shape[1]))]), rcond=None)[0]
    inputs = x.shape[1]
    return plain + found[:inputs].T, bias + (found[inputs] if free else 0)


def error(x, y, w, weight, bias):
    return float((w[:, None] * (y - x @ weight.T - bias) ** 2).sum())


def case(name, x, y, w, plain, bias, free):
    border = len(x) - len(x) // 4
    fit, out = slice(0, border), slice(border, None)
    before = error(x[out], y[out], w[out], plain, bias)
    best = (before, 0.0, plain, bias)
    for lam in LAMBDAS:
        weight, intercept = solve(x[fit], y[fit], w[fit], plain, bias, lam, free)
        after = error(x[out], y[out], w[out], weight, intercept)
        if after < best[0]:
            best = (after, lam, weight, intercept)
    mean = (w[out][:, None] * y[out]).sum(0) / w[out].sum()
    spread = float((w[out][:, None] * (y[out] - mean) ** 2).sum())
    return {
        "name": name, "free": free,
        "x": x.tolist(), "y": y.tolist(), "weights": w.tolist(), "plain": plain.tolist(), "plainIntercept": bias.tolist(),
        "weight": best[2].tolist(), "intercept": best[3].tolist(), "lambda": best[1],
        "errorBefore": before / spread, "errorAfter": best[0] / spread, "samples": border,
    }


def drawn(rng, rows, inputs, outputs, noise):
    x = rng.normal(size=(rows, inputs)) + rng.normal(size=inputs)
    truth = rng.normal(size=(outputs, inputs))
    y = x @ truth.T + rng.normal(size=outputs) + noise * rng.normal(size=(rows, outputs))
    return x, y, truth + 0.3 * rng.normal(size=truth.shape)


def main():
    rng = np.random.default_rng(15)
    cases = []
    x, y, plain = drawn(rng, 48, 5, 3, 0.5)
    even = np.ones(48)
    zero = np.zeros(3)
    cases.append(case("intercept solved", x, y, even, plain, zero, True))
    cases.append(case("intercept fixed", x, y, even, plain, np.array([0.5, -1.0, 2.0]), False))
    uneven = rng.uniform(size=48) ** 4
    uneven[5] = 0
    cases.append(case("weighted", x, y, uneven, plain, zero, True))
    cases.append(case("towards zero", x, y, even, np.zeros_like(plain), zero, False))
    singular = x.copy()
    singular[:, 1] = 0  # a dead unit
    singular[:, 2] = 3  # a constant one
    singular[:, 4] = singular[:, 3]  # two alike
    cases.append(case("singular", singular, y, even, plain, zero, True))
    few, said, start = drawn(rng, 8, 12, 2, 0.1)
    cases.append(case("few samples", few, said, np.ones(8), start, np.zeros(2), True))
    x, y, _ = drawn(rng, 40, 4, 2, 0.0)
    truth, *_ = np.linalg.lstsq(np.hstack([x, np.ones((40, 1))]), y, rcond=None)
    noisy = y.copy()
    noisy[:30] += 5 * rng.normal(size=(30, 2))  # what it is solved on misleads
    cases.append(case("misled", x, noisy, np.ones(40), truth[:4].T.copy(), truth[4].copy(), True))
    with open("cases.json", "w", encoding="utf-8") as file:
        json.dump(cases, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
