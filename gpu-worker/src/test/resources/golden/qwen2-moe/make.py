"""Writes this directory: a small decoder with experts, one of which all tokens of a layer share.

python make.py     # transformers 4.57.6
"""

import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers import Qwen2MoeConfig, Qwen2MoeForCausalLM

here = pathlib.Path(__file__).parent
torch.manual_seed(20261128)
model = Qwen2MoeForCausalLM(
    Qwen2MoeConfig(
        vocab_size=80,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        num_experts=6,
        num_experts_per_tok=2,
        moe_intermediate_size=24,
        shared_expert_intermediate_size=40,
        mlp_only_layers=[1],
        bos_token_id=1,
        eos_token_id=2,
        attn_implementation="eager",
    )
).eval()
with torch.no_grad():
    for name, tensor in model.state_dict().items():
        if name.endswith("norm.weight"):
            tensor.normal_(1, 0.2)
        elif name.endswith("bias"):
            tensor.normal_(0, 0.2)
        elif "embed_tokens" in name:
            tensor.normal_(0, 0.3)
        else:
            tensor.normal_(0, 1.4 / tensor.shape[1] ** 0.5)
    ids = torch.randint(4, 80, (3, 20))
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids.clone()}
    out = model(**inputs, output_hidden_states=True, output_router_logits=False)
    routers = [r for r in model(**inputs, output_router_logits=True).router_logits if r is not None]
    expected = {"logits": out.logits, "loss": out.loss, "last_hidden_state": out.hidden_states[-1]}
    expected |= {f"hidden_states.{i}": hidden for i, hidden in enumerate(out.hidden_states)}
    expected |= {f"router_logits.{i}": router for i, router in enumerate(routers)}
model.save_pretrained(here)
(here / "generation_config.json").unlink()
save_file(inputs, here / "inputs.safetensors")
save_file({name: tensor.clone().contiguous() for name, tensor in expected.items()}, here / "expected.safetensors")
print(sys.version.split()[0], torch.__version__, transformers.__version__, [tuple(r.shape) for r in routers])
