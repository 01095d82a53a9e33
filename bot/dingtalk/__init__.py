"""DingTalk: what comes in (``wire``), what goes out (``client``), and beside them the platform emulated."""
