"""OpenTelemetry's instrumentation: spans of all clients, of one, of failures."""

import asyncio
import http.server
import importlib.metadata
import threading

from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import httpx

received = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        received.append(self.headers.get("traceparent"))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        return


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
instrumentor = HTTPXClientInstrumentor()


async def asynchronous() -> None:
    async with httpx.AsyncClient() as client:
        await client.get(url)


instrumentor.instrument(tracer_provider=provider)
httpx.get(url)
with httpx.Client(mounts={"all://nowhere": httpx.HTTPTransport()}) as client:
    client.get(url)
asyncio.run(asynchronous())
spans = exporter.get_finished_spans()
assert [span.name for span in spans] == ["GET", "GET", "GET"], spans
assert all(received), received
assert spans[0].attributes["http.status_code"] == 200
instrumentor.uninstrument()
httpx.get(url)
assert len(exporter.get_finished_spans()) == 3
assert received[-1] is None

one = httpx.Client()
HTTPXClientInstrumentor.instrument_client(one, tracer_provider=provider)
one.get(url)
assert len(exporter.get_finished_spans()) == 4
HTTPXClientInstrumentor.uninstrument_client(one)
one.get(url)
assert len(exporter.get_finished_spans()) == 4
one.close()
server.shutdown()
version = importlib.metadata.version("opentelemetry-instrumentation-httpx")
print(f"opentelemetry-instrumentation-httpx {version}: spans of all clients and of one")
