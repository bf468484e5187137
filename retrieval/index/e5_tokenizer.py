"""The XLM-RoBERTa unigram tokenizer (Conneau et al. 2020), rebuilt from a vocabulary."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

SPECIAL_NAMES = {"bos": "<s>", "eos": "</s>", "pad": "<pad>", "unk": "<unk>"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces with their log probabilities, ids of special tokens, and a code point map."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    special: dict[str, int]
    replacements: dict[str, str]


def build_tokenizer(vocabulary: Vocabulary, max_length: int) -> Tokenizer:
    """A tokenizer that gives ``<s> … </s>``, cut at `max_length` tokens.

    NFC first: SentencePiece's nmt_nfkc also composes letter and accent, which a map of single
    code points cannot.
    """
    pieces = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
    tokenizer = Tokenizer(models.Unigram(pieces, vocabulary.special["unk"], False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Precompiled(precompile_map(vocabulary.replacements))]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    begin, end = SPECIAL_NAMES["bos"], SPECIAL_NAMES["eos"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, vocabulary.special["bos"]), (end, vocabulary.special["eos"])],
    )
    names = [*SPECIAL_NAMES.values(), "<mask>"]
    tokenizer.add_special_tokens(
        [AddedToken(n, special=True, normalized=False) for n in names if n in vocabulary.pieces]
    )
    tokenizer.enable_truncation(max_length)
    return tokenizer


@dataclass(slots=True)
class _Node:
    """A trie node: the result for the bytes up to here, if any, and what may follow."""

    children: dict[int, _Node] = field(default_factory=dict)
    value: int | None = None


def precompile_map(replacements: dict[str, str]) -> bytes:
    """The map in SentencePiece's precompiled form: size of a trie, the trie, the results.

    The trie is a double array as darts-clone lays it out: from a node at position p with
    offset o, the byte c leads to p ^ o ^ c, where the low byte of the unit repeats c; a set
    bit 8 says that p ^ o holds a value, the index of a result ending in a zero byte.
    """
    results = bytearray()
    places: dict[str, int] = {}
    root = _Node()
    for source, target in replacements.items():
        if target not in places:
            places[target] = len(results)
            results += target.encode() + b"\0"
        node = root
        for byte in source.encode():
            node = node.children.setdefault(byte, _Node())
        node.value = places[target]
    units = _lay_out(root)
    trie = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(trie)) + trie + bytes(results)


SEARCH_WINDOW = 512
"""How far behind the last base a free one is looked for: wider packs tighter but takes
seconds for thousands of nodes."""


def _lay_out(root: _Node) -> list[int]:
    """The units of the double array; no two nodes share a base, so no path is invented."""
    units = {0: 0}
    taken = {0}
    bases = {0}
    start = 1
    waiting = [(0, 0, root)]
    while waiting:
        position, label, node = waiting.pop()
        steps = [*node.children, *([0] if node.value is not None else [])]
        base = start
        while base in bases or any((base ^ step) in taken for step in steps):
            base += 1
        start = max(start, base - SEARCH_WINDOW)
        bases.add(base)
        taken.update(base ^ step for step in steps)
        leaf = node.value is not None
        units[position] = label | (leaf << 8) | (base ^ position) << 10
        if node.value is not None:
            units[base] = node.value | 1 << 31
        waiting += [(base ^ byte, byte, child) for byte, child in node.children.items()]
    # A lookup may probe any byte beyond the last base, so the array ends on a full block.
    size = (max(max(units), max(bases)) | 0xFF) + 1
    return [units.get(position, 0) for position in range(size)]
