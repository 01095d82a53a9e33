"""WeCom itself, on loopback, with an invented school."""
