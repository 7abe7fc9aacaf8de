#!/usr/bin/env python3
"""Cuts random decoders of every family to 60 % of their parameters, and opens the results in other loaders.

    deploy/espalier zoo model llama_tiny WORK/zoo             # a tokenizer
    deploy/espalier zoo data WORK/tales --kind tales          # texts
    python integration-tests/open_in_loaders.py make WORK     # random models, with transformers
    python integration-tests/open_in_loaders.py cut WORK      # with deploy/espalier
    python integration-tests/open_in_loaders.py open WORK     # in transformers, and in vLLM if that is installed
    python integration-tests/open_in_loaders.py quantize WORK # the whole models, in every format
    python integration-tests/open_in_loaders.py compare WORK  # with transformers and compressed-tensors

Behind `make`, `quantize` and `compare` names of models may follow, so that only these are made.

`open` prints, for each model, how transformers scores the tokens of three sequences (mean log-probability), by how much vLLM's
log-probabilities differ at most, and whether both go on with the same tokens. It ends with 1 if a model does not open, a tensor is
missing or left over, or the two differ by more than 1e-4. `compare` prints, for each
model and format, by how much scores of transformers differ from those that the simulated network gave, as a part of the largest score, and
whether the likeliest next token (of BERT: place of an answer) is always the same. It ends with 1 if a model does not open or one differs by
more than 1e-3; 0.05 where activations are rounded too, since the last bit of float32 decides which way. `quantize` runs
`SimulatedScores`, a main of the worker's tests, for which ESPALIER_TEST_CLASSPATH must name the classes.

Not part of the build: it wants a few GB of Python packages, `compressed-tensors` and `accelerate` among them.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent.parent
LARGEST_DIFFERENCE = 1e-4
ALL = dict(
    vocab_size=233, hidden_size=256, num_hidden_layers=6, num_attention_heads=8, num_key_value_heads=4, intermediate_size=512,
    max_position_embeddings=128, bos_token_id=5, eos_token_id=5, tie_word_embeddings=False,
)
GPT = dict(vocab_size=233, n_embd=256, n_layer=6, n_head=8, n_positions=128, bos_token_id=5, eos_token_id=5)
SPARSE = dict(ALL, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=128)
MODELS = {
    "llama": ("LlamaForCausalLM", ALL),
    "mistral": ("MistralForCausalLM", dict(ALL, sliding_window=None, head_dim=32)),
    "qwen2": ("Qwen2ForCausalLM", ALL),
    "qwen3": ("Qwen3ForCausalLM", dict(ALL, head_dim=32)),
    "mixtral": (
        "MixtralForCausalLM",
        dict(ALL, num_local_experts=8, num_experts_per_tok=2, head_dim=32, sliding_window=None, intermediate_size=256)),
    "qwen2_moe": ("Qwen2MoeForCausalLM", dict(SPARSE, shared_expert_intermediate_size=256)),
    "qwen3_moe": ("Qwen3MoeForCausalLM", dict(SPARSE, head_dim=32, norm_topk_prob=True)),
    "gpt2": ("GPT2LMHeadModel", GPT),
    "gptj": ("GPTJForCausalLM", dict(GPT, rotary_dim=16)),
    "bert": (
        "BertForQuestionAnswering",
        dict(vocab_size=233, hidden_size=128, num_hidden_layers=4, num_attention_heads=8, intermediate_size=256, max_position_embeddings=128)),
}
POLICY = """
apiVersion: espalier.io/v1
kind: PruningPolicy
metadata: {{ name: cut }}
spec:
  match: {{ names: ["*"] }}
  data: {{ calibration: "{tales}?split=train", eval: "{tales}?split=test" }}
  stages:
    - prune:
        algorithm: minitron
        constraints: {{ parameters: 60% }}
        topK: 3
        maxWidthPruning: 0.5
        maxDepthPruning: 0.5
        batches: 2
        batchSize: 4
        maxLength: 32
