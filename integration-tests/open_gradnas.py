#!/usr/bin/env python3
"""Prunes small models by GradNAS as a policy does that says nothing of the form of output, and opens the results in transformers.

    python integration-tests/open_gradnas.py WORK [ESPALIER]

ESPALIER is the command, by default deploy/espalier. For each model and budget it prints the form that was taken, what espalier.json
says opens it, and the loss that transformers and `espalier evaluate` measure on the same texts. It ends with 1 if a result that
should open does not, a tensor is missing or left over, or losses differ by more than 1e-4; a result that should not open in the
transformers at hand is only named. Not part of the build: it wants transformers and torch.
"""

import json
import math
import pathlib
import shlex
import subprocess
import sys

LARGEST_DIFFERENCE = 1e-4
KINDS = {"bert_tiny_questions": "questions", "gpt2_tiny": "tales", "gptj_tiny": "tales", "llama_tiny": "tales"}
FILES = {"questions": "test.json", "tales": "test.txt"}
BUDGETS = {"bert_tiny_questions": [75, 50, 20], "gpt2_tiny": [80, 50], "gptj_tiny": [80, 50], "llama_tiny": [80]}
TOKENS = 48
POLICY = """
apiVersion: espalier.io/v1
kind: PruningPolicy
metadata: {{ name: cut }}
spec:
  match: {{ names: ["*"] }}
  data: {{ calibration: "{data}?split=train", eval: "{data}?split=test" }}
  stages:
    - prune: {{ algorithm: gradnas, constraints: {{ flops: {budget}% }}, batches: 8, neuronDivisor: 8, maxLength: {tokens}{more} }}
"""


def run(espalier, *arguments):
    return subprocess.run([*espalier, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout


def question_losses(model, tokenizer, file):
    import torch

    for entry in json.loads(file.read_text())["data"]:
        for paragraph in entry["paragraphs"]:
            for qa in paragraph["qas"]:
                answer = qa["answers"][0]
                end = answer["answer_start"] + len(answer["text"])
                said = tokenizer(
                    qa["question"], paragraph["context"], return_tensors="pt", max_length=TOKENS, truncation="only_second",
                    return_token_type_ids=True)
                first = said.char_to_token(0, answer["answer_start"], 1)
                last = said.char_to_token(0, end - 1, 1)
                yield model(**said, start_positions=torch.tensor([first]), end_positions=torch.tensor([last])).loss.item(), 1


def text_losses(model, tokenizer, file):
    """All lines one behind the other in blocks, as `run_clm.py` has them."""
    import torch

    ids = []
    for line in file.read_text().splitlines(keepends=True):
        ids += tokenizer(line)["input_ids"]
    for start in range(0, len(ids) - TOKENS + 1, TOKENS):
        block = torch.tensor([ids[start:start + TOKENS]])
        yield model(input_ids=block, labels=block).loss.item(), TOKENS - 1


def opened(directory, file):
    """Mean loss, and what did not fit."""
    import torch
    import transformers

    config = json.loads((directory / "config.json").read_text())
    network = getattr(transformers, config["architectures"][0])
    model, found = network.from_pretrained(directory, output_loading_info=True, dtype=torch.float32)
    model.eval()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(directory / "tokenizer.json"))
    losses = question_losses if "Question" in config["architectures"][0] else text_losses
    with torch.no_grad():
        all_losses = list(losses(model, tokenizer, file))
    count = sum(weight for _, weight in all_losses)
    return sum(loss * weight for loss, weight in all_losses) / count, {key: value for key, value in found.items() if value}


def check(name, budget, work, espalier):
    import transformers

    kind = KINDS[name]
    out = work / f"{name}-{budget}"
    policy = work / "policy.yaml"
    more = ", stride: 16" if kind == "questions" else ""
    policy.write_text(POLICY.format(data=(work / kind).as_uri() + "/", budget=budget, tokens=TOKENS, more=more))
    if not out.exists():
        run(espalier, "optimize", "--model", work / name, "--policy", policy, "--out", out, "--scores", work / "scores")
    made = json.loads((out / "espalier.json").read_text())
    form = made["stages"][-1]["change"]["output"]
    stride = ["--stride", "16"] if kind == "questions" else []
    data = f"{work / kind}?split=test"
    ours = json.loads(run(espalier, "evaluate", "--model", out, "--data", data, "--max-length", TOKENS, *stride, "-o", "json"))["loss"]
    loaders = made["loadsIn"]
    four = int(transformers.__version__.split(".")[0]) < 5
    line = f"{name} {budget} %: {form}, opens in {', '.join(loaders)}; loss here {ours:.6f}"
    if "transformers" not in loaders and not (four and "transformers<5" in loaders):
        print(line)
        return True
    theirs, problems = opened(out, work / kind / FILES[kind])
    print(f"{line}, transformers {transformers.__version__} {theirs:.6f}", problems or "")
    return not problems and math.isclose(ours, theirs, abs_tol=LARGEST_DIFFERENCE)


def main(work, espalier):
    for name, kind in KINDS.items():
        if not (work / kind).exists():
            run(espalier, "zoo", "data", work / kind, "--kind", kind, "--train", "400", "--test", "50")
        if not (work / name).exists():
            run(espalier, "zoo", "model", name, work / name)
    return all([check(name, budget, work, espalier) for name, budgets in BUDGETS.items() for budget in budgets])


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1]).resolve()
    place.mkdir(parents=True, exist_ok=True)
    here = pathlib.Path(__file__).resolve().parent.parent
    command = shlex.split(sys.argv[2]) if len(sys.argv) > 2 else [str(here / "deploy" / "espalier")]
    sys.exit(0 if main(place, command) else 1)
