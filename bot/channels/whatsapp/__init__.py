"""WhatsApp's Cloud API: what comes in by webhook, and what we send."""
