"""What Hugging Face's transformers say of how tokens look at each other: probabilities of every layer of small models of this folder.

    python make.py            # needs torch, transformers and safetensors: writes one file per model
    python make.py --verify   # compares what is there with what these versions say
"""
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
MODELS = {
    "bert-qa": transformers.AutoModelForQuestionAnswering,
    "distilbert-qa": transformers.AutoModelForQuestionAnswering,
    "gpt2": transformers.AutoModelForCausalLM,
    "gptj": transformers.AutoModelForCausalLM,
    "llama": transformers.AutoModelForCausalLM,
    "gemma2": transformers.AutoModelForCausalLM,
}


def attentions(name, kind):
    folder = HERE.parent.parent / name
    model = kind.from_pretrained(folder, attn_implementation="eager", torch_dtype=torch.float32).eval()
    inputs = load_file(folder / "inputs.safetensors")
    known = {key: inputs[key] for key in ("input_ids", "attention_mask", "token_type_ids") if key in inputs}
    if "token_type_ids" in known and "distilbert" in name:
        del known["token_type_ids"]
    with torch.no_grad():
        found = model(**known, output_attentions=True).attentions
    return {str(layer): one.contiguous() for layer, one in enumerate(found)}


if __name__ == "__main__":
    for name, kind in MODELS.items():
        found = attentions(name, kind)
        if "--verify" in sys.argv:
            for key, wanted in load_file(HERE / f"{name}.safetensors").items():
                torch.testing.assert_close(found[key], wanted, rtol=1e-4, atol=1e-6)
        else:
            save_file(found, HERE / f"{name}.safetensors")
        print(name, [tuple(one.shape) for one in found.values()])
    print(f"torch {torch.__version__}, transformers {transformers.__version__}")
