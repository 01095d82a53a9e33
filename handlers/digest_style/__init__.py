"""How a class's digest is written: in blocks or line by line, and with what last line."""
