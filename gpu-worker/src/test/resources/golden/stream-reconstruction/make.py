"""Makes case.json: the projections of the BERT of golden/bert-classifier behind a cut of its neurons, by transformers and NumPy.

All of it is float64, sequence by sequence, so there is no padding here. Every projection is solved as one tall
least-squares problem, with rows weighted by 1 / variance of what the LayerNorm behind it reads. The last quarter of the
rows of each batch chooses the ridge.

    python make.py      (transformers 4.57.6, NumPy 2)
"""

import json

import numpy as np
import torch
from transformers import BertForSequenceClassification

LAMBDAS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
BATCH = 8
KEPT = {0: list(range(0, 64, 2)), 1: list(range(40))}


def model():
    made = BertForSequenceClassification.from_pretrained("../bert-classifier", attn_implementation="eager")
    return made.eval().double()


def solve(x, y, w, plain, bias, lam):
    mean = (w[:, None] * x).sum(0) / w.sum()
    ridge = lam * (w[:, None] * (x - mean) ** 2).sum() / x.shape[1]
    root = np.sqrt(w)[:, None]
    columns = np.hstack([x, np.ones((len(x), 1))])
    below = np.sqrt(ridge) * np.eye(x.shape[1], columns.shape[1])
    left = root * (y - x @ plain.T - bias)
    found = np.linalg.lstsq(np.vstack([root * columns, below]), np.vstack([left, np.zeros((len(below), y.shape[1]))]), rcond=None)[0]
    return plain + found[:-1].T, bias + found[-1]


def error(rows, weight, bias):
    x, y, w = rows
    return float((w[:, None] * (y - x @ weight.T - bias) ** 2).sum())


def joined(batches, part):
    """Rows of all batches: the first three quarters of each, or the rest."""
    taken = []
    for rows in batches:
        border = len(rows[0]) - len(rows[0]) // 4
        taken.append([column[:border] if part == "fit" else column[border:] for column in rows])
    return [np.concatenate(columns) for columns in zip(*taken)]


def project(name, dense, batches):
    fit, out = joined(batches, "fit"), joined(batches, "out")
    plain, bias = dense.weight.numpy().copy(), dense.bias.numpy().copy()
    before = error(out, plain, bias)
    best = (before, 0.0, plain, bias)
    for lam in LAMBDAS:
        weight, constant = solve(*fit, plain, bias, lam)
        after = error(out, weight, constant)
        if after < best[0]:
            best = (after, lam, weight, constant)
    dense.weight = torch.nn.Parameter(torch.tensor(best[2]), requires_grad=False)
    dense.bias = torch.nn.Parameter(torch.tensor(best[3]), requires_grad=False)
    w, y = out[2], out[1]
    centre = (w[:, None] * y).sum(0) / w.sum()
    spread = float((w[:, None] * (y - centre) ** 2).sum())
    return {
        "tensor": name,
        "weight": best[2].tolist(),
        "bias": best[3].tolist(),
        "lambda": best[1],
        "errorBefore": before / spread,
        "errorAfter": best[0] / spread,
        "samples": len(fit[0]),
    }


def rows(before, read, stream_before, stream_now, dense):
    """One batch: what the projection reads now, what it should say, how much each token counts."""
    wanted = np.concatenate([(dense(a) + s).numpy()[0] for a, s in zip(before, stream_before)])
    x = np.concatenate([r.numpy()[0] for r in read])
    target = wanted - np.concatenate([s.numpy()[0] for s in stream_now])
    return x, target, 1 / wanted.var(1)


def main():
    torch.set_grad_enabled(False)
    random = np.random.default_rng(5)
    lengths = random.integers(5, 21, size=40)
    texts = [random.integers(1, 99, size=n).tolist() for n in lengths]
    original, cut = model(), model()
    for i, kept in KEPT.items():
        layer = cut.bert.encoder.layer[i]
        layer.intermediate.dense.weight.data = layer.intermediate.dense.weight.data[kept]
        layer.intermediate.dense.bias.data = layer.intermediate.dense.bias.data[kept]
        layer.output.dense.weight.data = layer.output.dense.weight.data[:, kept]
    chunks = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
    a = [[original.bert.embeddings(input_ids=torch.tensor([t])) for t in chunk] for chunk in chunks]
    b = [[s.clone() for s in chunk] for chunk in a]
    solved = []
    for i in range(2):
        before, now = original.bert.encoder.layer[i], cut.bert.encoder.layer[i]
        if solved:
            batches = []
            for old, new in zip(a, b):
                context = [before.attention.self(s)[0] for s in old]
                read = [now.attention.self(s)[0] for s in new]
                batches.append(rows(context, read, old, new, before.attention.output.dense))
            name = f"bert.encoder.layer.{i}.attention.output.dense"
            solved.append(project(name, now.attention.output.dense, batches))
        a = [[before.attention(s)[0] for s in chunk] for chunk in a]
        b = [[now.attention(s)[0] for s in chunk] for chunk in b]
        batches = []
        for old, new in zip(a, b):
            inner = [before.intermediate(s) for s in old]
            read = [now.intermediate(s) for s in new]
            batches.append(rows(inner, read, old, new, before.output.dense))
        solved.append(project(f"bert.encoder.layer.{i}.output.dense", now.output.dense, batches))
        a = [[before.output(before.intermediate(s), s) for s in chunk] for chunk in a]
        b = [[now.output(now.intermediate(s), s) for s in chunk] for chunk in b]
    case = {"batch": BATCH, "texts": texts, "kept": {f"bert.encoder.layer.{i}.neurons": k for i, k in KEPT.items()}, "solved": solved}
    with open("case.json", "w") as file:
        json.dump(case, file)
        file.write("\n")


main()
