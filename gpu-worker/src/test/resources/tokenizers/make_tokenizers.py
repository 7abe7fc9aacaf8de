"""Makes two byte-level BPE tokenizers and what Hugging Face's library says of texts with them.

pip install tokenizers==0.22.2; python make_tokenizers.py, in this directory. Nothing is downloaded.

byte-bpe-roberta puts <s> and </s> around texts, byte-bpe-gpt2 nothing. The first also asks for truncation and padding, which
a reader that cuts and fills up by itself has to ignore.
"""

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

CORPUS = [
    "An espalier is a tree trained flat against a wall. The gardener cuts the branches that grow in the wrong direction.",
    "Pear and apple trees are used most often. The wall keeps the warmth of the day, so the fruit ripens earlier.",
    "Zoë opened the café “Le Pêcheur” \U0001F41F\U0001F41F near the naïve painter’s house — it cost 12,500 crowns.",
]
TEXTS = [
    "The gardener cuts the pear tree.",
    "  two spaces, a\ttab and\na line break ",
    "Zoë saw a \U0001F41F fish \U0001F468‍\U0001F33E near the wall",
    "<mask> is a tree</s>",
    "漢字 and a no-break\u00a0space",
]
QUESTION = "Who opened the \U0001F41F café?"
LINES = ["The wall keeps the warmth.\n", "\n", "Pear and apple trees\n", "café \U0001F41F"]
CONTEXT = " ".join(CORPUS[2:] + CORPUS[:2])


def byte_bpe(specials, post_processor, vocabulary):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = post_processor(tokenizer)
    return tokenizer


def encoded(encoding):
    sources = [-1 if source is None else source for source in encoding.sequence_ids]
    offsets = [list(offset) if source >= 0 else [0, 0] for offset, source in zip(encoding.offsets, sources)]
    return {"ids": encoding.ids, "types": encoding.type_ids, "sources": sources, "offsets": offsets}


def expected(tokenizer):
    """Offsets count code points."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    result = {"vocabulary": tokenizer.get_vocab_size(), "texts": [], "longest_first": [], "windows": []}
    for text in TEXTS:
        result["texts"].append({"text": text, "encoded": encoded(tokenizer.encode(text))})
    result["lines"] = [{"text": line, "ids": tokenizer.encode(line).ids} for line in LINES]
    result["bare_lines"] = [{"text": line, "ids": tokenizer.encode(line.rstrip("\n")).ids} for line in LINES]
    pair = len(tokenizer.encode(QUESTION, CONTEXT))
    for first, second in [(QUESTION, CONTEXT), (CONTEXT, QUESTION), (CONTEXT, CONTEXT), (QUESTION, QUESTION)]:
        for length in (7, 8, 21, 22, 35, 50, pair - 1, pair):
            tokenizer.enable_truncation(length, strategy="longest_first")
            cut = tokenizer.encode(first, second)
            result["longest_first"].append({"first": first, "second": second, "length": length, "encoded": encoded(cut)})
    for length, stride in [(40, 0), (40, 8), (48, 20), (pair - 1, 5), (pair, 5)]:
        tokenizer.enable_truncation(length, stride=stride, strategy="only_second")
        whole = tokenizer.encode(QUESTION, CONTEXT)
        windows = [encoded(window) for window in [whole, *whole.overflowing]]
        result["windows"].append({"first": QUESTION, "second": CONTEXT, "length": length, "stride": stride, "windows": windows})
    return result


def write(name, tokenizer, eos, mask):
    directory = Path(name)
    directory.mkdir(exist_ok=True)
    tokenizer.save(str(directory / "tokenizer.json"))
    config = {"eos_token": eos, **({"mask_token": {"content": mask, "lstrip": True}} if mask else {})}
    (directory / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    text = json.dumps(expected(Tokenizer.from_file(str(directory / "tokenizer.json"))), ensure_ascii=True)
    (directory / "expected.json").write_text(text.replace('{"text":', '\n{"text":').replace('{"first":', '\n{"first":') + "\n", encoding="utf-8")


def main():
    mask = AddedToken("<mask>", lstrip=True, special=True)
    roberta = byte_bpe(
        ["<s>", "<pad>", "</s>", "<unk>", mask],
        lambda t: processors.RobertaProcessing(("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>")), add_prefix_space=False), 380)
    roberta.enable_truncation(9, stride=2)
    roberta.enable_padding(length=16, pad_id=1, pad_token="<pad>")
    write("byte-bpe-roberta", roberta, "</s>", "<mask>")
    write("byte-bpe-gpt2", byte_bpe(["<|endoftext|>"], lambda t: processors.ByteLevel(trim_offsets=False), 360), "<|endoftext|>", None)


if __name__ == "__main__":
    main()
