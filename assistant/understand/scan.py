"""A message being read: parts that are understood are taken out, the rest is search text."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Stands where a part was taken; normalised text holds no control characters.
TAKEN = "\x00"


class Scan:
    """Normalised text of one message, of which readers take the spans they understood."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Lower-casing must not move positions ("İ" has a longer lower case).
        self.lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        self.free = self.lower

    def take(self, start: int, end: int) -> None:
        """Mark text[start:end] as understood: no other reader sees it."""
        self.free = self.free[:start] + TAKEN * (end - start) + self.free[end:]

    def find(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches of `pattern` in what is left, each against the text as it stands then."""
        position = 0
        while match := pattern.search(self.free, position):
            position = max(match.end(), match.start() + 1)
            yield match

    def take_all(self, pattern: re.Pattern[str]) -> bool:
        """Take every match of `pattern`; whether there was one."""
        found = False
        for match in self.find(pattern):
            self.take(*match.span())
            found = True
        return found

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing of text[start:end] was taken."""
        return TAKEN not in self.free[start:end]

    @property
    def touched(self) -> bool:
        """Whether anything was taken."""
        return TAKEN in self.free

    def rest(self) -> str:
        """What nobody took, in the shopper's own letters; gaps are TAKEN."""
        return "".join(
            c if f != TAKEN else TAKEN for c, f in zip(self.text, self.free, strict=True)
        )
