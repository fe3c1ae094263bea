"""Telegram: bots that people write to in private."""
