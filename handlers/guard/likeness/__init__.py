"""A second opinion: how much a text is like what must not be posted, learnt from the example lines.

A linear model over what is left of a text once people and numbers are marks, with the words the rules look
for. ``python -m handlers.guard.likeness.build`` makes the weights anew.
"""

from __future__ import annotations

from handlers.guard.likeness.opinion import Opinion, opinions

__all__ = ["Opinion", "opinions"]
