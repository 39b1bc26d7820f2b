"""respx: the default mode, which patches httpcore, and `using="httpx"`."""

import asyncio

import respx

import httpx

for using in ("httpcore", "httpx"):
    with respx.mock(using=using, base_url="https://example.org") as mock:
        route = mock.get("/a", params={"q": "1"}).respond(201, json={"x": 1})
        mock.post("/b", json={"y": 2}).mock(return_value=httpx.Response(202))
        mock.get("/slow").mock(side_effect=httpx.ConnectTimeout)
        response = httpx.get("https://example.org/a", params={"q": "1"})
        assert (response.status_code, response.json()) == (201, {"x": 1})
        assert route.called
        assert route.calls.last.request.headers["user-agent"].startswith("python-httpx")
        with httpx.Client(base_url="https://example.org") as client:
            assert client.post("/b", json={"y": 2}).status_code == 202
            try:
                client.get("/slow")
            except httpx.ConnectTimeout:
                pass
            else:
                raise AssertionError("the side effect did not raise")

        async def main(client=httpx.AsyncClient) -> None:
            async with client() as c:
                assert (await c.get("https://example.org/a?q=1")).status_code == 201

        asyncio.run(main())


@respx.mock
def decorated() -> None:
    respx.get("https://example.com/").respond(text="hello")
    with httpx.stream("GET", "https://example.com/") as response:
        assert response.read() == b"hello"
    try:
        httpx.get("https://unmocked.example/")
    except respx.models.AllMockedAssertionError:
        return
    raise AssertionError("an unknown request went through")


decorated()
print(f"respx {respx.__version__}: default mode and using='httpx', sync and async")
