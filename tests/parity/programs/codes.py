"""codes: members, aliases, phrases, classes."""

PROGRAMS = r"""
[(c.name, c.value, c.phrase) for c in codes]
len(codes), codes.__mro__[1].__name__
codes.OK, codes.ok, codes["OK"], codes(404)
str(codes.OK), repr(codes.OK), f"{codes.OK}", codes.OK == 200, int(codes.OK), type(codes.ok).__name__
codes.OK.phrase, codes(404).phrase, codes.IM_A_TEAPOT.phrase
codes(999)
codes.get_reason_phrase(200), codes.get_reason_phrase(999), codes.get_reason_phrase(413), codes.get_reason_phrase(422)
codes.get_reason_phrase("200")
codes.not_found, codes.request_entity_too_large, codes.request_uri_too_long, codes.requested_range_not_satisfiable, codes.unprocessable_entity, codes.im_a_teapot, codes.im_used
codes.REQUEST_ENTITY_TOO_LARGE, codes.REQUEST_URI_TOO_LONG, codes.REQUESTED_RANGE_NOT_SATISFIABLE, codes.UNPROCESSABLE_ENTITY
[(n, codes.is_informational(n), codes.is_success(n), codes.is_redirect(n), codes.is_client_error(n), codes.is_server_error(n), codes.is_error(n)) for n in (99, 100, 199, 200, 299, 300, 399, 400, 499, 500, 599, 600)]
codes.nope
isinstance(codes.OK, int), issubclass(codes, int), codes.OK + 1, codes.OK in (200,), hash(codes.OK) == hash(200)
sorted(n for n in vars(codes) if n.islower() and not n.startswith("_"))
{200: 1}[codes.OK], json.dumps(codes.OK), "%d" % codes.OK
codes.OK is codes(200), codes.OK.name, codes.OK.value
type(codes.NOT_FOUND.value).__name__
[c for c in range(100, 600) if codes.get_reason_phrase(c)]
"""  # noqa: E501
