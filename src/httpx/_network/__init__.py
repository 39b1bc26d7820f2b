"""Bytes over wires: the only floor that knows sockets, threads and event loops. No HTTP here."""
