"""How a request ends early."""

from __future__ import annotations

from bot.pages import texts


class Stop(Exception):
    """A request that ends here, with a page that says in one sentence why and what next."""

    def __init__(self, status: int, title: str, text: str, back: str = texts.BACK) -> None:
        super().__init__(title)
        self.status, self.title, self.text, self.back = status, title, text, back


def missing() -> Stop:
    """The same for what never was and for what is somebody else's."""
    return Stop(404, texts.MISSING_TITLE, texts.MISSING)


def refused() -> Stop:
    """A form that did not come from a page shown to this phone."""
    return Stop(403, texts.REFUSED_TITLE, texts.REFUSED)
