"""Writes gemma2, gemma3, scores/masked-gemma2 and scores/masked-gemma3: small decoders of transformers, whole, masked and sliced.

python make.py           # transformers 4.57.6: writes everything
python make.py check     # transformers 5.24.0: compares what it says with what was written

Attention is computed "eager": other implementations pass over attn_logit_softcapping. Weights are far from their usual ones, so that
both caps matter. What `masked.*` and `sliced.*` mean is said in scores/masked-llama/README.md; the residual stream of a sliced model is
scaled by the root of its own, smaller hidden size, as its config.json asks for.
"""

import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig

golden = pathlib.Path(__file__).resolve().parent.parent
COMMON = dict(
    vocab_size=80,
    hidden_size=32,
    intermediate_size=48,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=12,
    query_pre_attn_scalar=20,
    max_position_embeddings=64,
    sliding_window=5,
)
MODELS = {
    "gemma2": (
        Gemma2ForCausalLM,
        Gemma2Config,
        dict(COMMON, num_hidden_layers=3, attn_logit_softcapping=1.5, final_logit_softcapping=2.5),
        [0, 2],
    ),
    "gemma3": (
        Gemma3ForCausalLM,
        Gemma3TextConfig,
        dict(
            COMMON,
            num_hidden_layers=4,
            layer_types=["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"],
            rope_theta=5000.0,
            rope_local_base_freq=100.0,
            rope_scaling={"rope_type": "linear", "factor": 4.0},
        ),
        [1, 2],
    ),
}


def build(kind, config, values):
    return kind(config(attn_implementation="eager", **values)).eval()


def says(model, inputs):
    with torch.no_grad():
        return model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits


def rows(units, size):
    return torch.tensor([size * int(unit) + i for unit in units for i in range(size)])


def kept_units(layers):
    kept = {"kept.hidden": torch.tensor(sorted(torch.randperm(32)[:24].tolist()))}
    for i in range(layers):
        groups = torch.randint(0, 2, (1,))
        kept[f"kept.layer.{i}.groups"] = groups
        kept[f"kept.layer.{i}.heads_in_groups"] = torch.tensor([int(torch.randint(0, 2, (1,))), 2 + int(torch.randint(0, 2, (1,)))])
        kept[f"kept.layer.{i}.heads"] = 2 * groups + torch.randint(0, 2, (1,))
        kept[f"kept.layer.{i}.neurons"] = torch.tensor(sorted(torch.randperm(48)[:32].tolist()))
    return kept


def mask(size, units, block):
    ones = torch.zeros(size)
    ones[rows(units, block)] = 1
    return ones


def masked(model, inputs, kept, which):
    """What a model says whose units are zero where they are read."""
    hooks = []
    for i, layer in enumerate(model.model.layers):
        parts = which.split("_")
        stem = f"kept.layer.{i}."
        heads = None
        if which == "heads_in_groups":
            heads = kept[stem + which]
        elif which == "groups":
            heads = torch.cat([2 * kept[stem + "groups"], 2 * kept[stem + "groups"] + 1]).sort().values
        elif which == "heads_groups_neurons":
            heads = kept[stem + "heads"]
        if heads is not None:
            ones = mask(48, heads, 12)
            hooks.append(layer.self_attn.o_proj.register_forward_pre_hook(lambda m, x, ones=ones: (x[0] * ones,)))
        if "neurons" in parts:
            ones = mask(48, kept[stem + "neurons"], 1)
            hooks.append(layer.mlp.down_proj.register_forward_pre_hook(lambda m, x, ones=ones: (x[0] * ones,)))
    logits = says(model, inputs)
    for hook in hooks:
        hook.remove()
    return logits


