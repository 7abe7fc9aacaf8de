"""Writes variants.json: what transformers 4.57 and 5 say of one model of each family whose config.json is written in many ways.

    python make.py write                  # transformers 4.57.6: the models and their plain configs
    python make.py say 4                  # transformers 4.57.6: what it says of each variant
    python make.py say 5                  # transformers 5.24.0: the same
    python make.py merge                  # variants.json

A variant sets keys of the plain config, or removes those that are REMOVED. Its loss is that of one sequence, which is longer than the
length that the config says where a model can read that; null where the library refuses it or does not find all weights.
"""
import json
import math
import os
import shutil
import sys
import tempfile

REMOVED = "REMOVED"
LENGTH = 32
TOKENS = 40  # of families without a table of positions; the others read 24
LLAMA = dict(
    vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=8,
    max_position_embeddings=LENGTH, rope_theta=500.0, eos_token_id=3, bos_token_id=2,
)
BERT = dict(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=LENGTH)
FAMILIES = {
    "llama": ("LlamaForCausalLM", LLAMA),
    "mistral": ("MistralForCausalLM", {**LLAMA, "sliding_window": 6}),
    "qwen2": ("Qwen2ForCausalLM", LLAMA),
    "qwen3": ("Qwen3ForCausalLM", LLAMA),
    "mixtral": ("MixtralForCausalLM", {**LLAMA, "num_local_experts": 3, "num_experts_per_tok": 2}),
    "qwen2_moe": (
        "Qwen2MoeForCausalLM",
        {**LLAMA, "num_experts": 3, "num_experts_per_tok": 2, "moe_intermediate_size": 12, "shared_expert_intermediate_size": 12},
    ),
    "qwen3_moe": ("Qwen3MoeForCausalLM", {**LLAMA, "num_experts": 3, "num_experts_per_tok": 2, "moe_intermediate_size": 12}),
    "gpt2": ("GPT2LMHeadModel", dict(vocab_size=40, n_embd=16, n_layer=2, n_head=2, n_positions=LENGTH, eos_token_id=3)),
    "gptj": ("GPTJForCausalLM", dict(vocab_size=40, n_embd=16, n_layer=2, n_head=2, n_positions=LENGTH, rotary_dim=4, eos_token_id=3)),
    "bert": ("BertForMaskedLM", BERT),
    "roberta": ("RobertaForMaskedLM", {**BERT, "pad_token_id": 1, "max_position_embeddings": LENGTH + 2, "type_vocab_size": 1}),
    "distilbert": (
        "DistilBertForMaskedLM",
        dict(vocab_size=40, dim=16, hidden_dim=24, n_layers=2, n_heads=2, max_position_embeddings=LENGTH),
    ),
}
FACTORS = {"short_factor": [1.0, 1.1, 1.2, 1.3], "long_factor": [1.5, 2.0, 3.0, 4.5]}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8}
IDS = {
    "plain": {},
    "pad negative": {"pad_token_id": -1},
    "pad null": {"pad_token_id": None},
    "pad removed": {"pad_token_id": REMOVED},
    "pad is a token": {"pad_token_id": 7},
    "pad beyond the vocabulary": {"pad_token_id": 40},
    "end negative": {"eos_token_id": -1},
    "end null": {"eos_token_id": None},
    "ends several": {"eos_token_id": [3, 5]},
    "begin negative": {"bos_token_id": -1},
    "dtype": {"dtype": "float32", "torch_dtype": REMOVED},
    "torch_dtype": {"torch_dtype": "float32", "dtype": REMOVED},
    "dtype and torch_dtype": {"torch_dtype": "float32", "dtype": "float32"},
    "neither dtype": {"torch_dtype": REMOVED, "dtype": REMOVED},
}
SCALINGS = {
    "linear": {"rope_type": "linear", "factor": 2.0},
    "linear by type": {"type": "linear", "factor": 2.0},
    "dynamic": {"rope_type": "dynamic", "factor": 2.0},
    "yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8},
    "yarn of its own length": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": LENGTH},
    "yarn without length": {"rope_type": "yarn", "factor": 4.0},
    "yarn without factor": {"rope_type": "yarn", "original_max_position_embeddings": 8},
    "llama3": LLAMA3,
    "longrope with factor": {"rope_type": "longrope", "factor": 4.0, **FACTORS},
    "longrope with length": {"rope_type": "longrope", "original_max_position_embeddings": 8, **FACTORS},
    "longrope with length and factor": {"rope_type": "longrope", "original_max_position_embeddings": 8, "factor": 4.0, **FACTORS},
    "default": {"rope_type": "default"},
    "default by type": {"type": "default"},
    "nothing": {},
    "unknown": {"rope_type": "spiral", "factor": 2.0},
}
ROTARY = {
    "theta": {"rope_theta": 900.0},
    "theta an integer": {"rope_theta": 900},
    "theta null": {"rope_theta": None},
    "theta removed": {"rope_theta": REMOVED},
    "parameters alone": {"rope_theta": REMOVED, "rope_parameters": {"rope_type": "default", "rope_theta": 900.0}},
    "parameters beside the same theta": {"rope_theta": 900.0, "rope_parameters": {"rope_type": "default", "rope_theta": 900.0}},
    "parameters beside another theta": {"rope_theta": 900.0, "rope_parameters": {"rope_type": "default", "rope_theta": 500.0}},
    "parameters without theta": {"rope_theta": 900.0, "rope_parameters": {"rope_type": "default"}},
    "parameters of nothing": {"rope_theta": 900.0, "rope_parameters": {}},
    "parameters null": {"rope_theta": 900.0, "rope_parameters": None},
    "parameters beside scaling": {"rope_parameters": {"rope_type": "default"}, "rope_scaling": SCALINGS["linear"]},
    "parameters beside the same scaling": {"rope_parameters": {**SCALINGS["linear"], "rope_theta": 500.0}, "rope_scaling": SCALINGS["linear"]},
    "parameters beside another scaling": {"rope_parameters": SCALINGS["yarn"], "rope_scaling": SCALINGS["linear"]},
    "parameters beside scaling null": {"rope_parameters": {"rope_type": "default"}, "rope_scaling": None},
    "parameters beside scaling of nothing": {"rope_parameters": SCALINGS["linear"], "rope_scaling": {}},
    "scaling with the same theta": {"rope_scaling": {**SCALINGS["linear"], "rope_theta": 500.0}},
    "scaling with another theta": {"rope_scaling": {**SCALINGS["linear"], "rope_theta": 900.0}},
    "scaling by both types": {"rope_scaling": {"type": "yarn", "rope_type": "linear", "factor": 2.0}},
    "scaling null": {"rope_scaling": None},
    "longrope with length on top": {
        "original_max_position_embeddings": 8,
        "rope_scaling": {"rope_type": "longrope", "factor": 4.0, **FACTORS},
    },
    "longrope with length on top without factor": {
        "original_max_position_embeddings": 8,
        "rope_scaling": {"rope_type": "longrope", **FACTORS},
    },
    "longrope with length on top and another factor": {
        "original_max_position_embeddings": 8,
        "rope_scaling": {"rope_type": "longrope", "factor": 2.0, **FACTORS},
    },
    "yarn with length on top": {"original_max_position_embeddings": 8, "rope_scaling": {"rope_type": "yarn", "factor": 4.0}},
    "yarn with two lengths": {"original_max_position_embeddings": 8, "rope_scaling": SCALINGS["yarn of its own length"]},
    "llama3 with two lengths": {"original_max_position_embeddings": 16, "rope_scaling": LLAMA3},
    "partial rotation of all": {"partial_rotary_factor": 1.0},
    "partial rotation": {"partial_rotary_factor": 0.5},
    "head_dim null": {"head_dim": None},
    "head_dim removed": {"head_dim": REMOVED},
    "key value heads null": {"num_key_value_heads": None},
    "attention bias null": {"attention_bias": None},
    "window": {"sliding_window": 5},
    "window null": {"sliding_window": None},
    "window removed": {"sliding_window": REMOVED},
    "window used": {"sliding_window": 5, "use_sliding_window": True, "max_window_layers": 1},
    "window used of all": {"sliding_window": 5, "use_sliding_window": True, "max_window_layers": 0},
    "window unused": {"sliding_window": 5, "use_sliding_window": False},
    "layer types mixed": {"layer_types": ["full_attention", "sliding_attention"]},
    "layer types": {"layer_types": ["full_attention", "full_attention"]},
    "epsilon": {"rms_norm_eps": 0.01},
    "epsilon removed": {"rms_norm_eps": REMOVED},
    "activation gelu": {"hidden_act": "gelu"},
    "activation swish": {"hidden_act": "swish"},
    "tied null": {"tie_word_embeddings": None},
}
EXPERTS = {
    "experts by the other name": None,
    "experts by both names": None,
    "experts by two numbers": None,
    "normalised": {"norm_topk_prob": True},
    "chosen removed": {"num_experts_per_tok": REMOVED},
    "one chosen": {"num_experts_per_tok": 1},
    "sparse step": {"decoder_sparse_step": 1},
    "dense layers null": {"mlp_only_layers": None},
    "dense layers none": {"mlp_only_layers": []},
}
ENCODERS = {
    "absolute positions": {"position_embedding_type": "absolute"},
    "relative positions": {"position_embedding_type": "relative_key"},
    "a decoder": {"is_decoder": True},
    "no decoder": {"is_decoder": False},
    "epsilon": {"layer_norm_eps": 0.01},
    "epsilon removed": {"layer_norm_eps": REMOVED},
    "activation relu": {"hidden_act": "relu", "activation": "relu"},
    "activation tanh gelu": {"hidden_act": "gelu_new", "activation": "gelu_new"},
    "activation gelu_pytorch_tanh": {"hidden_act": "gelu_pytorch_tanh", "activation": "gelu_pytorch_tanh"},
    "sinusoidal": {"sinusoidal_pos_embds": True},
    "tied false": {"tie_word_embeddings": False},
    "dropout": {"hidden_dropout_prob": 0.5, "dropout": 0.5},
}
GPTS = {
    "inner null": {"n_inner": None},
    "inner": {"n_inner": 64},
    "old length": {"n_ctx": LENGTH},
    "epsilon": {"layer_norm_epsilon": 0.01},
    "activation relu": {"activation_function": "relu"},
    "activation gelu": {"activation_function": "gelu"},
    "rotary part null": {"rotary_dim": None},
    "rotary part": {"rotary_dim": 8},
    "upcast": {"reorder_and_upcast_attn": True},
    "by layer": {"scale_attn_by_inverse_layer_idx": True},
}


