"""What PyTorch says of further losses on the tensors of `inputs.safetensors`, with gradients by the student's numbers.

    python more.py            # needs torch and safetensors: writes more.safetensors
    python more.py --verify   # compares what is there with what this version says
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
INPUTS = load_file(HERE / "inputs.safetensors")
STUDENT = INPUTS["classes.student_logits"].double()
TEACHER = INPUTS["classes.teacher_logits"].double()
LABELS = torch.tensor([0, 4, 2, 2, 1, 3])
TOP = 3


def reverse(student, temperature):
    p = F.log_softmax(TEACHER / temperature, -1)
    q = F.log_softmax(student / temperature, -1)
    return temperature**2 * F.kl_div(p, q, reduction="sum", log_target=True)


def soft(student, temperature):
    return temperature**2 * F.cross_entropy(student / temperature, F.softmax(TEACHER / temperature, -1), reduction="sum")


def several(student, temperature):
    """Each score a label of its own: the mean over the labels of a row of the divergence of two sigmoids."""
    p = torch.distributions.Bernoulli(logits=TEACHER / temperature)
    q = torch.distributions.Bernoulli(logits=student / temperature)
    return temperature**2 * torch.distributions.kl_divergence(p, q).mean(-1).sum()


def squared(student, _):
    return F.mse_loss(student, TEACHER, reduction="none").mean(-1).sum()


def cosine(student, _):
    return F.cosine_embedding_loss(student, TEACHER, torch.ones(1), reduction="sum")


def corrected(student, temperature):
    """The label-corrected teacher of README.md at a threshold of 0.3."""
    p = F.softmax(TEACHER / temperature, -1)
    row = torch.arange(len(LABELS))
    largest, right = p.max(-1).values, p[row, LABELS]
    cap = torch.where(right > 0.7, torch.ones(()).double(), right + 0.3)
    known = (cap - largest) / (1 - largest + 1e-7)
    share = torch.where(p.argmax(-1) == LABELS, known, (largest - right + 0.3) / (1 + largest - right + 1e-7))
    p = p * (1 - share)[:, None] + F.one_hot(LABELS, p.shape[1]) * share[:, None]
    return temperature**2 * F.kl_div(F.log_softmax(student / temperature, -1), p, reduction="sum")


def best(student, temperature):
    """The teacher's likeliest classes only, both distributions over these alone."""
    scores, ids = TEACHER.topk(TOP, -1)
    p = F.softmax(scores / temperature, -1)
    return temperature**2 * F.kl_div(F.log_softmax(student.gather(1, ids) / temperature, -1), p, reduction="sum")


def rest(student, temperature):
    """The teacher's likeliest classes, and all others taken for one."""
    _, ids = TEACHER.topk(TOP, -1)

    def buckets(scores):
        p = F.softmax(scores / temperature, -1)
        some = p.gather(1, ids)
        return torch.cat([some, 1 - some.sum(-1, keepdim=True)], -1)

    return temperature**2 * F.kl_div(buckets(student).log(), buckets(TEACHER), reduction="sum")


def all_values():
    values = {}
    for loss in (reverse, soft, several, squared, cosine, corrected, best, rest):
        for temperature in (1, 2):
            student = STUDENT.clone().requires_grad_()
            value = loss(student, temperature)
            value.backward()
            values[f"{loss.__name__}.T{temperature}.sum"] = value.detach().float()
            values[f"{loss.__name__}.T{temperature}.gradient"] = student.grad.float()
    return values


if __name__ == "__main__":
    found = all_values()
    if "--verify" in sys.argv:
        for name, wanted in load_file(HERE / "more.safetensors").items():
            torch.testing.assert_close(found[name], wanted, rtol=1e-5, atol=1e-6)
        print(f"{len(found)} tensors agree")
    else:
        save_file(found, HERE / "more.safetensors")
        print(f"{len(found)} tensors written with torch {torch.__version__}")
