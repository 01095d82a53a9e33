"""DingTalk itself, on loopback: the platform's APIs, an invented school, a control API to play with it."""
