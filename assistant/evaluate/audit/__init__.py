"""An independent check of shown sentences against the raw catalogue.

It shares nothing with `assistant.answer`: other code, other word lists, other order. What the
verifier lets through by mistake must not pass here by the same mistake.
"""
