"""The anthropic SDK over a mock transport: answers, streams, errors."""

import asyncio
import json

import anthropic

import httpx

MESSAGE = {
    "id": "1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
EVENTS = [
    {"type": "message_start", "message": {**MESSAGE, "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "he"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "llo"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]


def answer(request: httpx.Request) -> httpx.Response:
    body = json.loads(request.content)
    assert request.headers["x-api-key"] == "key"
    if body["model"] == "bad":
        return httpx.Response(400, json={"error": {"type": "invalid_request_error"}})
    if body.get("stream"):
        lines = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in EVENTS)
        return httpx.Response(
            200, headers={"content-type": "text/event-stream"}, content=lines.encode()
        )
    return httpx.Response(200, json=MESSAGE)


CALL = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
transport = httpx.MockTransport(answer)
client = anthropic.Anthropic(api_key="key", http_client=httpx.Client(transport=transport))
assert client.messages.create(**CALL).content[0].text == "hello"
with client.messages.stream(**CALL) as stream:
    assert "".join(stream.text_stream) == "hello"
try:
    client.messages.create(**{**CALL, "model": "bad"})
except anthropic.BadRequestError as error:
    assert error.response.status_code == 400
else:
    raise AssertionError("400 did not raise")


async def main() -> None:
    http = httpx.AsyncClient(transport=transport)
    async with anthropic.AsyncAnthropic(api_key="key", http_client=http) as c:
        assert (await c.messages.create(**CALL)).id == "1"
        async with c.messages.stream(**CALL) as stream:
            assert (await stream.get_final_text()) == "hello"


asyncio.run(main())
print(f"anthropic {anthropic.__version__}: messages, streams, errors, sync and async")
