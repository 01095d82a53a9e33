"""A notice that must reach every family: posted once, answered in private, and nobody is forgotten."""
