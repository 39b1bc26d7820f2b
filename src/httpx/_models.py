"""The nouns of HTTP: `Request` and `Response`, and what they are made of, by one name.

Other packages import these names from here. Each lives in a room of its own: `_request`,
`_response`, `_headers`, `_cookies`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._cookies import Cookies
from ._headers import Headers
from ._request import Request
from ._response import Response

if not TYPE_CHECKING:  # which would then take every name for one of this module
    from ._handed_on import of_models as __getattr__  # noqa: F401

__all__ = ["Cookies", "Headers", "Request", "Response"]
