"""Films: made from scripts, and found again when somebody wants to see one."""
