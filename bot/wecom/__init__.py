"""WeCom: the wire in, the wire out."""
