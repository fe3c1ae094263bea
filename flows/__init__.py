"""The language of conversations and its engine. Pure: no database, no network, no clock."""
