"""What this build says it is: the version of the API that it provides.

The release of this implementation (``0.28.1+courier.N``) is the distribution's own version,
told by ``importlib.metadata.version("httpx")`` and by ``httpx --version``.
"""

__title__ = "httpx"
__description__ = "A next generation HTTP client, for Python 3."
__version__ = "0.28.1"
