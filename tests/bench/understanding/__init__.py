"""How well messages are understood and posts are guarded, on lines the rules were not written against.

The lines stand beside this file; no rule and no weight was made from them. The same figures for other lines:
``python -m tests.bench.understanding FILE`` with JSON lines of ``text``, ``role``, ``chat``, ``intent`` and
``slots``.
"""
