"""A byte-pair vocabulary in the CLIP format, learned from the recipe's own captions."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from transformers import CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
_WORD = re.compile(r"[^\W\d_]+|\d|[^\s\w]+|_+")


def byte_symbols() -> dict[int, str]:
    """Return the printable character that stands for each byte, as GPT-2 and CLIP define it."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols = {byte: chr(byte) for byte in printable}
    following = 256
    for byte in range(256):
        if byte not in symbols:
            symbols[byte] = chr(following)
            following += 1
    return symbols


def learn_merges(texts: Iterable[str], count: int) -> list[tuple[str, str]]:
    """Return at most ``count`` merges, most frequent pair first (Sennrich et al. 2016).

    Ties go to the pair that sorts first, so the result does not depend on the order of the texts.
    """
    symbols = byte_symbols()
    words = Counter(word for text in texts for word in _WORD.findall(text.lower()))
    pieces = {
        word: [*(symbols[byte] for byte in word.encode()[:-1]), symbols[word.encode()[-1]] + "</w>"]
        for word in words
    }
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in pieces.items():
            for pair in itertools.pairwise(parts):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        pieces = {word: _merged(parts, best) for word, parts in pieces.items()}
    return merges


def _merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for part in parts:
        if merged and (merged[-1], part) == pair:
            merged[-1] += part
        else:
            merged.append(part)
    return merged


def write_tokenizer(texts: Iterable[str], size: int, context: int, folder: Path) -> CLIPTokenizer:
    """Learn a vocabulary of at most ``size`` entries and save it as a CLIPTokenizer folder."""
    letters = list(byte_symbols().values())
    letters += [letter + "</w>" for letter in letters]
    merges = learn_merges(texts, size - len(letters) - 2)
    entries = [*letters, *(first + second for first, second in merges), START, END]
    vocabulary = {entry: number for number, entry in enumerate(dict.fromkeys(entries))}
    tokenizer = CLIPTokenizer(
        vocab=vocabulary,
        merges=merges,
        bos_token=START,
        eos_token=END,
        unk_token=END,
        pad_token=END,
        model_max_length=context,
    )
    tokenizer.save_pretrained(str(folder))
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{first} {second}" for first, second in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tokenizer
