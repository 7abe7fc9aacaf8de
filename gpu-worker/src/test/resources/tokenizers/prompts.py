"""What TRL makes of prompts and completions: ids of prompt + completion + end, and how many of them are the prompt's (those of the prompt alone).

    python prompts.py            # needs tokenizers: writes prompts.json
"""
import json
from pathlib import Path

import tokenizers

HERE = Path(__file__).parent
END = 0
PAIRS = [
    ["The gardener cuts", " the pear tree."],
    ["Question: who cuts the tree?\nAnswer:", " the gardener\n"],
    ["", "The wall is high."],
    ["Ein Baum – früh am Morgen 🌳:", " grün, größer 🌲"],
]

if __name__ == "__main__":
    tokenizer = tokenizers.Tokenizer.from_file(str(HERE / "byte-bpe-gpt2" / "tokenizer.json"))
    rows = []
    for prompt, completion in PAIRS:
        whole, alone = tokenizer.encode(prompt + completion).ids, tokenizer.encode(prompt).ids
        assert whole[: len(alone)] == alone, (prompt, completion)
        rows.append({"prompt": prompt, "completion": completion, "ids": whole + [END], "asked_from": len(alone)})
    (HERE / "prompts.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    print([(len(row["ids"]), row["asked_from"]) for row in rows], "tokenizers", tokenizers.__version__)
