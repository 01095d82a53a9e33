"""The books of a crash run: what was said, what people saw, and whether they agree. Pure.

Every message carries a mark of its own, so that it can be found in whatever words reach somebody.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

MARK = re.compile(r"K\d{5}Z")
AGAIN = "补发"
"""The label of a message that may have come before."""

SECOND = f"{AGAIN}，如已收到请忽略：\n"
"""How a second copy begins."""

_NO_RECEIPT = re.compile(f"{AGAIN}|改到|送晚了")
"""What a parent reads that answers no message: a second copy, a new time for an answer."""
LISTED = "位家长等您"
"""What a list of waiting families says."""
UNSURE, SHOWN = "不确定", "可能没给您显示"
"""How the staff is told of a send that may not have arrived; of one to themselves with its words."""
NOT_SENT = "没发出去"
"""How a teacher is told of an answer that certainly did not go out."""
_LINE = re.compile(r"^[①-⑩]", re.MULTILINE)
POST, HEADING_END = "【", "速递】"
EXCERPT = 8

Kind = Literal["relay", "answer", "note"]


@dataclass(slots=True)
class Entry:
    """One message somebody said.

    Args:
        mark: Its mark.
        kind: A parent's words to the teacher, a teacher's answer, a note for the digest.
        sender: Who said it.
        readers: The people or chats of whom at least one must see it.
        acknowledged: Whether the bot answered 200 for it.
    """

    mark: str
    kind: Kind
    sender: str
    readers: frozenset[str]
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing one person or group saw; ``reader`` is the person's id or the group's chat."""

    reader: str
    text: str


@dataclass(slots=True)
class Books:
    """All entries of a run, by mark."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def say(self, kind: Kind, sender: str, readers: Iterable[str]) -> Entry:
        """Open an entry with a new mark."""
        entry = Entry(f"K{len(self.entries):05d}Z", kind, sender, frozenset(readers))
        self.entries[entry.mark] = entry
        return entry

    @property
    def acknowledged(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.acknowledged]

    def lost(self, seen: Sequence[Seen], told: Sequence[str]) -> list[Entry]:
        """Acknowledged entries no reader saw and that no summary of doubtful sends names.

        Args:
            seen: Everything anybody saw.
            told: The texts of doubtful rows the teacher was told of.
        """
        reached: dict[str, set[str]] = defaultdict(set)
        for item in seen:
            for mark in MARK.findall(item.text):
                reached[mark].add(item.reader)
        doubtful = {mark for text in told for mark in MARK.findall(text)}
        return [
            entry
            for entry in self.acknowledged
            if not (reached[entry.mark] & entry.readers) and entry.mark not in doubtful
        ]

    def doubled_messages(self, seen: Sequence[Seen]) -> list[Seen]:
        """The same words with a mark, seen twice by the same reader and not labelled as sent again.

        A list of those who still wait repeats them as often as a window opens: that is what it is for.
        """
        told = (item for item in seen if MARK.search(item.text) and AGAIN not in item.text)
        counted = Counter(item for item in told if LISTED not in item.text)
        return [item for item, times in counted.items() for _ in range(times - 1)]

    def too_many_receipts(self, seen: Sequence[Seen]) -> int:
        """Answers without a mark ("passed on") beyond one for each message the person said."""
        said = Counter(entry.sender for entry in self.entries.values())
        parents = {entry.sender for entry in self.entries.values() if entry.kind == "relay"}
        bare = Counter(
            item.reader
            for item in seen
            if item.reader in parents and not MARK.search(item.text) and not _NO_RECEIPT.search(item.text)
        )
        return sum(max(0, count - said[reader]) for reader, count in bare.items())

    def doubled_effects(self, effects: Mapping[str, int]) -> list[str]:
        """Marks with more than one effect in the database (contact log, notes)."""
        return [mark for mark, count in effects.items() if count > 1]


def effects_of(texts: Iterable[str]) -> Counter[str]:
    """How often each mark stands in the texts of one kind of row; one text counts once."""
    return Counter(mark for text in texts for mark in set(MARK.findall(text)))


def told(doubtful: Sequence[str], said: Sequence[str]) -> list[bool]:
    """For each doubtful send's text, whether the staff was told of it.

    Args:
        doubtful: The texts; an empty one was blanked when its reader was shown it.
        said: What the staff saw. Sends with equal words, or none, need as many mentions.
    """
    whole = "\n".join(text for text in said if UNSURE in text or SHOWN in text)
    left = Counter({text: whole.count(text[:EXCERPT]) for text in doubtful if text and not MARK.search(text)})
    left[""] = sum(len(_LINE.findall(text)) for text in said if SHOWN in text)
    found = []
    for text in doubtful:
        marks = MARK.findall(text)
        if UNSURE in text:  # a summary itself: it has told if a copy of it was seen
            found.append(text.removeprefix(SECOND) in whole)
        elif text.startswith(POST):  # only the heading of a whole digest is told
            found.append(text[1:].partition(HEADING_END)[0] in whole)
        elif marks:
            found.append(any(mark in whole for mark in marks))
        else:
            found.append(left[text] > 0)
            left[text] -= 1
    return found