def variants(family):
    yield from IDS.items()
    if family in ("bert", "roberta", "distilbert"):
        yield from ENCODERS.items()
    elif family in ("gpt2", "gptj"):
        yield from GPTS.items()
    else:
        yield from ROTARY.items()
        for name, scaling in SCALINGS.items():
            yield "scaling " + name, {"rope_scaling": scaling}
            yield "parameters " + name, {"rope_theta": REMOVED, "rope_parameters": {**scaling, "rope_theta": 500.0}}
            yield "parameters without theta " + name, {"rope_parameters": scaling}
    own, other = ("num_local_experts", "num_experts") if family == "mixtral" else ("num_experts", "num_local_experts")
    for name, change in EXPERTS.items():
        if family in ("mixtral", "qwen2_moe", "qwen3_moe"):
            yield name, change or {
                "experts by the other name": {own: REMOVED, other: 3},
                "experts by both names": {own: 3, other: 3},
                "experts by two numbers": {own: 3, other: 2},
            }[name]


def changed(config, change):
    config = dict(config)
    for key, value in change.items():
        if value == REMOVED:
            config.pop(key, None)
        else:
            config[key] = value
    return config


def write():
    import torch
    import transformers

    for number, (family, (architecture, values)) in enumerate(FAMILIES.items()):
        torch.manual_seed(300 + number)
        kind = getattr(transformers, architecture)
        model = kind(kind.config_class(initializer_range=0.5, **values)).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() == 1:
                    parameter.add_(0.1 * torch.randn(parameter.shape))
        model.save_pretrained(family)
        if os.path.exists(f"{family}/generation_config.json"):
            os.remove(f"{family}/generation_config.json")


