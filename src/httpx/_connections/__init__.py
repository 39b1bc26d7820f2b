"""Connections and the pool that lends them: `async def`, written once, plain values in and out."""
