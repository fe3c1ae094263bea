"""The memory: the one owner of tables and of SQL that writes."""
