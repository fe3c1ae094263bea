"""Everything that touches a messaging platform, and the worker that runs turns."""