def sliced(name, model, kept, only_hidden=False, only_layers=False):
    """A real smaller model."""
    kind, config, values, layers = MODELS[name]
    types = list(model.config.layer_types)
    hidden = torch.arange(32) if only_layers else kept["kept.hidden"]
    layers = range(len(types)) if only_hidden else layers
    values = dict(values, hidden_size=len(hidden), num_hidden_layers=len(layers), layer_types=[types[i] for i in layers])
    if not only_hidden and not only_layers:
        values |= dict(intermediate_size=32, num_attention_heads=1, num_key_value_heads=1)
    tensors = {}
    for tensor, value in model.state_dict().items():
        if tensor == "lm_head.weight":
            continue
        if tensor.startswith("model.layers."):
            i = int(tensor.split(".")[2])
            if i not in layers:
                continue
            stem = f"kept.layer.{i}."
            if not only_hidden and not only_layers:
                queries, keys = rows(kept[stem + "heads"], 12), rows(kept[stem + "groups"], 12)
                if "q_proj" in tensor:
                    value = value[queries]
                elif "k_proj" in tensor or "v_proj" in tensor:
                    value = value[keys]
                elif "o_proj" in tensor:
                    value = value[:, queries]
                elif "gate_proj" in tensor or "up_proj" in tensor:
                    value = value[kept[stem + "neurons"]]
                elif "down_proj" in tensor:
                    value = value[:, kept[stem + "neurons"]]
            tensor = tensor.replace(f"layers.{i}.", f"layers.{list(layers).index(i)}.")
        if any(part in tensor for part in ("o_proj", "down_proj", "layernorm", "model.norm")):
            value = value[hidden]
        elif any(part in tensor for part in ("proj", "embed_tokens")):
            value = value[:, hidden]
        tensors[tensor] = value.contiguous()
    smaller = build(kind, config, values)
    lost = smaller.load_state_dict(tensors, strict=False)
    assert lost.missing_keys == ["lm_head.weight"] and not lost.unexpected_keys, lost
    smaller.tie_weights()
    return smaller


def write(name):
    kind, config, values, layers = MODELS[name]
    torch.manual_seed(20261130)
    model = build(kind, config, values)
    with torch.no_grad():
        for tensor, value in model.state_dict().items():
            if tensor.endswith("norm.weight"):
                value.normal_(0, 0.3)  # the scale less 1
            elif "embed_tokens" in tensor:
                value.normal_(0, 0.3)
            elif tensor != "lm_head.weight":
                value.normal_(0, 1.4 / value.shape[1] ** 0.5)
    ids = torch.randint(4, 80, (3, 20))
    real = torch.ones_like(ids)
    real[1, 13:] = 0
    real[2, 7:] = 0
    ids[real == 0] = 0
    inputs = {"input_ids": ids, "attention_mask": real, "labels": torch.where(real == 1, ids, -100)}
    with torch.no_grad():
        out = model(**inputs, output_hidden_states=True)
    expected = {"logits": out.logits, "loss": out.loss, "last_hidden_state": out.hidden_states[-1]}
    expected |= {f"hidden_states.{i}": hidden for i, hidden in enumerate(out.hidden_states)}
    expected["parameters"] = torch.tensor(sum(p.numel() for p in model.parameters()))
    save(model, golden / name)
    save_file(inputs, golden / name / "inputs.safetensors")
    save_file({key: value.clone().contiguous() for key, value in expected.items()}, golden / name / "expected.safetensors")
    scores = kept_units(values["num_hidden_layers"]) | {"kept.layers": torch.tensor(layers)}
    for which in ("neurons", "heads_in_groups", "groups", "heads_groups_neurons"):
        scores[f"masked.{which}.logits"] = masked(model, inputs, scores, which)
    scores["masked.layers.logits"] = says(sliced(name, model, scores, only_layers=True), inputs)
    scores["sliced.hidden.logits"] = says(sliced(name, model, scores, only_hidden=True), inputs)
    smaller = sliced(name, model, scores)
    with torch.no_grad():
        all_logits = smaller(**inputs)
    scores["sliced.all.logits"], scores["sliced.all.loss"] = all_logits.logits, all_logits.loss
    save(smaller, golden / f"scores/masked-{name}/sliced-all")
    save_file({key: value.contiguous() for key, value in scores.items()}, golden / f"scores/masked-{name}/scores.safetensors")
    plain = says(build(kind, config, dict(values, sliding_window=4096)), inputs)
    print(name, float(out.loss), float(out.logits.abs().max()), plain.shape, expected["parameters"].item())


def save(model, directory):
    model.save_pretrained(directory)
    (directory / "generation_config.json").unlink(missing_ok=True)


def check(name):
    kind = MODELS[name][0]
    for directory, tensors, key in (
        (golden / name, load_file(golden / name / "expected.safetensors"), "logits"),
        (golden / f"scores/masked-{name}/sliced-all", load_file(golden / f"scores/masked-{name}/scores.safetensors"), "sliced.all.logits"),
    ):
        model = kind.from_pretrained(directory, attn_implementation="eager").eval()
        inputs = load_file(golden / name / "inputs.safetensors")
        real = inputs["attention_mask"] == 1
        apart = ((says(model, inputs) - tensors[key])[real]).abs().max() / tensors[key][real].abs().max()
        print(directory.name, float(apart))
        assert apart < 1e-5, apart


for each in MODELS:
    (check if sys.argv[1:] == ["check"] else write)(each)
print(sys.version.split()[0], torch.__version__, transformers.__version__)
