"""Preferences in chat: noted, read out, forgotten."""

from __future__ import annotations

from assistant.jobs.match import best_matches
from assistant.jobs.result import JobContext, JobResult
from assistant.jobs.types import PreferenceAction, PreferenceJob
from assistant.jobs.wording import say
from assistant.memory.memory import Memory, without
from assistant.memory.types import Preference
from assistant.types import Act, Sentence, Understanding
from assistant.understand.context import last_topic


class PreferenceJobs:
    """Does preference jobs over the memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def run(self, job: PreferenceJob, context: JobContext) -> JobResult:
        """Note, list or forget; what is forgotten no longer holds for the topic either."""
        owner = context.caller.remembered
        if job.action is PreferenceAction.REMEMBER:
            read = Understanding(
                act=Act.PREFERENCE, language=context.language, stated=job.statements
            )
            kept = self._memory.note(owner, context.turn_id, read, context.conversation)
            told = _list(kept, context)
            evidence = tuple(f"preference:{p.id}" for p in kept)
            return _said("kept", context, told, evidence, self._memory.store.all(owner))
        known = self._memory.store.all(owner)
        if not known:
            return _said("nothing_kept", context, "", kept=())
        if job.action is PreferenceAction.LIST:
            evidence = tuple(f"turn:{p.source}" for p in known)
            return _said("list_kept", context, _list(known, context), evidence, known)
        meant = self._meant(job, known, context)
        if not meant:
            return _said("which_kept", context, _list(known, context), kept=known)
        self._memory.store.forget(owner, [p.id for p in meant])
        result = _said("forgotten", context, _list(meant, context))
        return JobResult(
            sentences=result.sentences,
            topic=_cleaned_topic(meant, context),
            preferences=self._memory.store.all(owner),
        )

    def _meant(
        self, job: PreferenceJob, known: tuple[Preference, ...], context: JobContext
    ) -> tuple[Preference, ...]:
        """All, those named, or with "forget that" the one noted last."""
        if job.action is PreferenceAction.FORGET_ALL:
            return known
        if job.words:
            texts = [" ".join((p.text, *p.wishes)) for p in known]
            return tuple(known[n] for n in best_matches(job.words, texts))
        return known[-1:]


def _cleaned_topic(meant: tuple[Preference, ...], context: JobContext) -> Understanding | None:
    """The standing request without what was forgotten, or None where there is none."""
    topic = last_topic(context.conversation)
    if topic is None:
        return None
    filters = topic.filters
    for preference in meant:
        filters = without(filters, preference.filters)
    wishes = {w for p in meant for w in p.wishes}
    return topic.model_copy(
        update={
            "filters": filters,
            "wishes": tuple(w for w in topic.wishes if w not in wishes),
            "rewrites": (),
            "act": Act.REFINE,
        }
    )


def _list(preferences: tuple[Preference, ...], context: JobContext) -> str:
    joint = "、" if context.language == "zh" else ", "
    return joint.join(p.text for p in preferences)


def _said(
    key: str,
    context: JobContext,
    told: str,
    evidence: tuple[str, ...] = ("preferences",),
    kept: tuple[Preference, ...] | None = None,
) -> JobResult:
    """The sentence `key`, and what is `kept` in mind now, where that is to be shown."""
    text = say(key, context.language, what=told)
    return JobResult(sentences=(Sentence(text=text, evidence=evidence),), preferences=kept)
