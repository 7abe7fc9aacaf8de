"""Makes llama.json and qwen2-moe.json: what least squares makes of cut decoders, by transformers and NumPy.

All of it is float64; every layer is solved as one tall least-squares problem. Llama (golden/llama) loses channels of the
stream, a group of heads and neurons; Qwen2-MoE (golden/qwen2-moe) experts, neurons of experts and a layer in the middle.
The last quarter of the rows of each batch chooses the ridge, which draws towards the weights as they were cut.

    python make.py      (transformers 4.57.6, NumPy 2)
"""

import copy
import json

import numpy as np
import torch
from transformers import AutoModelForCausalLM
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

LAMBDAS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
BATCH = 8
LENGTH = 16


def model(name):
    return AutoModelForCausalLM.from_pretrained("../" + name, attn_implementation="eager").eval().double()


def ridge_solution(x, y, w, plain, lam):
    root = np.sqrt(w)[:, None]
    ridge = lam * (w[:, None] * x**2).sum() / x.shape[1]
    left = root * (y - x @ plain.T)
    below = np.sqrt(ridge) * np.eye(x.shape[1])
    zeros = np.zeros((x.shape[1], y.shape[1]))
    found = np.linalg.lstsq(np.vstack([root * x, below]), np.vstack([left, zeros]), rcond=None)[0]
    return plain + found.T


def with_intercept(x, y, w, plain, bias, lam):
    mean_x = (w[:, None] * x).sum(0) / w.sum()
    r = y - x @ plain.T - bias
    mean_r = (w[:, None] * r).sum(0) / w.sum()
    d = ridge_solution(x - mean_x, r - mean_r, w, np.zeros_like(plain), lam)
    return plain + d, bias + mean_r - d @ mean_x


def solve(solved, name, dense, batches):
    """Changes a linear layer in place. A batch is (x, y, w)."""
    parts = {"fit": [], "out": []}
    for batch in batches:
        border = len(batch[0]) - len(batch[0]) // 4
        parts["fit"].append([c[:border] for c in batch])
        parts["out"].append([c[border:] for c in batch])
    fit, out = ([np.concatenate(c) for c in zip(*parts[k])] for k in ("fit", "out"))
    plain = dense.weight.detach().numpy().copy()
    bias = None if dense.bias is None else dense.bias.detach().numpy().copy()

    def error(weight, constant):
        said = out[0] @ weight.T + (0 if constant is None else constant)
        return float((out[2][:, None] * (out[1] - said) ** 2).sum())

    before = error(plain, bias)
    best = (before, 0.0, plain, bias)
    for lam in LAMBDAS:
        weight, constant = (ridge_solution(*fit, plain, lam), None) if bias is None else with_intercept(*fit, plain, bias, lam)
        after = error(weight, constant)
        if after < best[0]:
            best = (after, lam, weight, constant)
    dense.weight = torch.nn.Parameter(torch.tensor(best[2]), requires_grad=False)
    if bias is not None:
        dense.bias = torch.nn.Parameter(torch.tensor(best[3]), requires_grad=False)
    centre = (out[2][:, None] * out[1]).sum(0) / out[2].sum()
    spread = float((out[2][:, None] * (out[1] - centre) ** 2).sum())
    solved.append(
        {
            "tensor": name + ".weight",
            "lambda": best[1],
            "errorBefore": before / spread,
            "errorAfter": best[0] / spread,
            "samples": len(fit[0]),
            "weight": [round(v, 7) for v in best[2].flatten().tolist()],
        }
    )


def rows(x):
    return x.reshape(-1, x.shape[-1]).numpy()


def importance(stream):
    return 1 / (stream**2).mean(1)


