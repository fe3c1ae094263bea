"""What the command line can tell an operator instead of a traceback."""

from __future__ import annotations


class SettingsError(Exception):
    """Something cannot be used as it is. The message is for the operator: name, value, consequence."""
