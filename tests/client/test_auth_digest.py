"""Digest: the vectors of RFC 2069, 2617 and 7616, and what servers make of them."""

from __future__ import annotations

import copy
import hashlib
import pickle
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import httpx
from httpx import _auth
from httpx._auth import _parse_challenges

from ..worlds import World

URL = "http://example.org/dir/index.html"

Flow = Generator[httpx.Request, httpx.Response, None]


class FixedDigestAuth(httpx.DigestAuth):
    """With a client nonce that is known."""

    cnonce = b"0a4f113b"

    def _get_client_nonce(self, nonce_count: int, nonce: bytes) -> bytes:
        return self.cnonce


def challenged(
    auth: httpx.DigestAuth, *challenges: str, url: str = URL, **options: Any
) -> dict[str, str]:
    """The parameters of the answer to a challenge."""
    request = httpx.Request(options.pop("method", "GET"), url, **options)
    flow = auth.sync_auth_flow(request)
    assert "Authorization" not in next(flow).headers
    answered = flow.send(unauthorized(request, *challenges))
    assert answered is request
    return parameters(request)


def unauthorized(request: httpx.Request, *challenges: str) -> httpx.Response:
    headers = [("WWW-Authenticate", challenge) for challenge in challenges]
    return httpx.Response(401, headers=headers, request=request)


def parameters(request: httpx.Request) -> dict[str, str]:
    [(scheme, params)] = _parse_challenges(request.headers["Authorization"])
    assert scheme == "digest"
    return params


def test_rfc_2069() -> None:
    # As corrected by the RFC's erratum 749.
    params = challenged(
        FixedDigestAuth("Mufasa", "CircleOfLife"),
        'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    )
    assert params == {
        "username": "Mufasa",
        "realm": "testrealm@host.com",
        "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "uri": "/dir/index.html",
        "response": "1949323746fe6a43ef61f9606e7febea",
        "algorithm": "MD5",
        "opaque": "5ccc069c403ebaf9f0171e9517f40e41",
    }


def test_rfc_2617() -> None:
    request = httpx.Request("GET", URL)
    flow = FixedDigestAuth("Mufasa", "Circle Of Life").sync_auth_flow(request)
    next(flow)
    flow.send(
        unauthorized(
            request,
            'Digest realm="testrealm@host.com", qop="auth,auth-int", '
            'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
            'opaque="5ccc069c403ebaf9f0171e9517f40e41"',
        )
    )
    assert request.headers["Authorization"] == (
        'Digest username="Mufasa", realm="testrealm@host.com", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", '
        'response="6629fae49393a05397450978507c4ef1", algorithm=MD5, '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41", qop=auth, nc=00000001, cnonce="0a4f113b"'
    )


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616_section_3_9_1(algorithm: str, response: str) -> None:
    auth = FixedDigestAuth("Mufasa", "Circle of Life")
    auth.cnonce = b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    params = challenged(
        auth,
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    )
    assert params["response"] == response
    assert params["algorithm"] == algorithm
    assert params["qop"] == "auth"


def test_rfc_7616_section_3_9_2() -> None:
    # As corrected by the RFC's erratum 4897: its text gives digests of another algorithm.
    auth = FixedDigestAuth("J\u00e4s\u00f8n Doe", "Secret, or not?")
    auth.cnonce = b"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"
    params = challenged(
        auth,
        'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, '
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", '
        'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
        url="http://api.example.org/doe.json",
    )
    assert params["userhash"] == "true"
    assert params["username"] == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    assert params["response"] == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"


HASHES = {
    "MD5": hashlib.md5,
    "SHA": hashlib.sha1,
    "SHA-256": hashlib.sha256,
    "SHA-512": hashlib.sha512,
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data),
}


