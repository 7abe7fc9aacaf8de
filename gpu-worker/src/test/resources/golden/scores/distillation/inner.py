"""What PyTorch says of losses of what is computed on the way, with gradients by the student's numbers and by what is trained along.

    python inner.py            # needs torch and safetensors: writes inner.safetensors, inputs included
    python inner.py --verify   # compares what is there with what this version says

Masks of the generation are drawn as Java's SplittableRandom draws them, so that both sides cover the same points.
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
KEPT_HEADS = [0, 2]
KEPT_CHANNELS = [5, 0, 3]
COVERED = 0.65
SEED = 42
MASK64 = (1 << 64) - 1


def splittable(seed):
    """Numbers from 0 to 1 of java.util.SplittableRandom(seed)."""
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK64
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
        yield ((z ^ (z >> 31)) >> 11) * 2.0**-53


def inputs():
    torch.manual_seed(3)
    draw = lambda *shape: torch.randn(*shape)
    tokens = 5
    ahead = torch.ones(tokens, tokens).triu(1).bool().expand(2, 1, tokens, tokens).clone()
    ahead[1, :, :, 3:] = True  # the second sequence has three real tokens
    return {
        "attention.student": draw(2, 2, tokens, tokens) * 2,
        "attention.teacher": draw(2, 3, tokens, tokens) * 2,
        "attention.hidden": ahead.float(),
        "stream.student": draw(2, 3, 4),
        "stream.teacher": draw(2, 3, 6),
        "stream.basis": torch.linalg.qr(draw(6, 6))[0][:4].contiguous(),
        "stream.projection.weight": draw(6, 4) / 2,
        "map.narrow": draw(2, 3, 4, 5),
        "map.wide": draw(2, 6, 4, 5),
        "map.teacher": draw(2, 6, 4, 5),
        "map.align.weight": draw(6, 3, 1, 1) / 2,
        "map.align.bias": draw(6) / 2,
        "map.first.weight": draw(6, 6, 3, 3) / 5,
        "map.first.bias": draw(6) / 5,
        "map.second.weight": draw(6, 6, 3, 3) / 5,
        "map.second.bias": draw(6) / 5,
    }


def masked(scores, x):
    return scores + x["attention.hidden"] * torch.finfo(torch.float32).min


def attention_kl(x):
    student, teacher = masked(x["attention.student"], x), masked(x["attention.teacher"][:, KEPT_HEADS], x)
    rows = F.kl_div(F.log_softmax(student, -1), F.softmax(teacher, -1), reduction="none").sum(-1)
    return rows.mean(1).flatten()


def attention_mse(x):
    """As TinyBERT, over scores, but of what may be looked at alone."""
    seen = x["attention.hidden"] == 0
    squares = torch.where(seen, (x["attention.student"] - x["attention.teacher"][:, KEPT_HEADS]) ** 2, 0.0)
    return (squares.sum(-1) / seen.sum(-1)).mean(1).flatten()


def flat(x):
    return x.reshape(-1, x.shape[-1])


def projected_mse(x):
    made = F.linear(x["stream.student"], x["stream.projection.weight"])
    return F.mse_loss(flat(made), flat(x["stream.teacher"]), reduction="none").mean(-1)


def projected_cosine(x):
    made = F.linear(x["stream.student"], x["stream.projection.weight"])
    return 1 - F.cosine_similarity(flat(made), flat(x["stream.teacher"]), -1)


def rotated_mse(x):
    wanted = x["stream.teacher"] @ x["stream.basis"].T
    return F.mse_loss(flat(x["stream.student"]), flat(wanted), reduction="none").mean(-1)


def rotated_cosine(x):
    wanted = x["stream.teacher"] @ x["stream.basis"].T
    return 1 - F.cosine_similarity(flat(x["stream.student"]), flat(wanted), -1)


def kept_maps(x):
    return ((x["map.narrow"] - x["map.teacher"][:, KEPT_CHANNELS]) ** 2).mean(1).flatten()


def generated(student, x):
    n, _, h, w = student.shape
    numbers = splittable(SEED)
    seen = torch.tensor([0.0 if next(numbers) < COVERED else 1.0 for _ in range(n * h * w)]).reshape(n, 1, h, w)
    block = torch.nn.Sequential(
        torch.nn.Conv2d(6, 6, 3, padding=1), torch.nn.ReLU(inplace=True), torch.nn.Conv2d(6, 6, 3, padding=1)
    )
    names = {"0.weight": "first.weight", "0.bias": "first.bias", "2.weight": "second.weight", "2.bias": "second.bias"}
    parameters = {ours: x["map." + theirs] for ours, theirs in names.items()}
    made = torch.func.functional_call(block, parameters, student * seen)
    return F.mse_loss(made, x["map.teacher"], reduction="none").mean(1).flatten()


def generation_narrow(x):
    return generated(F.conv2d(x["map.narrow"], x["map.align.weight"], x["map.align.bias"]), x)


def generation_wide(x):
    return generated(x["map.wide"], x)


LOSSES = (
    attention_kl, attention_mse, projected_mse, projected_cosine, rotated_mse, rotated_cosine, kept_maps,
    generation_narrow, generation_wide,
)
FIXED = ("attention.teacher", "attention.hidden", "stream.teacher", "stream.basis", "map.teacher")


def all_values():
    values = dict(inputs())
    for loss in LOSSES:
        x = {key: value.clone().requires_grad_(key not in FIXED) for key, value in inputs().items()}
        rows = loss(x)
        (rows * torch.arange(1, len(rows) + 1)).sum().backward()
        name = loss.__name__
        values[name + ".rows"] = rows.detach()
        for key, value in x.items():
            if value.grad is not None:
                values[f"{name}.gradient.{key}"] = value.grad
    return {key: value.contiguous() for key, value in values.items()}


if __name__ == "__main__":
    found = all_values()
    if "--verify" in sys.argv:
        for name, wanted in load_file(HERE / "inner.safetensors").items():
            torch.testing.assert_close(found[name], wanted, rtol=1e-4, atol=1e-5)
        print(f"{len(found)} tensors agree")
    else:
        save_file(found, HERE / "inner.safetensors")
        print(f"{len(found)} tensors written with torch {torch.__version__}")
