"""The openai SDK over a mock transport: answers, streams, errors, retries, timeouts."""

import asyncio
import json

import openai

import httpx

COMPLETION = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "hello"},
        }
    ],
}
CHUNK = {
    "id": "1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "he"}, "finish_reason": None}],
}
seen = []


def answer(request: httpx.Request) -> httpx.Response:
    body = json.loads(request.content)
    seen.append((request.headers["authorization"], request.extensions["timeout"], body))
    if body["model"] == "busy":
        return httpx.Response(429, json={"error": {"message": "busy"}})
    if body["model"] == "flaky" and len(seen) % 2:
        return httpx.Response(500, headers={"retry-after-ms": "1"})
    if body.get("stream"):
        lines = f"data: {json.dumps(CHUNK)}\n\n" * 2 + "data: [DONE]\n\n"
        return httpx.Response(
            200, headers={"content-type": "text/event-stream"}, content=lines.encode()
        )
    return httpx.Response(200, json=COMPLETION)


MESSAGES = [{"role": "user", "content": "hi"}]
client = openai.OpenAI(
    api_key="key", http_client=httpx.Client(transport=httpx.MockTransport(answer))
)
completion = client.chat.completions.create(model="m", messages=MESSAGES)
assert completion.choices[0].message.content == "hello"
assert seen[-1][0] == "Bearer key"
stream = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
assert "".join(chunk.choices[0].delta.content for chunk in stream) == "hehe"
try:
    client.with_options(max_retries=0).chat.completions.create(model="busy", messages=MESSAGES)
except openai.RateLimitError as error:
    assert error.response.status_code == 429
else:
    raise AssertionError("429 did not raise")
seen.clear()
assert client.chat.completions.create(model="flaky", messages=MESSAGES).id == "1"
assert len(seen) == 2
client.with_options(timeout=httpx.Timeout(3, read=7)).chat.completions.create(
    model="m", messages=MESSAGES
)
assert seen[-1][1]["read"] == 7
raw = client.chat.completions.with_raw_response.create(model="m", messages=MESSAGES)
assert raw.http_response.status_code == 200
assert raw.parse().id == "1"

slow = openai.OpenAI(
    api_key="key",
    max_retries=0,
    http_client=openai.DefaultHttpxClient(
        transport=httpx.MockTransport(
            lambda request: (_ for _ in ()).throw(httpx.ReadTimeout("slow"))
        )
    ),
)
try:
    slow.chat.completions.create(model="m", messages=MESSAGES)
except openai.APITimeoutError as error:
    assert error.request.url.path.endswith("/chat/completions")
else:
    raise AssertionError("a timeout did not raise")


async def main() -> None:
    transport = httpx.MockTransport(answer)
    async with openai.AsyncOpenAI(
        api_key="key", http_client=httpx.AsyncClient(transport=transport)
    ) as c:
        assert (await c.chat.completions.create(model="m", messages=MESSAGES)).id == "1"
        pieces = await c.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        assert len([piece async for piece in pieces]) == 2


asyncio.run(main())
assert openai.OpenAI(api_key="key").timeout == openai.DEFAULT_TIMEOUT
print(f"openai {openai.__version__}: completions, streams, errors, retries, sync and async")
