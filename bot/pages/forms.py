"""What the pages' forms may send: exactly their fields, of exactly this shape, and nothing else."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from bot.dingtalk.escape import clean

MOST_BYTES = 64 * 1024
MOST_WORDS = 2000
_MOST_FIELDS = 64
_TYPE = "application/x-www-form-urlencoded"


class BadForm(Exception):
    """It is none of our forms."""


class TooBig(Exception):
    """More bytes than any form has."""


def _digits(given: object) -> object:
    """A code as people copy it: with blanks, in full width."""
    if not isinstance(given, str):
        return given
    plain = unicodedata.normalize("NFKC", given)
    return "".join(char for char in plain if char.isalnum())[:16]


Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Chat = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-@.=+]{1,128}$")]
Code = Annotated[str, BeforeValidator(_digits)]


class Form(BaseModel):
    """Every form carries a proof that it stood on a page of ours, shown to this very phone."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    form: Hex32


class Enter(Form):
    """A code from a slip."""

    code: Code


class Confirm(Form):
    """「您是…，对吗？」. ``proof``: this phone was asked about this very code."""

    code: Code
    proof: Hex32
    answer: Literal["yes", "no"]


class Say(Form):
    """Words. ``nonce`` was made with the page: two taps are one message."""

    nonce: Hex32
    text: str


class Press(Form):
    """A button; ``press`` is its token."""

    nonce: Hex32
    press: Hex32


class Group(Form):
    """The group whose toolbar is open, as the client says."""

    chat: Chat


class Take(Group):
    """A post shown on the toolbar's page, to be sent; ``proof``: this page was shown this very post."""

    task: Hex32
    version: Annotated[int, Field(ge=0, le=1_000_000_000)]
    page: Hex32
    proof: Hex32


class Told(Take):
    """What the client made of it."""

    result: Literal["sent", "failed"]


class Bare(Form):
    """A form that is only a button."""


F = TypeVar("F", bound=Form)


async def read(request: web.Request, model: type[F]) -> F:
    """The form a request carries.

    Raises:
        BadForm: A field too many, missing, twice or of another shape; or no form at all.
        TooBig: Over :data:`MOST_BYTES`.
    """
    if request.content_type != _TYPE:
        raise BadForm
    if (request.content_length or 0) > MOST_BYTES:
        raise TooBig
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > MOST_BYTES:
            raise TooBig
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise BadForm
        return model.model_validate(fields)
    except (ValueError, ValidationError):
        raise BadForm from None


def words(text: str) -> str:
    """What was written, without control characters, cut nowhere."""
    return clean(text).strip()
