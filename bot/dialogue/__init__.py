"""Plays dialogues: text files that a teacher can read, against the whole bot.

A file is played line by line through the emulator's control API alone, so the bot may run in this
process or in another. The cast is the emulator's invented school. The format::

    # a comment; also at a line's end, after two spaces
    @class 三(2)班   @start 2026-10-12T16:20+08:00   @needs auto_post buttons   @unbound 2
    @limit group_month=1   @notices closed   # a quota of the platform; notices wait to be pressed
    王老师: 表扬小明今天主动扫了地          # private to the bot; \\n in the words is a new line
    ‹ 王老师: 记下了*                       # what she sees next: a glob, a /regex/, or - for nothing
    = 16:30                                 # walk the clock; = 10-13 08:00, = +2h; == jumps instead
    ‹ 王老师: *速递*[发送]*                 # a choice: a button's label, or numbered text
    王老师 按 [发送]                        # without buttons: types the number shown for it
    ‹ 群: *速递*
    小明妈妈@群: @小助手 明天带什么          # in the class group
    小明妈妈 发 [图片]                      # also [语音 8秒 「转写」] [视频] [文件 通知.pdf] [未知]
    新家长1 进 [客服]                       # opens customer service; [客服 CODE] by a link with a code
    小明妈妈 按 [班级小助手给您留了一句话]  # opens the newest notice with that first line
    三(3)班王老师: …                        # somebody of another class; ‹ 三(3)班群: its group
    小明妈妈: {code:小明妈妈}               # the binding code of that person (@unbound N: so many have one;
                                            # @unbound others: only the families of the cast are bound)

A bare name means the one in the dialogue's class, else the only one of that name. Everything seen must be
read by a ‹ line before the next thing is said or the clock moves, and at the end; each reader's
items in their order. Only a card that changed may be passed over in silence. The first difference ends the
play.

Where guardians use mobile pages, what they say is written on their page, and what stands there is what they
see; a form of the platform that lacks what a file ``@needs`` plays its twin ``NAME_without_….txt``.
"""

from __future__ import annotations

from bot.dialogue.mode import MODES, PLATFORMS, Mode
from bot.dialogue.script import Script, ScriptError, parse, read
from bot.dialogue.stage import Failure
from bot.dialogue.world import Played, play, play_file, run_dialogues

__all__ = [
    "MODES",
    "PLATFORMS",
    "Failure",
    "Mode",
    "Played",
    "Script",
    "ScriptError",
    "parse",
    "play",
    "play_file",
    "read",
    "run_dialogues",
]
