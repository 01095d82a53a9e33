"""How well messages are understood and posts are guarded, on lines the rules were not written against.

The lines stand beside this file, written by people who had not seen a rule; nothing here is trained on. The
same figures for other lines: ``python -m tests.bench.understanding FILE`` with JSON lines of ``text``,
``role``, ``chat``, ``intent`` and ``slots``.
"""