"""
QUANTIZED = {
    "llama": None, "mistral": None, "qwen2": None, "qwen3": None, "mixtral": "weights", "qwen2_moe": "weights", "qwen3_moe": "weights",
    "gptj": None, "bert": None}
FORMATS = {
    "int8": "format: int8", "int8-asymmetric": "format: int8, symmetric: false", "int8-weight-only": "format: int8-weight-only",
    "int8-weight-only-asymmetric": "format: int8-weight-only, symmetric: false", "int4": "format: int4, group: 64",
    "int4-asymmetric": "format: int4, group: 32, symmetric: false", "fp8": "format: fp8"}
LARGEST_SHIFT = 1e-3
LARGEST_SHIFT_OF_ACTIVATIONS = 5e-2  # the last bit of float32 decides which way some of them are rounded
QUANTIZATION = """
apiVersion: espalier.io/v1
kind: PruningPolicy
metadata: {{ name: quantize }}
spec:
  match: {{ names: ["*"] }}
  stages: [ quantize: {{ {settings} }} ]
"""
SEQUENCES = [[6 + (i * 37 + s * 11) % 220 for i in range(40)] for s in range(3)]
FURTHER = 4  # tokens that are written behind each sequence


def make(work):
    import torch
    import transformers

    torch.manual_seed(1)
    for name, (architecture, config) in MODELS.items():
        if sys.argv[3:] and name not in sys.argv[3:]:
            continue
        network = getattr(transformers, architecture)
        model = network(network.config_class(**config))
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() > 1:
                    parameter.normal_(0, 0.08)
        model.save_pretrained(work / "whole" / name)
        shutil.copy(work / "zoo" / "tokenizer.json", work / "whole" / name)


def decoders():
    return [name for name in MODELS if name != "bert"]


def cut(work):
    (work / "policy.yaml").write_text(POLICY.format(tales=(work / "tales").as_uri() + "/"), encoding="utf-8")
    for name in decoders():
        shutil.rmtree(work / "cut" / name, ignore_errors=True)
        arguments = ["--model", work / "whole" / name, "--policy", work / "policy.yaml", "--out", work / "cut" / name]
        subprocess.run([here / "deploy" / "espalier", "optimize", *arguments], check=True)


def in_transformers(directory):
    """Log-probabilities of all tokens but the first ones, and those that follow."""
    import torch
    import transformers

    network = getattr(transformers, json.loads((directory / "config.json").read_text())["architectures"][0])
    model, found = network.from_pretrained(directory, output_loading_info=True, dtype=torch.float32)
    model.eval()
    said, further = [], []
    with torch.no_grad():
        for ids in SEQUENCES:
            scores = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), -1)
            said += [scores[i - 1, ids[i]].item() for i in range(1, len(ids))]
            longer = model.generate(torch.tensor([ids]), max_new_tokens=FURTHER, do_sample=False, pad_token_id=0)
            further.append(longer[0, len(ids):].tolist())
    return said, further, {key: value for key, value in found.items() if value}


def in_vllm(directory):
    from vllm import LLM, SamplingParams

    llm = LLM(
        model=str(directory), dtype="float32", enforce_eager=True, max_model_len=64, skip_tokenizer_init=True,
        enable_prefix_caching=False, gpu_memory_utilization=0.3)
    wanted = SamplingParams(max_tokens=FURTHER, temperature=0, prompt_logprobs=0, detokenize=False)
    outputs = llm.generate([{"prompt_token_ids": ids} for ids in SEQUENCES], wanted, use_tqdm=False)
    said = [out.prompt_logprobs[i][ids[i]].logprob for out, ids in zip(outputs, SEQUENCES) for i in range(1, len(ids))]
    return said, [list(out.outputs[0].token_ids) for out in outputs]


def cases():
    """Experts read tokens without an axis for the batch, for which the library takes one scale, not one a token."""
    for name, only in QUANTIZED.items():
        for kind, settings in FORMATS.items() if name in sys.argv[3:] or not sys.argv[3:] else ():
            if only is None or kind.startswith(("int4", "int8-weight-only")):
                yield name, kind, settings


def espalier():
    """The command line; another one that behaves like it may be named by ESPALIER."""
    return os.environ.get("ESPALIER", str(here / "deploy" / "espalier")).split()


def quantize(work):
    for name, kind, settings in cases():
        out = work / "quantized" / f"{name}-{kind}"
        shutil.rmtree(out, ignore_errors=True)
        (work / "quantize.yaml").write_text(QUANTIZATION.format(settings=settings), encoding="utf-8")
        whole = work / "whole" / name
        subprocess.run([*espalier(), "optimize", "--model", whole, "--policy", work / "quantize.yaml", "--out", out], check=True)
        simulated = ["io.espalier.worker.algorithm.quantize.SimulatedScores", whole, out, work / f"{name}-{kind}.safetensors"]
        subprocess.run(["java", "-Xmx1g", "-cp", os.environ["ESPALIER_TEST_CLASSPATH"], *simulated], check=True)


def compare(work):
    import safetensors.torch

    return all([
        compare_one(f"{name}-{kind}", work / "quantized" / f"{name}-{kind}", safetensors.torch.load_file(work / f"{name}-{kind}.safetensors"))
        for name, kind, _ in cases()])


def compare_one(title, directory, simulated):
    import torch
    import transformers

    network = getattr(transformers, json.loads((directory / "config.json").read_text())["architectures"][0])
    try:
        model, found = network.from_pretrained(directory, output_loading_info=True, dtype="auto")
        with torch.no_grad():
            output = model.eval()(torch.tensor(SEQUENCES))
    except (ValueError, RuntimeError) as refused:
        print(f"{title}: {refused}")
        return False
    problems = {key: value for key, value in found.items() if value}
    scores = output.logits if hasattr(output, "logits") else torch.stack([output.start_logits, output.end_logits], -1)
    wanted = simulated["scores"]
    shift = ((scores - wanted).abs().max() / wanted.abs().max()).item()
    axis = -1 if hasattr(output, "logits") else 1
    same = bool((scores.argmax(axis) == wanted.argmax(axis)).all())
    print(f"{title}: differs by {shift:.1e} of the largest score, same tokens: {same}", problems or "")
    rounded = title.endswith(("-int8", "-int8-asymmetric", "-fp8"))
    return not problems and (same or rounded) and shift <= (LARGEST_SHIFT_OF_ACTIVATIONS if rounded else LARGEST_SHIFT)


def open_one(directory):
    said, further, problems = in_transformers(directory)
    line = f"{directory.name}: transformers {sum(said) / len(said):.6f}"
    try:
        import vllm
    except ImportError:
        print(line + ", no vLLM installed", problems or "")
        return not problems
    heard, more = in_vllm(directory)
    difference = max(abs(a - b) for a, b in zip(said, heard))
    print(f"{line}, vLLM {vllm.__version__} differs by {difference:.1e}, same tokens: {further == more}", problems or "")
    return not problems and difference <= LARGEST_DIFFERENCE and further == more


def open_all(work):
    """Each in a process of its own, since vLLM keeps one model per process."""
    quiet = dict(
        os.environ, VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_LOGGING_LEVEL="ERROR", VLLM_CPU_KVCACHE_SPACE="1",
        VLLM_CPU_OMP_THREADS_BIND="nobind", HF_HUB_OFFLINE="1")
    codes = [
        subprocess.run([sys.executable, __file__, "one", work / "cut" / name], env=quiet, check=False).returncode
        for name in decoders()]
    return not any(codes)


if __name__ == "__main__":
    what, place = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    done = {"make": make, "cut": cut, "open": open_all, "one": open_one, "quantize": quantize, "compare": compare}[what](place)
    sys.exit(0 if done in (None, True) else 1)
