"""What is said and shown, and what flows and packs both need. Pure; knows nothing of flows."""
