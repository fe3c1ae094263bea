"""The progress API: what other parties send us."""
