"""The words of a text in the plainest way."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

WORD: Final = re.compile(
    "[^\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
)


def words(text: bytes) -> Counter[bytes]:
    """How often each occurs. UnicodeDecodeError if the text is not UTF-8."""
    return Counter(one.encode() for one in WORD.findall(text.decode("utf-8")))
