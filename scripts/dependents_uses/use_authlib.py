"""authlib's httpx clients: OAuth 2 with and without an event loop, OAuth 1."""

import asyncio
import importlib.metadata
import json

from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth1Client, OAuth2Client

import httpx

seen = []


def answer(request: httpx.Request) -> httpx.Response:
    seen.append((request.url.path, request.headers.get("authorization"), request.content))
    if request.url.path == "/token":
        token = {"access_token": f"T{len(seen)}", "token_type": "bearer", "expires_in": 3600}
        return httpx.Response(200, json={**token, "refresh_token": "R"})
    if request.url.path == "/request":
        return httpx.Response(200, text="oauth_token=a&oauth_token_secret=b")
    return httpx.Response(200, json={"auth": request.headers.get("authorization")})


transport = httpx.MockTransport(answer)
with OAuth2Client("id", "secret", transport=transport) as client:
    token = client.fetch_token("https://example.org/token", grant_type="client_credentials")
    assert token["access_token"] == "T1"
    assert seen[-1][1].startswith("Basic ")
    assert client.get("https://example.org/data").json() == {"auth": "Bearer T1"}
    client.refresh_token("https://example.org/token", refresh_token="R")
    assert client.post("https://example.org/data", json={}).json()["auth"] == "Bearer T3"
    url, state = client.create_authorization_url("https://example.org/authorize")
    assert state in url


async def main() -> None:
    async with AsyncOAuth2Client("id", "secret", transport=transport) as c:
        await c.fetch_token("https://example.org/token", grant_type="client_credentials")
        answer = (await c.get("https://example.org/data")).json()
        assert answer["auth"].startswith("Bearer T")
        async with c.stream("GET", "https://example.org/data") as response:
            assert json.loads(await response.aread())["auth"].startswith("Bearer T")


asyncio.run(main())
with OAuth1Client("id", "secret", transport=transport) as one:
    assert one.fetch_request_token("https://example.org/request")["oauth_token"] == "a"
    assert seen[-1][1].startswith("OAuth ")
print(f"authlib {importlib.metadata.version('authlib')}: OAuth 2 sync and async, OAuth 1")
