"""Writes small models for every task that reads text, and what transformers says each sequence loses alone.

    python make.py            # with transformers 4.57.6: writes
    python make.py --verify   # with any other version: compares what it says with what was written

Each sequence is computed in a batch of its own, without padding, by a model that has read nothing before it (scalings of
positions that go by length remember the longest sequence).
"""
import json
import math
import os
import sys

import torch
import transformers

SIZES = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)
BERT = dict(vocab_size=40, max_position_embeddings=24, pad_token_id=0, **SIZES)
ROBERTA = dict(vocab_size=40, max_position_embeddings=26, pad_token_id=1, type_vocab_size=1, **SIZES)
DISTILBERT = dict(vocab_size=40, max_position_embeddings=24, pad_token_id=0, dim=16, n_layers=2, n_heads=2, hidden_dim=24)
GPT2 = dict(vocab_size=40, n_positions=24, n_embd=16, n_layer=2, n_head=2, eos_token_id=3)
LLAMA = dict(vocab_size=40, max_position_embeddings=8, num_key_value_heads=1, **SIZES)
DYNAMIC = dict(rope_theta=10000.0, rope_scaling={"rope_type": "dynamic", "factor": 4.0})
LONG = dict(
    rope_theta=10000.0,
    max_position_embeddings=32,
    original_max_position_embeddings=8,
    rope_scaling={
        "rope_type": "longrope",
        "factor": 4.0,
        "short_factor": [1.0, 1.1, 1.2, 1.3],
        "long_factor": [1.5, 2.0, 3.0, 4.5],
    },
)

MODELS = {
    "answers": ("BertForQuestionAnswering", BERT, "span"),
    "answers-positions-by-ids": ("RobertaForQuestionAnswering", ROBERTA, "span"),
    "tags": ("DistilBertForTokenClassification", dict(num_labels=3, **DISTILBERT), "tokens"),
    "masked": ("BertForMaskedLM", BERT, "tokens"),
    "embeddings": ("BertModel", BERT, "none"),
    "labels": ("BertForSequenceClassification", dict(num_labels=3, **BERT), "label"),
    "labels-several": (
        "RobertaForSequenceClassification",
        dict(num_labels=4, problem_type="multi_label_classification", **ROBERTA),
        "several",
    ),
    "values": ("DistilBertForSequenceClassification", dict(num_labels=1, **DISTILBERT), "values"),
    "values-two": ("BertForSequenceClassification", dict(num_labels=2, problem_type="regression", **BERT), "values"),
    "labels-padding-is-end": ("GPT2ForSequenceClassification", dict(num_labels=3, pad_token_id=3, **GPT2), "label"),
    "labels-without-padding": ("LlamaForSequenceClassification", dict(num_labels=3, **LLAMA, **DYNAMIC), "label"),
    "next-dynamic": ("LlamaForCausalLM", dict(**LLAMA, **DYNAMIC), "next"),
    "next-longrope": ("LlamaForCausalLM", {**LLAMA, **LONG}, "next"),
    "next-experts": (
        "MixtralForCausalLM",
        {**LLAMA, "max_position_embeddings": 24, "sliding_window": 4, "num_local_experts": 4, "num_experts_per_tok": 2},
        "next",
    ),
}
LENGTHS = [5, 14, 8, 3, 11, 9, 2]


def rows(kind, config, seed):
    generator = torch.Generator().manual_seed(seed)

    def ints(low, high, count):
        return torch.randint(low, high, (count,), generator=generator).tolist()

    def floats(count):
        return [round(value, 3) for value in torch.randn(count, generator=generator).tolist()]

    for number, length in enumerate(LENGTHS):
        ids = ints(4, 40, length)
        row = {"ids": ids, "types": [0] * length, "labels": [], "targets": []}
        if config.pad_token_id == 3:  # texts that end with the padding, have it in the middle, or hold nothing else
            ids[length // 2] = 3
            ids[-1] = 3
            row["ids"] = [3] * length if number == 3 else ids
        if config.model_type == "bert":
            row["types"] = [int(i > length // 2) for i in range(length)]
        if kind == "span":
            row["labels"] = ints(0, length, 2)
        elif kind == "tokens":
            high = config.vocab_size if "MaskedLM" in config.architectures[0] else config.num_labels
            row["labels"] = [label if i % 3 else -100 for i, label in enumerate(ints(0, high, length))]
        elif kind == "label":
            row["labels"] = ints(0, config.num_labels, 1)
        elif kind == "several":
            row["targets"] = [float(label) for label in ints(0, 2, config.num_labels)]
        elif kind == "values":
            row["targets"] = floats(config.num_labels)
        elif kind == "next":
            row["labels"] = ids
        yield row


def tensors(row, config):
    inputs = {"input_ids": torch.tensor([row["ids"]])}
    if config.model_type == "bert":
        inputs["token_type_ids"] = torch.tensor([row["types"]])
    return inputs


def say(directory, row, kind):
    """What a model says of one sequence: its loss, its embedding, its scores."""
    architecture = json.load(open(f"{directory}/config.json"))["architectures"][0]
    model = getattr(transformers, architecture).from_pretrained(directory).eval()
    inputs = tensors(row, model.config)
    if kind == "span":
        inputs["start_positions"] = torch.tensor([row["labels"][0]])
        inputs["end_positions"] = torch.tensor([row["labels"][1]])
    elif kind in ("tokens", "next"):
        inputs["labels"] = torch.tensor([row["labels"]])
    elif kind == "label":
        inputs["labels"] = torch.tensor(row["labels"])
    elif kind in ("several", "values"):
        inputs["labels"] = torch.tensor([row["targets"]])
    with torch.no_grad():
        said = model(**inputs)
    if kind == "none":
        return {"scores": said.last_hidden_state[0].mean(0).tolist()}
    answer = {"loss": said.loss.item()}
    if kind in ("label", "several", "values"):
        answer["scores"] = said.logits[0].tolist()
    return answer


def write(name, seed):
    architecture, values, kind = MODELS[name]
    model_class = getattr(transformers, architecture)
    torch.manual_seed(seed)
    config = model_class.config_class(initializer_range=0.5, **values)
    model = model_class(config).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(0.1 * torch.randn(parameter.shape))
            elif "position" in key or "wpe" in key:
                parameter.copy_(0.5 * torch.randn(parameter.shape))
    model.save_pretrained(name)
    with open(f"{name}/generation_config.json", "a"):
        os.remove(f"{name}/generation_config.json")
    said = []
    for row in rows(kind, model.config, seed):
        said.append({**row, **say(name, row, kind)})
    with open(f"{name}/rows.json", "w") as out:
        json.dump({"kind": kind, "rows": said}, out, separators=(",", ":"))
        out.write("\n")


def verify(name):
    written = json.load(open(f"{name}/rows.json"))
    worst = 0
    for row in written["rows"]:
        now = say(name, row, written["kind"])
        for key, value in now.items():
            pairs = zip(value, row[key]) if isinstance(value, list) else [(value, row[key])]
            worst = max([worst] + [abs(a - b) for a, b in pairs])
    print(name, "differs by", worst)
    if not worst < 2e-5 or math.isnan(worst):
        sys.exit(1)


for number, name in enumerate(MODELS):
    verify(name) if "--verify" in sys.argv else write(name, 100 + number)
