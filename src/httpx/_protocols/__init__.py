"""HTTP/1.1, HTTP/2 and SOCKS as values: bytes in, events out. No I/O, no clock."""
