"""The table, one module a subject."""
