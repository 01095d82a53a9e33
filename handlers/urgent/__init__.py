"""Danger: at once and at any hour to everybody who can help, until somebody has taken it."""