def expected_response(
    params: dict[str, str], method: str, password: str, body: bytes | None = None
) -> str:
    """RFC 7616 section 3.4.1, as a server computes it."""

    def digest(*parts: str | bytes) -> str:
        data = b":".join(part.encode() if isinstance(part, str) else part for part in parts)
        return HASHES[params["algorithm"].upper().removesuffix("-SESS")](data).hexdigest()

    secret = digest(params["username"], params["realm"], password)
    if params["algorithm"].upper().endswith("-SESS"):
        secret = digest(secret, params["nonce"], params["cnonce"])
    what = [method, params["uri"]]
    if params.get("qop") == "auth-int":
        assert body is not None
        what.append(digest(body))
    parts = [secret, params["nonce"]]
    if "qop" in params:
        parts += [params["nc"], params["cnonce"], params["qop"]]
    return digest(*parts, digest(*what))


@pytest.mark.parametrize(
    ("session", "qop"),
    [("", ""), ("", ", qop=auth"), ("-sess", ", qop=auth"), ("-SESS", ", qop=auth")],
)
@pytest.mark.parametrize("algorithm", [*HASHES, "md5", "sha-256"])
def test_algorithms(algorithm: str, session: str, qop: str) -> None:
    params = challenged(
        httpx.DigestAuth("me", "secret"),
        f'Digest realm="r", nonce="n", algorithm={algorithm}{session}{qop}',
    )
    assert params["algorithm"] == algorithm + session
    assert params["response"] == expected_response(params, "GET", "secret")


def test_client_nonce_is_new_each_time_but_in_a_session() -> None:
    for algorithm, distinct in [("MD5", 2), ("MD5-sess", 1)]:
        auth = httpx.DigestAuth("me", "secret")
        challenge = f'Digest realm="r", nonce="n", qop=auth, algorithm={algorithm}'
        cnonces = {challenged(auth, challenge)["cnonce"]}
        request = next(auth.sync_auth_flow(httpx.Request("GET", URL)))
        params = parameters(request)
        assert params["nc"] == "00000002"
        assert params["response"] == expected_response(params, "GET", "secret")
        assert len(cnonces | {params["cnonce"]}) == distinct


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self) -> None:
        self.reads = 0

    def __iter__(self) -> Iterator[bytes]:
        self.reads += 1
        yield b"Hello, "
        yield b"world!"

    async def __aiter__(self) -> Any:
        for chunk in self.__iter__():
            yield chunk


@pytest.mark.parametrize("stream", [True, False])
async def test_auth_int_reads_the_body(world: World, stream: bool) -> None:
    body = Body()
    request = httpx.Request("POST", URL, **{"stream": body} if stream else {"content": "Hello!"})
    auth = httpx.DigestAuth("me", "secret")

    def handler(request: httpx.Request) -> httpx.Response:
        if "Authorization" not in request.headers:
            return unauthorized(request, 'Digest realm="r", nonce="n", qop="auth-int"')
        params = parameters(request)
        assert params["qop"] == "auth-int"
        valid = expected_response(params, "POST", "secret", request.content)
        return httpx.Response(200 if params["response"] == valid else 403, text=params["nc"])

    async with world.client(transport=httpx.MockTransport(handler), auth=auth) as client:
        response = await client.send(request)
        assert (response.status_code, response.text) == (200, "00000001")
        # The challenge is known now, and the body read before the first attempt.
        request = httpx.Request("POST", URL, stream=Body())
        response = await client.send(request)
        assert (response.status_code, response.text) == (200, "00000002")


def test_auth_int_is_second_choice_and_then_reads_nothing() -> None:
    body = Body()
    params = challenged(
        httpx.DigestAuth("me", "secret"),
        'Digest realm="r", nonce="n", qop="auth-int, auth"',
        method="POST",
        stream=body,
    )
    assert params["qop"] == "auth"
    assert body.reads == 0


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="r", nonce="n"',
        'digest REALM="r", Nonce="n"',
        "DIGEST realm=r,nonce=n",
        'Digest realm = "r" , nonce\t=\t"n"',
        'Digest\trealm="r",,nonce="n",',
        'Basic realm="other", Digest realm="r", nonce="n"',
        'Digest realm="r", nonce="n", Basic realm="other"',
        'Negotiate, NTLM TlRMTVNT, Digest realm="r", nonce="n"',
        'Negotiate YII=/a+b==, Digest realm="r", nonce="n"',
        'Digest nonce="n", realm="r", domain="/x http://y/", stale=FALSE, unknown="z"',
        'Digest realm="r", nonce="n", realm="again"',
    ],
)
def test_challenges_in_many_spellings(challenge: str) -> None:
    params = challenged(httpx.DigestAuth("me", "secret"), challenge)
    assert (params["realm"], params["nonce"]) == ("r", "n")
    assert params["response"] == expected_response(params, "GET", "secret")


