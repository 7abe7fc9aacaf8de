"""Writes reconstruction.safetensors: what writes to the stream of vit behind a cut, solved for by PyTorch and NumPy.

python reconstruct.py     # transformers 4.57.6, NumPy 2

Two cuts that `make.py` makes: `narrow` has two heads, 24 neurons and 12 channels of the stream in both layers, `last` has the last layer only. All of it is
float64. Every projection is one tall least-squares problem: towards the original's stream behind it, of the channels that are left, less the stream that it adds
to. Rows weigh 1 / variance of that stream. Behind a layer that is gone the original's stream has passed it. The last quarter of the rows of each batch
of four images chooses the ridge. `images` are drawn; `narrow.0.weight` and so on are in the order in which they are solved for; `narrow.error` is the
held-out error before and after of each, as a part of the spread of what it should say.
"""

import numpy as np
import torch
from safetensors.torch import save_file

import make

LAMBDAS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
IMAGES, BATCH = 16, 4


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


def part(batches, which):
    taken = []
    for rows in batches:
        border = len(rows[0]) - len(rows[0]) // 4
        taken.append([column[:border] if which == "fit" else column[border:] for column in rows])
    return [np.concatenate(columns) for columns in zip(*taken)]


def project(dense, batches):
    fit, out = part(batches, "fit"), part(batches, "out")
    plain, bias = dense.weight.numpy().copy(), dense.bias.numpy().copy()
    before = error(out, plain, bias)
    best = (before, plain, bias)
    for lam in LAMBDAS:
        weight, constant = solve(*fit, plain, bias, lam)
        after = error(out, weight, constant)
        if after < best[0]:
            best = (after, weight, constant)
    dense.weight.data, dense.bias.data = torch.tensor(best[1]), torch.tensor(best[2])
    y, w = out[1], out[2]
    centre = (w[:, None] * y).sum(0) / w.sum()
    spread = float((w[:, None] * (y - centre) ** 2).sum())
    return best[1], best[2], [before / spread, best[0] / spread]


def passed(layer, x, module):
    """What a layer gives, and what one of its modules reads."""
    read = {}
    hook = module.register_forward_pre_hook(lambda m, given: read.update(x=given[0]))
    out = make.first(layer(x))
    hook.remove()
    return out, read["x"]


def reconstructed(whole, cut, layers, channels, images):
    chunks = images.double().split(BATCH)
    a = [whole.vit.embeddings(chunk) for chunk in chunks]
    b = [cut.vit.embeddings(chunk) for chunk in chunks]
    solved, at = [], 0
    for i, layer in enumerate(cut.vit.encoder.layer):
        for gone in range(at, layers[i]):
            a = [make.first(whole.vit.encoder.layer[gone](x)) for x in a]
        before, at = whole.vit.encoder.layer[layers[i]], layers[i] + 1
        for kind in ("heads", "neurons"):
            batches = []
            for old, new in zip(a, b):
                attended, own = before.attention.output.dense, layer.attention.output.dense
                out, context = passed(before, old, attended)
                _, read = passed(layer, new, own)
                wanted, stream = old + attended(context), new
                if kind == "neurons":
                    stream = new + own(read)
                    wanted, (_, read) = out, passed(layer, new, layer.output.dense)
                flat = wanted[:, :, channels].reshape(-1, len(channels)).numpy()
                x, r = read.reshape(-1, read.shape[2]).numpy(), stream.reshape(-1, stream.shape[2]).numpy()
                batches.append([x, flat - r, 1 / flat.var(1)])
            solved.append(project(layer.attention.output.dense if kind == "heads" else layer.output.dense, batches))
        a = [make.first(before(x)) for x in a]
        b = [make.first(layer(x)) for x in b]
    return solved


def main():
    torch.set_grad_enabled(False)
    torch.manual_seed(7)
    images = torch.randn(IMAGES, 3, 16, 16)
    model = make.original("vit", "transformers")
    kept = make.choose(make.heard(model, make.load_file(make.golden / "vit" / "inputs.safetensors")["pixel_values"]))
    tensors = {"images": images}
    for name, narrow, layers in (("narrow", True, [0, 1]), ("last", False, [1])):
        cut = make.smaller("transformers", model, kept, narrow, layers).double()
        channels = kept["kept.hidden"] if narrow else torch.arange(make.HIDDEN)
        solved = reconstructed(make.original("vit", "transformers").double(), cut, layers, channels, images)
        for i, (weight, bias, _) in enumerate(solved):
            tensors[f"{name}.{i}.weight"], tensors[f"{name}.{i}.bias"] = torch.tensor(weight), torch.tensor(bias)
        tensors[f"{name}.error"] = torch.tensor([errors for _, _, errors in solved], dtype=torch.float64)
        print(name, tensors[f"{name}.error"])
    save_file({key: value.contiguous() for key, value in tensors.items()}, make.golden / "scores/minitron-vit/reconstruction.safetensors")


main()
