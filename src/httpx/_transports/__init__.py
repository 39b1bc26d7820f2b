"""The transport interface, and who implements it."""
