"""Makes eigen.json and models.json: eigenvectors by NumPy, and tiny models in a rotated and narrower stream by transformers.

Everything is float64. The stream of each model is measured on the inputs of all its RMSNorms, each divided by the root of
its mean square; the k strongest eigenvectors Q of the mean of their outer products become the channels. Weights of norms
go into what reads them. The narrower model is an instance of transformers' own class.

    python make.py      (transformers 4.57.6, NumPy 2)
"""

import copy
import json

import numpy as np
import torch
from transformers import AutoModelForCausalLM

MODELS = {"llama": 32, "llama-tied-rope-llama3-scaling": 32, "qwen3": 24, "qwen3-moe": 24}


def matrices(rng):
    def of(values):
        q = np.linalg.qr(rng.normal(size=(len(values), len(values))))[0]
        return (q * values) @ q.T

    drawn = rng.normal(size=(16, 16))
    return {
        "one": np.array([[3.0]]),
        "two": np.array([[1.0, -2.0], [-2.0, 4.0]]),
        "diagonal": np.diag([1.0, 5.0, -3.0, 0.0]),
        "zero": np.zeros((5, 5)),
        "drawn": drawn + drawn.T,
        "gram of few": (lambda x: x.T @ x)(rng.normal(size=(5, 12))),
        "repeated": of(np.array([2.0, 2.0, 2.0, 1.0, 1.0, 0.5])),
        "graded": of(10.0 ** -np.arange(0.0, 24.0, 2)),
    }


def eigen():
    cases = []
    for name, a in matrices(np.random.default_rng(15)).items():
        a = (a + a.T) / 2
        values, vectors = np.linalg.eigh(a)
        rows = vectors.T[::-1]
        rows = np.array([r if r[np.argmax(np.abs(r))] > 0 else -r for r in rows])
        cases.append({"name": name, "matrix": a.tolist(), "values": values[::-1].tolist(), "vectors": rows.tolist()})
    return cases


def norms(model):
    found = []
    for layer in model.model.layers:
        found += [layer.input_layernorm, layer.post_attention_layernorm]
    return found + [model.model.norm]


def heard(model, ids):
    """What each norm reads: (norms, tokens, hidden)."""
    read = {}
    hooks = [n.register_forward_pre_hook(lambda m, x, i=i: read.__setitem__(i, x[0])) for i, n in enumerate(norms(model))]
    with torch.no_grad():
        model(ids)
    for hook in hooks:
        hook.remove()
    return torch.stack([read[i].flatten(0, 1) for i in range(len(read))])


def feed_forward(mlp):
    """What reads the stream, and what writes to it."""
    if hasattr(mlp, "experts"):
        return [mlp.gate] + [r for p in mlp.experts for r in (p.gate_proj, p.up_proj)], [p.down_proj for p in mlp.experts]
    return [mlp.gate_proj, mlp.up_proj], [mlp.down_proj]


def rotated(name, k, rng):
    model = AutoModelForCausalLM.from_pretrained("../" + name, attn_implementation="eager").eval().double()
    ids = torch.tensor(rng.integers(3, model.config.vocab_size, size=(12, 10)))
    x = heard(model, ids)
    d = x.shape[-1]
    unit = x / x.pow(2).mean(-1, keepdim=True).sqrt()
    flat = unit.flatten(0, 1)
    values, vectors = torch.linalg.eigh(flat.T @ flat / len(flat))
    q = vectors.flip(1)[:, :k]
    scale = ((x @ q).norm(dim=-1) / x.norm(dim=-1)).mean(1) * (d / k) ** 0.5

    config = copy.deepcopy(model.config)
    config.head_dim = getattr(config, "head_dim", None) or d // config.num_attention_heads
    config.hidden_size = k
    config.tie_word_embeddings = False
    head = model.lm_head.weight.detach().clone()
    with torch.no_grad():
        for layer in model.model.layers:
            inner, outer = feed_forward(layer.mlp)
            attention = layer.self_attn
            for norm, readers in [(layer.input_layernorm, [attention.q_proj, attention.k_proj, attention.v_proj]), (layer.post_attention_layernorm, inner)]:
                for reader in readers:
                    reader.weight = torch.nn.Parameter(reader.weight * norm.weight @ q)
            for writer in [attention.o_proj, *outer]:
                writer.weight = torch.nn.Parameter(q.T @ writer.weight)
                if writer.bias is not None:
                    writer.bias = torch.nn.Parameter(q.T @ writer.bias)
        state = dict(model.state_dict())
        state["lm_head.weight"] = head * model.model.norm.weight @ q
        state["model.embed_tokens.weight"] = model.model.embed_tokens.weight @ q
        for i, (n, _) in enumerate((n, m) for n, m in model.named_modules() if any(m is other for other in norms(model))):
            state[n + ".weight"] = torch.full((k,), float(scale[i]), dtype=torch.float64)
    narrow = type(model)(config).eval().double()
    missing = narrow.load_state_dict(state, strict=False)
    assert not missing.missing_keys and not missing.unexpected_keys, missing
    with torch.no_grad():
        said = narrow(ids[:2]).logits
    return {
        "model": name, "k": k, "ids": ids.tolist(), "strengths": values.flip(0).tolist(), "scales": scale.tolist(),
        "logits": [[round(v, 9) for v in row] for row in said.flatten(0, 1).tolist()],
    }


def main():
    rng = np.random.default_rng(8)
    with open("eigen.json", "w") as file:
        json.dump(eigen(), file)
    with open("models.json", "w") as file:
        json.dump([rotated(name, k, rng) for name, k in MODELS.items()], file)


main()
