"""Versioned prompts: ``load("understand.v1", message=…)`` gives chat messages, strictly rendered.

A prompt is a Markdown file beside this module. Lines ``=== system ===``, ``=== user ===`` and
``=== assistant ===`` start its messages, and what stands above the first one is a comment.
A file that is in use never changes its meaning: a better prompt is a new version.
"""

from prompts._load import PromptError, fence, has_prompt, load

__all__ = ["PromptError", "fence", "has_prompt", "load"]
