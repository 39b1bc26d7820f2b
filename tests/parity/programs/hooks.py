"""Event hooks: order, what they see, what they may do."""

from ..helpers import aattempt, aclient, arun, attempt, client, httpx
from ..table import program


def ok(request):
    return httpx.Response(200, content=b"x")


def moved(request):
    if request.url.path == "/":
        return httpx.Response(302, headers={"Location": "/x"})
    return httpx.Response(200, content=b"x")


@program
def order():
    seen = []
    hooks = {
        "request": [lambda r: seen.append("q1"), lambda r: seen.append("q2")],
        "response": [lambda r: seen.append("p1"), lambda r: seen.append("p2")],
    }
    client(lambda r: seen.append("transport") or ok(r), event_hooks=hooks).get("http://a/")
    return seen


@program
def per_hop():
    seen = []
    hooks = {
        "request": [lambda r: seen.append(str(r.url))],
        "response": [lambda r: seen.append((r.status_code, len(r.history)))],
    }
    client(moved, event_hooks=hooks, follow_redirects=True).get("http://a/")
    return seen


@program
def response_state():
    seen = []

    def look(response):
        seen.append([response.is_closed, response.history, response.next_request])
        seen.append(attempt(lambda: response.content))
        seen.append(str(response.request.url))
        seen.append(response.default_encoding)
        seen.append(attempt(lambda: response.elapsed))
        response.read()
        seen.append(response.content)

    from ..helpers import Chunks

    client(
        lambda r: httpx.Response(200, stream=Chunks(b"x")), event_hooks={"response": [look]}
    ).get("http://a/")
    return seen


@program
def request_hook_changes_the_request():
    seen = []

    def change(request):
        request.headers["X-Hook"] = "1"

    client(
        lambda r: seen.append(r.headers["x-hook"]) or ok(r), event_hooks={"request": [change]}
    ).get("http://a/")
    return seen


@program
def request_hook_runs_after_auth():
    seen = []
    hooks = {"request": [lambda r: seen.append(r.headers.get("authorization"))]}
    client(ok, event_hooks=hooks).get("http://a/", auth=("u", "p"))
    return seen


@program
def per_auth_round():
    seen = []
    left = [
        httpx.Response(
            401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
        ),
        httpx.Response(200),
    ]
    hooks = {
        "request": [lambda r: seen.append("authorization" in r.headers)],
        "response": [lambda r: seen.append(r.status_code)],
    }
    client(lambda r: left.pop(0), event_hooks=hooks).get(
        "http://a/", auth=httpx.DigestAuth("u", "p")
    )
    return seen


@program
def raise_for_status_in_a_hook():
    c = client(
        lambda r: httpx.Response(404), event_hooks={"response": [lambda r: r.raise_for_status()]}
    )
    return attempt(c.get, "http://a/")


@program
def response_is_closed_when_a_hook_fails():
    from ..helpers import Chunks

    stream = Chunks(b"x")

    def boom(response):
        raise ValueError("hook")

    c = client(lambda r: httpx.Response(200, stream=stream), event_hooks={"response": [boom]})
    return [attempt(c.get, "http://a/"), stream.closed]


@program
def request_hook_fails():
    def boom(request):
        raise ValueError("hook")

    return attempt(client(ok, event_hooks={"request": [boom]}).get, "http://a/")


@program
def return_values_are_ignored():
    hooks = {"request": [lambda r: "x"], "response": [lambda r: httpx.Response(500)]}
    return client(ok, event_hooks=hooks).get("http://a/").status_code


@program
def async_hooks():
    seen = []

    async def on_request(request):
        seen.append(request.method)

    async def on_response(response):
        seen.append(response.status_code)
        await response.aread()

    async def main():
        hooks = {"request": [on_request], "response": [on_response]}
        async with aclient(moved, event_hooks=hooks, follow_redirects=True) as c:
            await c.get("http://a/")

    arun(main())
    return seen


@program
def plain_hook_on_an_async_client():
    async def main():
        async with aclient(ok, event_hooks={"request": [lambda r: None]}) as c:
            return await aattempt(c.get("http://a/"))

    return arun(main())


@program
def hooks_changed_later():
    seen = []
    c = client(ok)
    c.event_hooks["request"].append(lambda r: seen.append(1))
    c.get("http://a/")
    c.event_hooks = {"request": [lambda r: seen.append(2)]}
    c.get("http://a/")
    return seen


@program
def unknown_hook_names():
    c = client(ok, event_hooks={"nope": [print]})
    return [c.get("http://a/").status_code, c.event_hooks]


@program
def hook_not_callable():
    return attempt(client(ok, event_hooks={"request": [5]}).get, "http://a/")


@program
def assigned_through_the_underscore():
    seen = []
    c = client(ok)
    c._event_hooks = {"request": [lambda r: seen.append(1)], "response": []}
    c.get("http://a/")
    return seen


@program
def stream_true_and_hooks():
    seen = []
    c = client(ok, event_hooks={"response": [lambda r: seen.append(r.is_closed)]})
    with c.stream("GET", "http://a/"):
        return seen
