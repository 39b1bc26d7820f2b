"""The nouns of HTTP: `Request` and `Response`, and what they are made of, by one name.

Other packages import these names from here. Each lives in a room of its own: `_request`,
`_response`, `_headers`, `_cookies`.
"""

from __future__ import annotations

from ._cookies import Cookies
from ._handed_on import of_models as __getattr__  # noqa: F401
from ._headers import Headers
from ._request import Request
from ._response import Response

__all__ = ["Cookies", "Headers", "Request", "Response"]