def ids(family):
    import torch

    generator = torch.Generator().manual_seed(len(family))
    tokens = TOKENS if "rope_theta" in FAMILIES[family][1] else 24
    return torch.randint(8, 40, (1, tokens), generator=generator)


def loss(family, config):
    import torch
    import transformers

    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(f"{family}/model.safetensors", directory)
        with open(f"{directory}/config.json", "w") as out:
            json.dump(config, out)
        try:
            kind = getattr(transformers, config["architectures"][0])
            model, info = kind.from_pretrained(directory, output_loading_info=True)
            heads = ("lm_head", "decoder", "projector") if config.get("tie_word_embeddings", True) else ()  # tied ones are not in the file
            lost = [key for key in info["missing_keys"] if not any(head in key for head in heads)]
            if lost or info["unexpected_keys"] or info["mismatched_keys"]:
                return None, f"weights do not fit: {sorted(lost) or info}"[:150]
            tokens = ids(family)
            with torch.no_grad():
                value = model.eval()(input_ids=tokens, labels=tokens).loss.item()
            return (None, "not a number") if math.isnan(value) else (value, None)
        except Exception as refusal:
            return None, f"{type(refusal).__name__}: {refusal}".split("\n")[0][:150]


def say(version):
    said = {}
    for family in FAMILIES:
        plain = json.load(open(f"{family}/config.json"))
        said[family] = {name: loss(family, changed(plain, change)) for name, change in variants(family)}
    with open(f"said-{version}.json", "w") as out:
        json.dump(said, out)


def merge():
    four, five = (json.load(open(f"said-{version}.json")) for version in "45")
    merged = {}
    for family in FAMILIES:
        rows = []
        for name, change in variants(family):
            (a, refusal4), (b, refusal5) = four[family][name], five[family][name]
            rows.append({"name": name, "change": change, "loss4": a, "loss5": b, "refusal4": refusal4, "refusal5": refusal5})
        merged[family] = {"ids": ids(family)[0].tolist(), "variants": rows}
    with open("variants.json", "w") as out:
        json.dump(merged, out, separators=(",", ":"))
        out.write("\n")
    os.remove("said-4.json")
    os.remove("said-5.json")


{"write": write, "say": lambda: say(sys.argv[2]), "merge": merge}[sys.argv[1]]()
