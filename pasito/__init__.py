"""Pasito: wiring of the rooms (settings, app factory, command line)."""

__version__ = "0.1.0"
