"""What the anonymous box says."""

from __future__ import annotations

NOT_OPEN = "匿名信箱还没有开通，这句没有保存，也没有转给任何人。"
