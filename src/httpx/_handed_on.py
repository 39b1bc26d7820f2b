"""Names that programs find in a private module of httpx because that module imports them.

`from httpx._client import Timeout` works with the original, although `Timeout` lives elsewhere.
Here a module hands such names on when they are asked for (PEP 562): nothing is imported for it,
and no module seems to use what it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["of_client", "of_models"]

_ALIASES = "CookieTypes HeaderTypes QueryParamTypes RequestContent RequestData RequestExtensions"


def _handing_on(module: str, sources: dict[str, str]) -> Callable[[str], Any]:
    """A module's `__getattr__`, for the names that each source is to give."""
    source_of = {name: source for source, names in sources.items() for name in names.split()}

    def find(name: str) -> Any:
        source = source_of.get(name)
        if source is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return getattr(import_module(source, __package__), name)

    return find


of_client = _handing_on(
    "httpx._client",
    {
        "._auth": "Auth BasicAuth FunctionAuth",
        "._config": "Timeout",
        "._decoders": "SUPPORTED_DECODERS",
        "._exceptions": "InvalidURL RemoteProtocolError TooManyRedirects request_context",
        "._models": "Cookies Headers Request Response",
        "._status_codes": "codes",
        "._transports.base": "AsyncBaseTransport BaseTransport",
        "._transports.default": "AsyncHTTPTransport",
        "._types": f"{_ALIASES} AsyncByteStream AuthTypes CertTypes ProxyTypes RequestFiles "
        "SyncByteStream TimeoutTypes",
        "._urls": "QueryParams URL",
        "._utils": "URLPattern get_environment_proxies",
    },
)

of_models = _handing_on(
    "httpx._models",
    {
        "._content": "ByteStream UnattachedStream encode_request encode_response",
        "._decoders": "SUPPORTED_DECODERS ByteChunker ContentDecoder IdentityDecoder LineDecoder "
        "MultiDecoder TextChunker TextDecoder",
        "._exceptions": "CookieConflict HTTPStatusError RequestNotRead ResponseNotRead "
        "StreamClosed StreamConsumed request_context",
        "._multipart": "get_multipart_boundary_from_content_type",
        "._status_codes": "codes",
        "._types": f"{_ALIASES} AsyncByteStream RequestFiles ResponseContent ResponseExtensions "
        "SyncByteStream",
        "._urls": "URL",
        "._utils": "to_bytes_or_str to_str",
        "http.cookiejar": "Cookie CookieJar",
    },
)
