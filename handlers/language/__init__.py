"""Understanding Chinese: the only door is :func:`read`; dates and times are said by ``say``."""

from __future__ import annotations

from handlers.language.reading import Reading, read

__all__ = ["Reading", "read"]