def test_quoted_values() -> None:
    auth = httpx.DigestAuth('m"e', "secret")
    request = httpx.Request("GET", URL)
    flow = auth.sync_auth_flow(request)
    next(flow)
    flow.send(unauthorized(request, r'Digest realm="a\"b, c\\", nonce="n=, ", opaque=""'))
    assert r'username="m\"e", realm="a\"b, c\\", nonce="n=, "' in request.headers["Authorization"]
    params = parameters(request)
    assert params["realm"] == 'a"b, c\\'
    assert params["opaque"] == ""
    assert params["response"] == expected_response(params, "GET", "secret")


def test_empty_realm() -> None:
    params = challenged(httpx.DigestAuth("me", "secret"), 'Digest realm="", nonce="n"')
    assert params["realm"] == ""
    assert params["response"] == expected_response(params, "GET", "secret")


@pytest.mark.parametrize(
    ("challenges", "algorithm"),
    [
        (['Digest realm="r", nonce="n", algorithm=SHA-256', 'Digest realm="r", nonce="n"'],
         "SHA-256"),
        (['Digest realm="r", nonce="n", algorithm=X', 'Digest realm="r", nonce="n"'], "MD5"),
        (['Digest realm="r", nonce="n", qop=x, Digest realm="r", nonce="n", algorithm=SHA'],
         "SHA"),
        (['Basic realm="r"', 'Digest realm="r", nonce="n"'], "MD5"),
        (["Digest", 'Digest realm="r", nonce="n"'], "MD5"),
    ],
)  # fmt: skip
def test_the_first_challenge_that_can_be_answered(challenges: list[str], algorithm: str) -> None:
    params = challenged(httpx.DigestAuth("me", "secret"), *challenges)
    assert params["algorithm"] == algorithm


@pytest.mark.parametrize(
    ("challenge", "text"),
    [
        ('Digest realm="r"', "Malformed Digest WWW-Authenticate header"),
        ('Digest nonce="n"', "Malformed Digest WWW-Authenticate header"),
        ('Digest realm="r", nonce="n", algorithm=FOO', "Unknown algorithm 'FOO' in digest auth"),
        ('Digest realm="r", nonce="n", algorithm=""', "Unknown algorithm '' in digest auth"),
        (
            'Digest realm="r", nonce="n", qop="a, b"',
            "Unexpected qop value \"b'a, b'\" in digest auth",
        ),
        ('Digest realm="r", nonce="n", qop=""', "Unexpected qop value \"b''\" in digest auth"),
    ],
)
def test_challenges_that_cannot_be_answered(challenge: str, text: str) -> None:
    request = httpx.Request("GET", URL)
    flow = httpx.DigestAuth("me", "secret").sync_auth_flow(request)
    next(flow)
    with pytest.raises(httpx.ProtocolError) as info:
        flow.send(unauthorized(request, challenge))
    assert str(info.value) == text
    assert info.value.request is request


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n"'}),
        httpx.Response(407, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n"'}),
        httpx.Response(401),
        httpx.Response(401, headers={"WWW-Authenticate": "Basic realm=r"}),
        httpx.Response(401, headers={"WWW-Authenticate": "Digest"}),
        httpx.Response(401, headers={"WWW-Authenticate": "="}),
        httpx.Response(401, headers={"WWW-Authenticate": 'realm="r", nonce="n"'}),
    ],
)
def test_responses_that_do_not_challenge(response: httpx.Response) -> None:
    flow = httpx.DigestAuth("me", "secret").sync_auth_flow(httpx.Request("GET", URL))
    next(flow)
    with pytest.raises(StopIteration):
        flow.send(response)


