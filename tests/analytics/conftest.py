"""The application, a client and keys: see tests/api/serving.py."""

from __future__ import annotations

from tests.api.serving import client, here, new_key

__all__ = ["client", "here", "new_key"]
