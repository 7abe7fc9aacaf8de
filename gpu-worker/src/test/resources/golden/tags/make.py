"""Writes expected.json: what seqeval and Hugging Face's tokenizers say of drawn tags and words.

Needs seqeval 1.2.2 and tokenizers; run in this directory.
"""
import json
import random

from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score
from tokenizers import Tokenizer

random.seed(20)
SCHEMES = {
    "iob": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"],
    "iobes": ["O", "B-A-1", "I-A-1", "E-A-1", "S-A-1", "I-A-2", "S-A-2"],
}


def drawn(tags):
    right = [[random.choice(tags) for _ in range(random.randint(1, 12))] for _ in range(random.randint(1, 4))]
    given = [[tag if random.random() < 0.7 else random.choice(tags) for tag in row] for row in right]
    return right, given


cases = []
for name, tags in SCHEMES.items():
    for _ in range(30):
        right, given = drawn(tags)
        cases.append({
            "labels": tags, "right": right, "given": given,
            "accuracy": accuracy_score(right, given), "precision": precision_score(right, given),
            "recall": recall_score(right, given), "f1": f1_score(right, given),
        })

tokenizer = Tokenizer.from_file("../scores/squad-windows/tokenizer.json")
tokenizer.no_truncation()
tokenizer.no_padding()
words = ["the", "River", "bridge,", "U.S.", "unbelievable", "it's", "über", "42nd", "(house)", "a", "東京"]
sentences = []
for _ in range(8):
    chosen = [random.choice(words) for _ in range(random.randint(1, 9))]
    labels = [random.randint(0, 4) for _ in chosen]
    encoded = tokenizer.encode(chosen, is_pretokenized=True)
    aligned, before = [], None
    for word in encoded.word_ids:
        aligned.append(-100 if word is None or word == before else labels[word])
        before = word
    sentences.append({"tokens": chosen, "tags": labels, "ids": encoded.ids, "labels": aligned})

with open("expected.json", "w") as out:
    json.dump({"cases": cases, "sentences": sentences}, out, ensure_ascii=False, separators=(",", ":"))
    out.write("\n")
