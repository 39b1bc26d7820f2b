"""The journey of a request, written once: auth -> redirects -> hooks -> one send.

Each function here is one step that waits. The clients have a method for each, by the same name:
other packages override and patch those, on the class or on the instance. Whether somebody has is
found out at each call. If so, every step reaches the next one through the client's method; if
not, straight, which takes 2 µs (`AsyncClient`) to 5 µs (`Client`) less. Each coroutine that a
waiting request is deep in has its price as well: in memory, and in what the garbage collector
walks. So the straight way leaves out those that would do nothing but await the next one.

    client.send             state, deadline, authentication; reads the body unless streaming
    _send_handling_auth     the rounds of an auth flow
    _send_handling_redirects  the hops of one round; event hooks at each
    _send_single_request    the transport, cookies, the log line

`client` is a `Client` or an `AsyncClient`, and `calls` knows which: nothing here asks. No header
and no URL is changed here; `_redirects` and `_auth` do that, without waiting.
"""

from __future__ import annotations

import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ._auth import Auth
from ._calls import check_replay
from ._config import Deadline
from ._exceptions import RemoteProtocolError, RequestError, TooManyRedirects
from ._redirects import dropped_credentials
from ._streams import ByteStream
from ._urls import mask_password

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from ._calls import Calls
    from ._models import Request, Response

__all__ = [
    "enter_transports",
    "leave_transports",
    "send",
    "send_handling_auth",
    "send_handling_redirects",
    "send_single_request",
]


logger = logging.getLogger("httpx")


async def send(
    client: Any,
    calls: Calls,
    request: Request,
    stream: bool,
    auth: Any,
    follow_redirects: Any,
    straight: bool = False,
) -> Response:
    """One call of a client, with all its exchanges. `straight`: it is known to be."""
    client._begin()
    follow_redirects = client._follows_redirects(follow_redirects)
    client._set_timeout(request)
    extensions = request.extensions
    timeout = extensions["timeout"]  # which may be anything, if the program put it there
    if (isinstance(timeout, dict) and "total" in timeout) or "deadline" in extensions:
        _set_deadline(request, _new_deadline(request))
    auth = client._build_request_auth(request, auth)
    response: Response
    try:
        if not (straight or calls.seams.are_own(client)):
            response = await calls.call(
                client._send_handling_auth,
                request,
                auth=auth,
                follow_redirects=follow_redirects,
                history=[],
            )
        elif type(auth) is Auth:  # it authenticates nothing: no need for a generator
            response = await send_handling_redirects(
                client, calls, request, follow_redirects, (), True
            )
        else:
            response = await send_handling_auth(
                client, calls, request, auth, follow_redirects, [], True
            )
    except RequestError as exc:
        if exc._request is None:  # a hook's, or an auth flow's
            exc.request = request
        raise
    if not stream:
        try:
            await calls.read(response)
        except BaseException:
            await calls.close(response)
            raise
    return response


def _new_deadline(request: Request) -> Deadline | None:
    """`Timeout.total`, which every exchange of a call shares, counted from now."""
    timeout = request.extensions["timeout"]
    total = timeout.get("total") if isinstance(timeout, dict) else None
    return None if total is None else Deadline(total)


def _set_deadline(request: Request, deadline: Deadline | None) -> None:
    """Tell the transports; or, where the request was sent before, that it is over with that."""
    if deadline is not None:
        request.extensions = {**request.extensions, "deadline": deadline}
    elif "deadline" in request.extensions:
        request.extensions = {k: v for k, v in request.extensions.items() if k != "deadline"}


async def send_handling_auth(
    client: Any,
    calls: Calls,
    request: Request,
    auth: Auth,
    follow_redirects: bool,
    history: list[Response],
    straight: bool = False,
) -> Response:
    """Send what an auth flow yields until it is content; the last response."""
    deadline = request.extensions.get("deadline")
    flow = calls.auth_flow(auth, request)
    try:
        await flow.start()
        while True:
            if flow.request is not request and flow.request is not None:
                _set_deadline(flow.request, deadline)
            response = await _send_round(
                client, calls, flow.request, follow_redirects, history, straight
            )
            try:
                if not await flow.goes_on(response):
                    return response
                response.history = list(history)
                await calls.read(response)
                history.append(response)
            except BaseException:
                await calls.close(response)
                raise
    finally:
        await flow.close()


def _send_round(
    client: Any,
    calls: Calls,
    request: Request,
    follow_redirects: bool,
    history: list[Response],
    straight: bool,
) -> Awaitable[Response]:
    """One round of authentication: the next step, straight or by the client's method."""
    if straight:
        return send_handling_redirects(client, calls, request, follow_redirects, history, True)
    return calls.call(
        client._send_handling_redirects,
        request,
        follow_redirects=follow_redirects,
        history=history,
    )