def test_target_extension_is_what_is_signed() -> None:
    params = challenged(
        httpx.DigestAuth("me", "secret"),
        'Digest realm="r", nonce="n"',
        method="OPTIONS",
        extensions={"target": b"*"},
    )
    assert params["uri"] == "*"
    assert params["response"] == expected_response(params, "OPTIONS", "secret")


def test_query_is_part_of_the_uri() -> None:
    params = challenged(
        httpx.DigestAuth("me", "secret"), 'Digest realm="r", nonce="n"', url=f"{URL}?a=1&b#f"
    )
    assert params["uri"] == "/dir/index.html?a=1&b"


def test_user_name_in_any_encoding() -> None:
    for username, raw in [("ü", b"\xc3\xbc"), (b"\xfc", b"\xfc")]:
        request = httpx.Request("GET", URL)
        flow = httpx.DigestAuth(username, "secret").sync_auth_flow(request)
        next(flow)
        flow.send(unauthorized(request, 'Digest realm="r", nonce="n"'))
        assert b'username="' + raw + b'"' in dict(request.headers.raw)[b"Authorization"]


def test_cookies_of_the_challenge_are_sent_back() -> None:
    request = httpx.Request("GET", URL)
    flow = httpx.DigestAuth("me", "secret").sync_auth_flow(request)
    next(flow)
    response = unauthorized(request, 'Digest realm="r", nonce="n"')
    response.headers["Set-Cookie"] = "session=1; Path=/"
    assert flow.send(response).headers["Cookie"] == "session=1"


def test_wrong_password_ends_after_one_answer() -> None:
    request = httpx.Request("GET", URL)
    flow = httpx.DigestAuth("me", "wrong").sync_auth_flow(request)
    next(flow)
    flow.send(unauthorized(request, 'Digest realm="r", nonce="n1"'))
    with pytest.raises(StopIteration):
        flow.send(unauthorized(request, 'Digest realm="r", nonce="n2"'))


def test_stale_nonces_are_answered_a_few_times() -> None:
    request = httpx.Request("GET", URL)
    flow = httpx.DigestAuth("me", "secret").sync_auth_flow(request)
    next(flow)
    for number in range(3):
        nonce = f"n{number}"
        flow.send(unauthorized(request, f'Digest realm="r", nonce="{nonce}", stale=True'))
        assert parameters(request)["nonce"] == nonce
    with pytest.raises(StopIteration):
        flow.send(unauthorized(request, 'Digest realm="r", nonce="n3", stale=true'))


def answer(auth: httpx.DigestAuth, nonce: str, url: str = URL) -> dict[str, str]:
    """The answer to a challenge with this nonce, whatever was answered ahead of time."""
    request = httpx.Request("GET", url)
    flow = auth.sync_auth_flow(request)
    next(flow)
    flow.send(unauthorized(request, f'Digest realm="r", nonce="{nonce}", qop=auth'))
    return parameters(request)


def test_challenge_is_answered_ahead_of_time_at_the_same_origin_only() -> None:
    auth = httpx.DigestAuth("me", "secret")
    assert answer(auth, "n")["nc"] == "00000001"
    request = next(auth.sync_auth_flow(httpx.Request("GET", "http://example.org/other")))
    assert parameters(request)["nc"] == "00000002"
    assert parameters(request)["uri"] == "/other"
    request = next(auth.sync_auth_flow(httpx.Request("GET", "http://example.org:81/")))
    assert "Authorization" not in request.headers


def test_counts_go_on_when_a_nonce_comes_back() -> None:
    auth = httpx.DigestAuth("me", "secret")
    seen = [(p["nonce"], p["nc"]) for p in (answer(auth, nonce) for nonce in "abab")]
    # Each later request has answered the known challenge first, in vain.
    assert seen == [
        ("a", "00000001"),
        ("b", "00000001"),
        ("a", "00000003"),
        ("b", "00000003"),
    ]


def test_memory_for_counts_is_bounded() -> None:
    auth = httpx.DigestAuth("me", "secret")
    limit = _auth._MAX_NONCES
    for number in range(limit + 10):
        answer(auth, f"n{number}", f"http://host{number}/")
    assert len(auth._counts) == limit
    assert "n0" not in auth._counts
    assert f"n{limit + 9}" in auth._counts


