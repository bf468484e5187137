"""How many false claims an assistant shows: whole turns, audited against the raw catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from assistant.evaluate.audit.auditor import AuditedSentence, Auditor
from assistant.evaluate.audit.mutants import Mutant, measure_auditor
from assistant.evaluate.transcript import ShownTurn
from assistant.types import Sentence
from retrieval.types import Frozen

# So many examples of each sort are told; the transcript has all.
EXAMPLES = 60


class UncheckedReport(Frozen):
    """What the model alone would have shown: every sentence as it wrote it, none held back."""

    sentences: int
    claims: int
    false_claims: int
    false_sentences: int
    false_by_kind: dict[str, int]


class GroundingReport(Frozen):
    """What an audit found, as `aisle eval grounding` writes it.

    `sentences` and `false_claims` are those of the answers; the reasons on cards are counted
    beside them. `dropped` sentences of the model never reached the shopper. `auditor_caught`
    is the share of mutants of these very sentences that the auditor flags: what its silence
    is worth. `without_verifier` is the same audit of all that the model wrote.
    """

    false_claims: int
    sentences: int
    answers: int
    dropped: int
    false_sentences: int
    claims: int
    unbacked_words: int
    sentences_by_model: int
    errors: int
    reasons: int
    false_reasons: int
    false_by_kind: dict[str, int]
    mutants: int
    auditor_caught: float
    caught_by_change: dict[str, str]
    found: tuple[dict[str, Any], ...]
    missed_mutants: tuple[str, ...]
    without_verifier: UncheckedReport


def audit_turns(auditor: Auditor, turns: Sequence[ShownTurn]) -> GroundingReport:
    """Audit every turn, and the auditor by mutants of what it let pass."""
    audited = [sentence for turn in turns for sentence in auditor.audit(turn)]
    shown = [s for s in audited if s.by != "card"]
    reasons = [s for s in audited if s.by == "card"]
    counts, passed = measure_auditor(auditor, turns)
    caught, made = (sum(pair[i] for pair in counts.values()) for i in (0, 1))
    return GroundingReport(
        false_claims=sum(len(s.false) for s in shown),
        sentences=len(shown),
        answers=len(turns),
        dropped=sum(len(turn.dropped) for turn in turns),
        false_sentences=sum(1 for s in shown if s.false),
        claims=sum(len(s.claims) for s in shown),
        unbacked_words=sum(1 for s in shown for c in s.claims if c.true is None),
        sentences_by_model=sum(1 for s in shown if s.by == "llm"),
        errors=sum(1 for turn in turns if turn.error),
        reasons=len(reasons),
        false_reasons=sum(1 for s in reasons if s.false),
        false_by_kind=dict(Counter(c.kind.value for s in shown for c in s.false)),
        mutants=made,
        auditor_caught=round(caught / made, 4) if made else 0.0,
        caught_by_change={change: f"{c} of {n}" for change, (c, n) in sorted(counts.items())},
        found=tuple(_tell(s) for s in [*shown, *reasons] if s.false)[:EXAMPLES],
        missed_mutants=_texts(passed)[:EXAMPLES],
        without_verifier=audit_unchecked(auditor, turns),
    )


def audit_unchecked(auditor: Auditor, turns: Sequence[ShownTurn]) -> UncheckedReport:
    """Audit what the model wrote, before anything was dropped or put in its place."""
    written = [
        turn.model_copy(
            update={
                "sentences": tuple(Sentence(text=text, by="llm") for text in turn.written),
                "reasons": (),
            }
        )
        for turn in turns
    ]
    audited = [sentence for turn in written for sentence in auditor.audit(turn)]
    return UncheckedReport(
        sentences=len(audited),
        claims=sum(len(s.claims) for s in audited),
        false_claims=sum(len(s.false) for s in audited),
        false_sentences=sum(1 for s in audited if s.false),
        false_by_kind=dict(Counter(c.kind.value for s in audited for c in s.false)),
    )


def _tell(sentence: AuditedSentence) -> dict[str, Any]:
    return {
        "question": sentence.question,
        "by": sentence.by,
        "text": sentence.text,
        "false": [f"{c.kind.value}: {c.text} ({c.reason})" for c in sentence.false],
    }


def _texts(mutants: Sequence[Mutant]) -> tuple[str, ...]:
    return tuple(f"{mutant.change}: {mutant.text}" for mutant in mutants)
