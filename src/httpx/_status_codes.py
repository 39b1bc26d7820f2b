"""`codes`: the status codes of the IANA registry, with their names and reason phrases.

RFC 9110 section 15, and for the others the RFC beside each group. Four names of RFC 9110 stand
beside the older ones that programs use; the older ones stay the canonical members, so that
`repr` and the phrases of existing programs do not change.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["STATUS_KINDS", "StatusKind", "codes"]

# What `raise_for_status` calls the first digit of a status.
STATUS_KINDS = {
    1: "Informational response",
    3: "Redirect response",
    4: "Client error",
    5: "Server error",
}


class codes(IntEnum):  # noqa: N801
    """HTTP status codes and reason phrases (RFC 9110 section 15).

    A member is an `int` with a `.phrase`. Each name exists in lower case, too, as a plain `int`:

        httpx.codes.NOT_FOUND         # <codes.NOT_FOUND: 404>
        httpx.codes.NOT_FOUND.phrase  # "Not Found"
        httpx.codes.not_found         # 404
    """

    __module__ = "httpx"

    phrase: str

    def __new__(cls, value: int, phrase: str = "") -> codes:
        member = int.__new__(cls, value)
        member._value_ = value
        member.phrase = phrase
        return member

    @classmethod
    def get_reason_phrase(cls, value: int) -> str:
        """The phrase of a code, "" for a code that is not registered."""
        try:
            return cls(value).phrase
        except ValueError:
            return ""

    @classmethod
    def is_informational(cls, value: int) -> bool:
        """Whether the code is 1xx: an answer before the final one."""
        return 100 <= value <= 199

    @classmethod
    def is_success(cls, value: int) -> bool:
        """Whether the code is 2xx: received, understood and accepted."""
        return 200 <= value <= 299

    @classmethod
    def is_redirect(cls, value: int) -> bool:
        """Whether the code is 3xx: more is to be done."""
        return 300 <= value <= 399

    @classmethod
    def is_client_error(cls, value: int) -> bool:
        """Whether the code is 4xx: the request is at fault."""
        return 400 <= value <= 499

    @classmethod
    def is_server_error(cls, value: int) -> bool:
        """Whether the code is 5xx: the server failed."""
        return 500 <= value <= 599

    @classmethod
    def is_error(cls, value: int) -> bool:
        """Whether the code is 4xx or 5xx."""
        return 400 <= value <= 599

    # Informational. 102: RFC 2518, 103: RFC 8297
    CONTINUE = 100, "Continue"
    SWITCHING_PROTOCOLS = 101, "Switching Protocols"
    PROCESSING = 102, "Processing"
    EARLY_HINTS = 103, "Early Hints"

    # Successful. 207: RFC 4918, 208: RFC 5842, 226: RFC 3229
    OK = 200, "OK"
    CREATED = 201, "Created"
    ACCEPTED = 202, "Accepted"
    NON_AUTHORITATIVE_INFORMATION = 203, "Non-Authoritative Information"
    NO_CONTENT = 204, "No Content"
    RESET_CONTENT = 205, "Reset Content"
    PARTIAL_CONTENT = 206, "Partial Content"
    MULTI_STATUS = 207, "Multi-Status"
    ALREADY_REPORTED = 208, "Already Reported"
    IM_USED = 226, "IM Used"

    # Redirection. 308: RFC 9110
    MULTIPLE_CHOICES = 300, "Multiple Choices"
    MOVED_PERMANENTLY = 301, "Moved Permanently"
    FOUND = 302, "Found"
    SEE_OTHER = 303, "See Other"
    NOT_MODIFIED = 304, "Not Modified"
    USE_PROXY = 305, "Use Proxy"
    TEMPORARY_REDIRECT = 307, "Temporary Redirect"
    PERMANENT_REDIRECT = 308, "Permanent Redirect"

    # Client errors. 418: RFC 2324, 423 and 424: RFC 4918, 425: RFC 8470,
    # 428, 429 and 431: RFC 6585, 451: RFC 7725
    BAD_REQUEST = 400, "Bad Request"
    UNAUTHORIZED = 401, "Unauthorized"
    PAYMENT_REQUIRED = 402, "Payment Required"
    FORBIDDEN = 403, "Forbidden"
    NOT_FOUND = 404, "Not Found"
    METHOD_NOT_ALLOWED = 405, "Method Not Allowed"
    NOT_ACCEPTABLE = 406, "Not Acceptable"
    PROXY_AUTHENTICATION_REQUIRED = 407, "Proxy Authentication Required"
    REQUEST_TIMEOUT = 408, "Request Timeout"
    CONFLICT = 409, "Conflict"
    GONE = 410, "Gone"
    LENGTH_REQUIRED = 411, "Length Required"
    PRECONDITION_FAILED = 412, "Precondition Failed"
    REQUEST_ENTITY_TOO_LARGE = 413, "Request Entity Too Large"
    REQUEST_URI_TOO_LONG = 414, "Request-URI Too Long"
    UNSUPPORTED_MEDIA_TYPE = 415, "Unsupported Media Type"
    REQUESTED_RANGE_NOT_SATISFIABLE = 416, "Requested Range Not Satisfiable"
    EXPECTATION_FAILED = 417, "Expectation Failed"
    IM_A_TEAPOT = 418, "I'm a teapot"
    MISDIRECTED_REQUEST = 421, "Misdirected Request"
    UNPROCESSABLE_ENTITY = 422, "Unprocessable Entity"
    LOCKED = 423, "Locked"
    FAILED_DEPENDENCY = 424, "Failed Dependency"
    TOO_EARLY = 425, "Too Early"
    UPGRADE_REQUIRED = 426, "Upgrade Required"
    PRECONDITION_REQUIRED = 428, "Precondition Required"
    TOO_MANY_REQUESTS = 429, "Too Many Requests"
    REQUEST_HEADER_FIELDS_TOO_LARGE = 431, "Request Header Fields Too Large"
    UNAVAILABLE_FOR_LEGAL_REASONS = 451, "Unavailable For Legal Reasons"

    # Server errors. 506: RFC 2295, 507: RFC 4918, 508: RFC 5842, 510: RFC 2774, 511: RFC 6585
    INTERNAL_SERVER_ERROR = 500, "Internal Server Error"
    NOT_IMPLEMENTED = 501, "Not Implemented"
    BAD_GATEWAY = 502, "Bad Gateway"
    SERVICE_UNAVAILABLE = 503, "Service Unavailable"
    GATEWAY_TIMEOUT = 504, "Gateway Timeout"
    HTTP_VERSION_NOT_SUPPORTED = 505, "HTTP Version Not Supported"
    VARIANT_ALSO_NEGOTIATES = 506, "Variant Also Negotiates"
    INSUFFICIENT_STORAGE = 507, "Insufficient Storage"
    LOOP_DETECTED = 508, "Loop Detected"
    NOT_EXTENDED = 510, "Not Extended"
    NETWORK_AUTHENTICATION_REQUIRED = 511, "Network Authentication Required"

    # Names of RFC 9110 for codes that have an older name above: aliases of those members.
    CONTENT_TOO_LARGE = 413
    URI_TOO_LONG = 414
    RANGE_NOT_SATISFIABLE = 416
    UNPROCESSABLE_CONTENT = 422


for name, code in codes.__members__.items():
    setattr(codes, name.lower(), int(code))


class StatusKind:
    """What has a status, asked for its class (RFC 9110 section 15)."""

    status_code: int

    @property
    def is_informational(self) -> bool:
        """Whether the status is 1xx."""
        return codes.is_informational(self.status_code)

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return codes.is_success(self.status_code)

    @property
    def is_redirect(self) -> bool:
        """Whether the status is 3xx; see `has_redirect_location`."""
        return codes.is_redirect(self.status_code)

    @property
    def is_client_error(self) -> bool:
        """Whether the status is 4xx."""
        return codes.is_client_error(self.status_code)

    @property
    def is_server_error(self) -> bool:
        """Whether the status is 5xx."""
        return codes.is_server_error(self.status_code)

    @property
    def is_error(self) -> bool:
        """Whether the status is 4xx or 5xx."""
        return codes.is_error(self.status_code)
