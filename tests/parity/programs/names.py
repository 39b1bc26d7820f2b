"""Names: what the package and its private modules hold, and what modules say they are."""

PROGRAMS = r"""
[n for n in PUBLIC if n not in httpx.__all__], [n for n in PUBLIC if not hasattr(httpx, n)]
httpx.__title__, httpx.__version__[:6], httpx.__description__
{getattr(httpx, n).__module__ for n in PUBLIC if hasattr(getattr(httpx, n), "__module__") and n not in ("USE_CLIENT_DEFAULT",)}
httpx.Client.__module__, httpx.Client.__qualname__, httpx.get.__module__, httpx.URL.__module__
repr(httpx.ConnectError), repr(httpx.Client), repr(httpx.codes)
[m for m in ("_api", "_auth", "_client", "_config", "_content", "_decoders", "_exceptions", "_models", "_multipart", "_status_codes", "_transports", "_types", "_urlparse", "_urls", "_utils") if not hasattr(httpx, m)]
[m for m in ("asgi", "base", "default", "mock", "wsgi") if not hasattr(httpx._transports, m)]
[n for n in "Client Response URL request stream get options head post put patch delete".split() if not hasattr(httpx._api, n)]
[n for n in "Auth BasicAuth DigestAuth FunctionAuth NetRCAuth".split() if not hasattr(httpx._auth, n)]
[n for n in "BaseClient Client AsyncClient UseClientDefault USE_CLIENT_DEFAULT ClientState EventHook logger".split() if not hasattr(httpx._client, n)]
[n for n in "BoundSyncStream BoundAsyncStream USER_AGENT ACCEPT_ENCODING DEFAULT_LIMITS DEFAULT_MAX_REDIRECTS DEFAULT_TIMEOUT_CONFIG".split() if not hasattr(httpx._client, n)]
[n for n in "DEFAULT_TIMEOUT_CONFIG DEFAULT_LIMITS DEFAULT_MAX_REDIRECTS Timeout Limits Proxy UNSET UnsetType create_ssl_context".split() if not hasattr(httpx._config, n)]
[n for n in "ByteStream IteratorByteStream AsyncIteratorByteStream UnattachedStream encode_content encode_urlencoded_data encode_multipart_data encode_text encode_html encode_json encode_request encode_response".split() if not hasattr(httpx._content, n)]
[n for n in "ContentDecoder IdentityDecoder DeflateDecoder GZipDecoder BrotliDecoder ZStandardDecoder MultiDecoder ByteChunker TextChunker TextDecoder LineDecoder SUPPORTED_DECODERS".split() if not hasattr(httpx._decoders, n)]
[n for n in "HTTPError RequestError TransportError InvalidURL CookieConflict StreamError request_context".split() if not hasattr(httpx._exceptions, n)]
[n for n in "Headers Request Response Cookies".split() if not hasattr(httpx._models, n)]
[n for n in "DataField FileField MultipartStream get_multipart_boundary_from_content_type".split() if not hasattr(httpx._multipart, n)]
[n for n in "codes code".split() if not hasattr(httpx._status_codes, n)]
[n for n in "AuthTypes CertTypes CookieTypes FileContent FileTypes HeaderTypes PrimitiveData ProxyTypes QueryParamTypes RequestContent RequestData RequestExtensions RequestFiles ResponseContent ResponseExtensions TimeoutTypes URLTypes SyncByteStream AsyncByteStream".split() if not hasattr(httpx._types, n)]
[n for n in "urlparse ParseResult".split() if not hasattr(httpx._urlparse, n)]
[n for n in "URL QueryParams".split() if not hasattr(httpx._urls, n)]
[n for n in "URLPattern get_environment_proxies primitive_value_to_str to_bytes to_str to_bytes_or_str unquote peek_filelike_length is_ipv4_hostname is_ipv6_hostname".split() if not hasattr(httpx._utils, n)]
[n for n in "HTTPTransport AsyncHTTPTransport ResponseStream AsyncResponseStream map_httpcore_exceptions SOCKET_OPTION".split() if not hasattr(httpx._transports.default, n)]
[n for n in "ASGITransport ASGIResponseStream create_event is_running_trio".split() if not hasattr(httpx._transports.asgi, n)]
[n for n in "WSGITransport WSGIByteStream".split() if not hasattr(httpx._transports.wsgi, n)]
httpx._client.USE_CLIENT_DEFAULT is httpx.USE_CLIENT_DEFAULT, isinstance(httpx.USE_CLIENT_DEFAULT, httpx._client.UseClientDefault)
httpx._models.Headers is httpx.Headers, httpx._client.Client is httpx.Client, httpx._urls.URL is httpx.URL, httpx._config.Timeout is httpx.Timeout, httpx._types.SyncByteStream is httpx.SyncByteStream
[s.name for s in httpx._client.ClientState], [s.value for s in httpx._client.ClientState]
httpx._client.ACCEPT_ENCODING.split(", ")[:2], httpx._client.USER_AGENT
issubclass(httpx.Client, httpx._client.BaseClient), issubclass(httpx.AsyncClient, httpx._client.BaseClient)
httpx._client.logger.name
typing.Optional[httpx._types.URLTypes] is not None, typing.Optional[httpx._types.TimeoutTypes] is not None, typing.Optional[httpx._types.RequestFiles] is not None
sorted(k for k in vars(httpx.Client())if k in ("_auth", "_base_url", "_cookies", "_event_hooks", "_headers", "_mounts", "_params", "_state", "_timeout", "_transport", "_trust_env", "follow_redirects", "max_redirects", "_default_encoding"))
isinstance(Request("GET", "http://a").extensions, dict), isinstance(Response(200).extensions, dict)
inspect.iscoroutinefunction(AsyncClient.get), inspect.iscoroutinefunction(AsyncClient.send), inspect.iscoroutinefunction(AsyncClient.stream), inspect.isfunction(Client.get)
all(getattr(getattr(Client, m), "__doc__", None) for m in ("get", "post", "request", "send", "stream", "build_request"))
Client.__doc__ is not None, AsyncClient.__doc__ is not None, httpx.get.__doc__ is not None
httpx._transports.default.ResponseStream([b"a"]).__class__.__mro__[1].__name__, list(httpx._transports.default.ResponseStream([b"a", b"b"]))
"""  # noqa: E501