def context(layer, normed, rotary):
    """What the output projection reads, (batch, tokens, heads * size)."""
    attention = layer.self_attn
    size = attention.head_dim
    b, t = normed.shape[:2]
    q, k, v = (p(normed).view(b, t, -1, size).transpose(1, 2) for p in (attention.q_proj, attention.k_proj, attention.v_proj))
    q, k = apply_rotary_pos_emb(q, k, *rotary)
    k, v = (x.repeat_interleave(q.shape[1] // k.shape[1], 1) for x in (k, v))
    scores = q @ k.transpose(2, 3) / size**0.5 + torch.full((t, t), -1e30, dtype=torch.float64).triu(1)
    return (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, -1)


def linear(dense, out=None, into=None):
    weight = dense.weight.data
    weight = weight if out is None else weight[out]
    dense.weight = torch.nn.Parameter(weight if into is None else weight[:, into], requires_grad=False)
    if dense.bias is not None and out is not None:
        dense.bias = torch.nn.Parameter(dense.bias.data[out], requires_grad=False)


def texts(seed):
    return np.random.default_rng(seed).integers(3, 79, size=(6 * BATCH, LENGTH))


def rotary_of(net, x):
    return net.model.rotary_emb(x, torch.arange(LENGTH)[None])


def llama():
    original, cut = model("llama"), model("llama")
    stream = [i for i in range(48) if i % 3 != 1]
    groups = {0: [1], 1: [0]}
    heads = {0: [2, 3], 1: [0, 1]}
    neurons = {0: list(range(0, 96, 2)), 1: list(range(50))}
    narrow = lambda units: [u * 12 + i for u in units for i in range(12)]
    cut.model.embed_tokens.weight.data = cut.model.embed_tokens.weight.data[:, stream]
    for i, layer in enumerate(cut.model.layers):
        attention, mlp = layer.self_attn, layer.mlp
        for norm in (layer.input_layernorm, layer.post_attention_layernorm):
            norm.weight.data = norm.weight.data[stream]
        linear(attention.q_proj, narrow(heads[i]), stream)
        linear(attention.k_proj, narrow(groups[i]), stream)
        linear(attention.v_proj, narrow(groups[i]), stream)
        linear(attention.o_proj, stream, narrow(heads[i]))
        linear(mlp.gate_proj, neurons[i], stream)
        linear(mlp.up_proj, neurons[i], stream)
        linear(mlp.down_proj, stream, neurons[i])
    cut.model.norm.weight.data = cut.model.norm.weight.data[stream]
    linear(cut.lm_head, None, stream)

    ids = texts(11)
    chunks = [torch.tensor(ids[i : i + BATCH]) for i in range(0, len(ids), BATCH)]
    a = [original.model.embed_tokens(c) for c in chunks]
    b = [cut.model.embed_tokens(c) for c in chunks]
    rotary = rotary_of(original, a[0])
    solved = []

    def readers(name, pairs, old_norm, new_norm):
        for old, new, label, out in pairs:
            batches = []
            for s, r in zip(a, b):
                y = rows(old(old_norm(s)))
                x = rows(new_norm(r))
                batches.append((x, y if out is None else y[:, out], np.ones(len(x))))
            solve(solved, name + label, new, batches)

    for i in range(2):
        name = f"model.layers.{i}."
        old, new = original.model.layers[i], cut.model.layers[i]
        readers(
            name + "self_attn.",
            [
                (old.self_attn.q_proj, new.self_attn.q_proj, "q_proj", narrow(heads[i])),
                (old.self_attn.k_proj, new.self_attn.k_proj, "k_proj", narrow(groups[i])),
                (old.self_attn.v_proj, new.self_attn.v_proj, "v_proj", narrow(groups[i])),
            ],
            old.input_layernorm,
            new.input_layernorm,
        )
        after = [s + old.self_attn.o_proj(context(old, old.input_layernorm(s), rotary)) for s in a]
        batches = []
        for s, r in zip(after, b):
            wanted = rows(s)[:, stream]
            batches.append((rows(context(new, new.input_layernorm(r), rotary)), wanted - rows(r), importance(wanted)))
        solve(solved, name + "self_attn.o_proj", new.self_attn.o_proj, batches)
        b = [r + new.self_attn.o_proj(context(new, new.input_layernorm(r), rotary)) for r in b]
        a = after
        readers(
            name + "mlp.",
            [(old.mlp.gate_proj, new.mlp.gate_proj, "gate_proj", neurons[i]), (old.mlp.up_proj, new.mlp.up_proj, "up_proj", neurons[i])],
            old.post_attention_layernorm,
            new.post_attention_layernorm,
        )
        a = [s + old.mlp(old.post_attention_layernorm(s)) for s in a]
        batches = []
        for s, r in zip(a, b):
            normed = new.post_attention_layernorm(r)
            read = torch.nn.functional.silu(new.mlp.gate_proj(normed)) * new.mlp.up_proj(normed)
            wanted = rows(s)[:, stream]
            batches.append((rows(read), wanted - rows(r), importance(wanted)))
        solve(solved, name + "mlp.down_proj", new.mlp.down_proj, batches)
        b = [r + new.mlp(new.post_attention_layernorm(r)) for r in b]
    readers("", [(original.lm_head, cut.lm_head, "lm_head", None)], original.model.norm, cut.model.norm)
    held = [i for i in range(len(ids)) if i % BATCH >= BATCH - BATCH // 4]
    p = original(torch.tensor(ids[held])).logits.log_softmax(-1)
    q = torch.cat([cut.lm_head(cut.model.norm(r))[BATCH - BATCH // 4 :] for r in b]).log_softmax(-1)
    kept = {"hidden": stream}
    for i in range(2):
        kept[f"model.layers.{i}.heads"] = heads[i]
        kept[f"model.layers.{i}.groups"] = groups[i]
        kept[f"model.layers.{i}.neurons"] = neurons[i]
    write("llama", ids, kept, [0, 1], solved, float((p.exp() * (p - q)).sum(-1).mean()))


def moe():
    original, cut = model("qwen2-moe"), model("qwen2-moe")
    experts = {0: [0, 2, 3, 5], 2: [1, 2, 3, 4]}
    inner = list(range(0, 24, 2)) + [1, 3, 5, 7]
    inner.sort()
    shared = list(range(8, 32))
    kept = {}
    for i in (0, 2):
        mlp = cut.model.layers[i].mlp
        name = f"model.layers.{i}"
        kept[name + ".experts"] = experts[i]
        kept[name + ".mlp.shared_expert.neurons"] = shared
        for j in experts[i]:
            kept[f"{name}.mlp.experts.{j}.neurons"] = inner
        mlp.experts = torch.nn.ModuleList([mlp.experts[j] for j in experts[i]])
        mlp.num_experts = len(experts[i])
        linear(mlp.gate, experts[i])
        for each, units in [(e, inner) for e in mlp.experts] + [(mlp.shared_expert, shared)]:
            linear(each.gate_proj, units)
            linear(each.up_proj, units)
            linear(each.down_proj, None, units)

    ids = texts(12)
    chunks = [torch.tensor(ids[i : i + BATCH]) for i in range(0, len(ids), BATCH)]
    a = [original.model.embed_tokens(c) for c in chunks]
    b = [x.clone() for x in a]
    rotary = rotary_of(original, a[0])
    solved = []
    attend = lambda layer, s: s + layer.self_attn.o_proj(context(layer, layer.input_layernorm(s), rotary))

    def ffn(layer, s):
        said = layer.mlp(layer.post_attention_layernorm(s))
        return s + (said[0] if isinstance(said, tuple) else said)

    act = lambda e, x: torch.nn.functional.silu(e.gate_proj(x)) * e.up_proj(x)

    def shares(mlp, x):
        scores = mlp.gate(x).softmax(-1)
        best, which = scores.topk(2, -1)
        return torch.zeros_like(scores).scatter(1, which, best)

    for i in (0, 2):
        name = f"model.layers.{i}."
        old, new = original.model.layers[i], cut.model.layers[i]
        if i > 0:
            batches = []
            for s, r in zip(a, b):
                wanted = rows(attend(old, s))
                batches.append((rows(context(new, new.input_layernorm(r), rotary)), wanted - rows(r), importance(wanted)))
            solve(solved, name + "self_attn.o_proj", new.self_attn.o_proj, batches)
        a = [ffn(old, attend(old, s)) for s in a]
        b = [attend(new, r) for r in b]
        if i == 0:  # layer 1 goes
            gap = original.model.layers[1]
            a = [ffn(gap, attend(gap, s)) for s in a]
        members = [[] for _ in new.mlp.experts]
        for s, r in zip(a, b):
            x = new.post_attention_layernorm(r).reshape(-1, 32)
            g = shares(new.mlp, x).numpy()
            opened = torch.sigmoid(new.mlp.shared_expert_gate(x))
            missing = rows(s) - rows(ffn(new, r))
            w = importance(rows(s))
            for j, e in enumerate(new.mlp.experts):
                mine = g[:, j] > 0
                read = act(e, x).numpy()[mine] * g[mine][:, [j]]
                share = g[mine][:, [j]] ** 2 / (g[mine] ** 2).sum(1, keepdims=True)
                members[j].append((read, read @ e.down_proj.weight.data.numpy().T + share * missing[mine], w[mine]))
        for j, e in enumerate(new.mlp.experts):
            solve(solved, f"{name}mlp.experts.{j}.down_proj", e.down_proj, members[j])
        batches = []
        for s, r in zip(a, b):
            x = new.post_attention_layernorm(r).reshape(-1, 32)
            e = new.mlp.shared_expert
            read = (act(e, x) * torch.sigmoid(new.mlp.shared_expert_gate(x))).numpy()
            missing = rows(s) - rows(ffn(new, r))
            batches.append((read, read @ e.down_proj.weight.data.numpy().T + missing, importance(rows(s))))
        solve(solved, name + "mlp.shared_expert.down_proj", new.mlp.shared_expert.down_proj, batches)
        b = [ffn(new, r) for r in b]
    held = [i for i in range(len(ids)) if i % BATCH >= BATCH - BATCH // 4]
    p = original(torch.tensor(ids[held])).logits.log_softmax(-1)
    q = torch.cat([cut.lm_head(cut.model.norm(r))[BATCH - BATCH // 4 :] for r in b]).log_softmax(-1)
    write("qwen2-moe", ids, kept, [0, 2], solved, float((p.exp() * (p - q)).sum(-1).mean()))


def write(name, ids, kept, layers, solved, divergence):
    case = {"texts": ids.tolist(), "kept": kept, "layers": layers, "divergence": divergence, "solved": solved}
    with open(name + ".json", "w") as file:
        json.dump(case, file)
        file.write("\n")
    print(name, divergence, [(s["tensor"], s["lambda"], s["errorBefore"], s["errorAfter"], s["samples"]) for s in solved])


torch.set_grad_enabled(False)
llama()
moe()
