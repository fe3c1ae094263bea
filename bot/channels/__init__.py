"""The platforms we talk on: one folder each, and what they have in common."""
