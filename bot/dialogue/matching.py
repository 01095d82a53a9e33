"""Compares what somebody saw with what a dialogue expects. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.dialogue import texts
from bot.dialogue.script import is_regex

_OPTION = re.compile(rf"(\d{{1,3}})\s*([^{texts.NUMBERED_ENDS}\d][^{texts.NUMBERED_ENDS}]*)")
_OPTIONS = re.compile(
    rf"{texts.NUMBERED_LEAD}\s*("
    rf"\d{{1,3}}\s*[^{texts.NUMBERED_ENDS}\d][^{texts.NUMBERED_ENDS}]*"
    rf"(?:[{texts.NUMBERED_JOINS}]\s*\d{{1,3}}\s*[^{texts.NUMBERED_ENDS}\d][^{texts.NUMBERED_ENDS}]*)*)"
)
_WORD = rf"{texts.TRANSCRIPT_OPEN}([^{texts.WORD_STOPS}]+){texts.TRANSCRIPT_CLOSE}"
_WORDS = re.compile(rf"{texts.NUMBERED_LEAD}{_WORD}(?:{texts.WORD_JOIN}{_WORD})?")


def numbered(text: str) -> dict[str, str]:
    """The choices a text offers without buttons: label → what to type, number or word, in their order."""
    found: dict[str, str] = {}
    for words in _WORDS.finditer(text):
        found.update((word, word) for word in words.groups() if word)
    for options in _OPTIONS.finditer(text):
        for option in _OPTION.finditer(options[1]):
            found[option[2]] = option[1]
    return found


def rendered(text: str, labels: Sequence[str]) -> str:
    """The text as a reader of the dialogue sees it: with its choices as ``[label]`` at the end."""
    shown = list(labels) or list(numbered(text))
    return text + "".join(f"[{label}]" for label in shown)


def matches(pattern: str, text: str, labels: Sequence[str] = ()) -> bool:
    """Whether a seen text is what was expected.

    A glob (``*`` stands for anything, line ends included) must cover the whole text with its
    choices; a ``/regex/`` is searched for in it.
    """
    shown = rendered(text, labels)
    if is_regex(pattern):
        return re.search(pattern[1:-1], shown, re.DOTALL) is not None
    tidy = re.sub(r"\]\s*\[", "][", pattern).replace("\\n", "\n")
    glob = ".*".join(re.escape(part) for part in tidy.split("*"))
    return re.fullmatch(glob, shown, re.DOTALL) is not None or _plain(glob, text, labels)


def _plain(glob: str, text: str, labels: Sequence[str]) -> bool:
    # An expectation that does not speak of the choices need not end in a star for them.
    return bool(rendered(text, labels) != text) and re.fullmatch(glob, text, re.DOTALL) is not None
