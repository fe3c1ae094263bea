"""The web page with the chat."""
