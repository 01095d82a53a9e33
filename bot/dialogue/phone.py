"""A guardian's phone on the mobile pages: opens them, fills their forms, presses their buttons.

It knows nothing of how the pages are made: it looks for text fields and buttons, as a person would.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Protocol

from typing_extensions import override

HOME = "/h5/"


class Opens(Protocol):
    """The one thing asked of the emulator: open a page as somebody."""

    async def open(self, sender: str, url: str, form: dict[str, str] | None = None) -> tuple[int, str]: ...


@dataclass(slots=True)
class Form:
    """A form: hidden values, the text fields one can fill, the buttons that send it."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """(label, name, value) of each; a button without a name sends nothing of its own."""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._button: list[str] | None = None

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""))
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "textarea":
            self._form.texts.append(given.get("name", ""))
        elif tag == "input":
            kind = given.get("type", "text")
            if kind == "hidden":
                self._form.hidden[given.get("name", "")] = given.get("value", "")
            elif kind in ("text", "tel", "number"):
                self._form.texts.append(given.get("name", ""))
        elif tag == "button":
            self._button = ["", given.get("name", ""), given.get("value", "")]

    @override
    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button[0] += data

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._button is not None and self._form is not None:
            label, name, value = self._button
            self._form.buttons.append((label.strip(), name, value))
            self._button = None
        elif tag == "form":
            self._form = None


def forms(html: str) -> list[Form]:
    """The forms of a page."""
    parser = _Forms()
    parser.feed(html)
    parser.close()
    return parser.forms


@dataclass(slots=True)
class Phone:
    """One person's phone; ``page`` is what it shows."""

    control: Opens
    person_id: str
    page: str = ""

    async def look(self) -> None:
        """Open the page anew, unless it waits for an answer: then nobody goes away from it."""
        if self.page and not any(form.texts for form in forms(self.page)):
            return
        _status, self.page = await self.control.open(self.person_id, HOME)

    async def say(self, text: str) -> bool:
        """Press what is labelled so, else write it; False if the page has no place for it."""
        if not self.page:
            await self.look()
        if await self.press(text):
            return True
        for form in forms(self.page):
            if form.texts:
                digits = re.search(r"\d{8}", text)
                said = digits[0] if digits and "code" in form.texts[0] else text
                await self._send(form, {form.texts[0]: said})
                return True
        return False

    async def press(self, label: str) -> bool:
        """Press the last button of that label; False if there is none."""
        for form in reversed(forms(self.page)):
            for shown, name, value in reversed(form.buttons):
                if shown == label:
                    await self._send(form, {name: value} if name else {})
                    return True
        return False

    async def _send(self, form: Form, values: dict[str, str]) -> None:
        sent = {**form.hidden, **values}
        _status, self.page = await self.control.open(self.person_id, form.action or HOME, sent)
