"""WeCom's XML, read without trust and written without surprises. No input, no output.

Facts from developer.work.weixin.qq.com, paths 90238, 90240 and 90241: one element ``xml``, no attributes; a
list is the same name again and again, without anything around it. No document type, no entity of its own, no
instruction is ever sent, so none is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Union
from xml.parsers import expat

MAX_SIZE = 64 * 1024
MAX_DEPTH = 8
ROOT = "xml"

Tree = dict[str, Union[str, "Tree", "list[str | Tree]"]]
"""Elements by name; one that comes more than once is a list."""
Value = Union[str, int, Mapping[str, "Value"], Sequence["Value"]]  # noqa: UP007 - names itself

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters XML 1.0 has no way of writing."""


class _NotRead(Exception):
    """Something that is never sent."""


class _Reader:
    """Collects one document; every handler refuses what nobody sends."""

    __slots__ = ("_most", "_names", "_open", "root")

    def __init__(self, depth: int) -> None:
        self._most = depth
        self._names: list[str] = []
        self._open: list[tuple[Tree, list[str]]] = []
        self.root: str | Tree | None = None

    def start(self, name: str, attributes: list[str]) -> None:
        if attributes or len(self._open) >= self._most or (not self._open and name != ROOT):
            raise _NotRead
        self._names.append(name)
        self._open.append(({}, []))

    def text(self, words: str) -> None:
        self._open[-1][1].append(words)

    def end(self, _name: str) -> None:
        children, words = self._open.pop()
        name, value = self._names.pop(), children or "".join(words)
        if not self._open:
            self.root = value
            return
        around = self._open[-1][0]
        before = around.get(name)
        if before is None:
            around[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            around[name] = [before, value]

    def refuse(self, *_what: object) -> None:
        raise _NotRead


def parse(raw: bytes, depth: int = MAX_DEPTH) -> Tree | None:
    """What the one element ``xml`` holds; None for anything else.

    Args:
        raw: UTF-8, whatever the document says of itself; at most :data:`MAX_SIZE` bytes.
        depth: Elements within each other, the outermost included.
    """
    if len(raw) > MAX_SIZE or b"\0" in raw:  # a mark at the beginning would have two bytes read as one
        return None
    reader = _Reader(depth)
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.ProcessingInstructionHandler = reader.refuse
    try:
        parser.Parse(raw, True)
    except (_NotRead, expat.ExpatError):
        return None
    return reader.root if isinstance(reader.root, dict) else None


def parse_leniently(raw: bytes) -> Tree | None:
    """The same of words that were signed: broken characters are left out, not the message."""
    tree = parse(raw)
    if tree is not None or len(raw) > MAX_SIZE:
        return tree
    return parse(_NOT_XML.sub("", raw.decode("utf-8", "replace")).encode())


def build(tree: Mapping[str, Value]) -> bytes:
    """The element ``xml`` with these children; a sequence becomes the same name again and again."""
    parts: list[str] = [f"<{ROOT}>"]
    for name, value in tree.items():
        _write(parts, name, value)
    parts.append(f"</{ROOT}>")
    return "".join(parts).encode()


def _write(parts: list[str], name: str, value: Value) -> None:
    if isinstance(value, str):
        parts.append(f"<{name}>{_cdata(value)}</{name}>")
    elif isinstance(value, int):
        parts.append(f"<{name}>{int(value)}</{name}>")
    elif isinstance(value, Mapping):
        parts.append(f"<{name}>")
        for inner, each in value.items():
            _write(parts, inner, each)
        parts.append(f"</{name}>")
    else:
        for each in value:
            _write(parts, name, each)


def _cdata(words: str) -> str:
    """The words as they are: what would end the section is spread over two."""
    return f"<![CDATA[{_NOT_XML.sub('', words).replace(']]>', ']]]]><![CDATA[>')}]]>"