async def send_handling_redirects(
    client: Any,
    calls: Calls,
    request: Request,
    follow_redirects: bool,
    history: Sequence[Response],
    straight: bool = False,
) -> Response:
    """Send a request and, if so told, what its redirects lead to; the last response."""
    hooks = client._event_hooks
    while True:
        if hooks["request"]:
            calls.adapt(request)  # a hook may read it
        for hook in hooks["request"]:
            await calls.call(hook, request)
        response: Response
        start = perf_counter()
        try:
            if straight:  # as in `send_single_request`
                transport = _transport_for(client, request)
                response = await calls.handle(transport, request)
                calls.receive(transport, response, start)
            else:
                response = await calls.call(client._send_single_request, request)
        except RequestError as exc:
            if straight:
                exc.request = request
            raise
        try:
            if straight:
                _take_in(client, request, response)
            for hook in hooks["response"]:
                await calls.call(hook, response)
            response.history = list(history)
            if not response.has_redirect_location:
                return response
            if not follow_redirects:
                response.next_request = _next_request(client, request, response)
                return response
            following = client._build_redirect_request(request, response)
            if logger.isEnabledFor(logging.DEBUG):
                _log_dropped(request, following)
            history = [*history, response]
            await calls.read(response)
        except BaseException:
            await calls.close(response)
            raise
        # Rounds of authentication are part of the history, and no redirects.
        if sum(passed.has_redirect_location for passed in history) > client.max_redirects:
            raise TooManyRedirects("Exceeded maximum allowed redirects.", request=following)
        request = following


def _next_request(client: Any, request: Request, response: Response) -> Request | None:
    """Where a redirect that is not followed would lead; `None` if it cannot be followed."""
    try:
        following: Request = client._build_redirect_request(request, response)
    except RemoteProtocolError:
        return None
    return following


def _log_dropped(request: Request, following: Request) -> None:
    """Say which credentials do not go along, since the 401 that follows says nothing of it."""
    dropped = dropped_credentials(request, following)
    if dropped:
        logger.debug(
            "Redirect from %s to %s: %s does not go along",
            request.url.host,
            following.url.host,
            ", ".join(dropped),
        )


async def send_single_request(client: Any, calls: Calls, request: Request) -> Response:
    """One exchange with a transport."""
    start = perf_counter()
    try:
        transport = _transport_for(client, request)
        response = await calls.handle(transport, request)
        calls.receive(transport, response, start)
    except RequestError as exc:
        exc.request = request
        raise
    try:
        _take_in(client, request, response)
    except BaseException:
        await calls.close(response)
        raise
    return response


def _transport_for(client: Any, request: Request) -> Any:
    """Which transport a request goes through, if it can be sent at all."""
    transport = client._transport_for_url(request.url)
    stream = request.stream
    if type(stream) is not ByteStream:  # which can be sent any number of times
        check_replay(stream)
    return transport


def _take_in(client: Any, request: Request, response: Response) -> None:
    """Give a response what it has of the client, and the client its cookies. May raise whatever
    a cookie policy or a log handler of the user's does."""
    response.request = request
    response.default_encoding = client._default_encoding
    if response.headers._has(b"set-cookie"):
        client.cookies.extract_cookies(response)
    if logger.isEnabledFor(logging.INFO):
        _log(client, request, response)


def _log(client: Any, request: Request, response: Response) -> None:
    """The one line that each exchange leaves: never a password, and the query only if wanted."""
    url: Any = request.url if client.log_query else request.url.copy_with(query=None)
    logger.info(
        'HTTP Request: %s %s "%s %d %s"',
        request.method,
        mask_password(url) if url.userinfo else url,
        response.http_version,
        response.status_code,
        response.reason_phrase,
    )


async def enter_transports(calls: Calls, transports: Sequence[Any]) -> None:
    """Enter the contexts of a client's transports, all or none."""
    entered: list[Any] = []
    try:
        for transport in transports:
            await calls.enter(transport)
            entered.append(transport)
    except BaseException:
        await leave_transports(calls, entered)
        raise


async def leave_transports(
    calls: Calls, transports: Sequence[Any], exc_info: tuple[Any, Any, Any] | None = None
) -> None:
    """Close a client's transports, in order, each of them even if another one raises."""
    if transports:
        try:
            await calls.leave(transports[0], exc_info)
        finally:
            await leave_transports(calls, transports[1:], exc_info)
