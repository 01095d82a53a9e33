"""``python -m bot`` and ``classbridge``. ``serve`` goes its own, light way; see ``bot/serve.py``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit."""
    if sys.argv[1:2] == ["serve"] and "--help" not in sys.argv:
        from bot.serve import main as serve

        sys.exit(serve(sys.argv[2:]))
    from bot.cli import app

    app()


if __name__ == "__main__":
    main()
