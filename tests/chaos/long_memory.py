"""The bot as in service, but undecided doubts keep their words: the books at the end are made from them."""

from __future__ import annotations

import sys
from datetime import timedelta

from bot.serve import main
from jobs import forget

if __name__ == "__main__":
    forget.UNDECIDED = forget.KEPT = timedelta(days=365)
    sys.exit(main(sys.argv[2:]))