class DigestServer:
    """Checks every answer as RFC 7616 wants it, and that no (nonce, nc) comes twice."""

    def __init__(self, uses: int) -> None:
        self.uses = uses
        self.nonces: Counter[str] = Counter()
        self.seen: Counter[tuple[str, str]] = Counter()
        self.lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            if "Authorization" not in request.headers:
                return self.challenge(request)
            params = parameters(request)
            self.seen[params["nonce"], params["nc"]] += 1
            self.nonces[params["nonce"]] += 1
            if self.nonces[params["nonce"]] > self.uses:
                return self.challenge(request, ", stale=true")
            valid = expected_response(params, request.method, "secret")
            return httpx.Response(200 if params["response"] == valid else 403)

    def challenge(self, request: httpx.Request, more: str = "") -> httpx.Response:
        nonce = f"nonce{len(self.nonces)}"
        return unauthorized(request, f'Digest realm="r", nonce="{nonce}", qop="auth"{more}')


@pytest.mark.parametrize("uses", [1000, 7])
async def test_fifty_tasks_or_threads_share_one_object(world: World, uses: int) -> None:
    server = DigestServer(uses)
    auth = httpx.DigestAuth("me", "secret")
    async with world.client(transport=httpx.MockTransport(server), auth=auth) as client:

        async def work() -> list[int]:
            return [(await client.get(f"{URL}?{number}")).status_code for number in range(4)]

        results = await world.gather(*[work] * 50)
    if uses == 1000:
        assert results == [[200] * 4] * 50
    assert not any(isinstance(result, BaseException) for result in results)
    assert server.seen.most_common(1)[0][1] == 1


@pytest.mark.parametrize(
    "clone", [copy.copy, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))]
)
def test_a_copy_starts_without_the_counts(
    clone: Callable[[httpx.DigestAuth], httpx.DigestAuth],
) -> None:
    auth = FixedDigestAuth("me", "secret")
    auth.cnonce = b"own"
    answer(auth, "n")
    other = clone(auth)
    assert "Authorization" not in next(other.sync_auth_flow(httpx.Request("GET", URL))).headers
    assert answer(other, "m")["cnonce"] == "own"
    request = next(auth.sync_auth_flow(httpx.Request("GET", URL)))
    assert parameters(request)["nonce"] == "n"


def test_without_md5(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under FIPS 140, where MD5 is there for other purposes than security, or not at all."""
    new = hashlib.new

    def guarded(name: str, data: bytes, *, usedforsecurity: bool = True) -> Any:
        if name == "md5" and (usedforsecurity or not allowed):
            raise ValueError("disabled for FIPS")
        return new(name, data, usedforsecurity=usedforsecurity)

    monkeypatch.setattr(hashlib, "new", guarded)
    allowed = True
    challenged(httpx.DigestAuth("me", "secret"), 'Digest realm="r", nonce="n"')
    allowed = False
    both = ('Digest realm="r", nonce="n"', 'Digest realm="r", nonce="n", algorithm=SHA-256')
    params = challenged(httpx.DigestAuth("me", "secret"), *both)
    assert params["algorithm"] == "SHA-256"
    with pytest.raises(httpx.ProtocolError, match="'MD5' of digest auth is not available here"):
        challenged(httpx.DigestAuth("me", "secret"), both[0])


names = st.sampled_from(["realm", "nonce", "x-1", "qop", "a"])
values = st.text('ab"\\\\, =\xe9', max_size=6)


@given(st.lists(st.tuples(names, st.dictionaries(names, values, min_size=1)), min_size=1))
def test_parser_reads_what_was_quoted(challenges: list[tuple[str, dict[str, str]]]) -> None:
    line = ", ".join(
        f"{scheme} " + ", ".join(f"{name}={_auth._quote(value)}" for name, value in params.items())
        for scheme, params in challenges
    )
    assert _parse_challenges(line) == challenges


@given(st.text())
def test_parser_takes_anything(line: str) -> None:
    for scheme, params in _parse_challenges(f"Digest {line}"):
        assert scheme == scheme.lower()
        assert all(name == name.lower() for name in params)
