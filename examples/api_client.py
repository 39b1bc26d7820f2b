"""A client for one API: a class that has the HTTP in it, and gives out plain values.

    python examples/api_client.py

The transport is an argument, so that `test_api_client.py` can test it without a server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import httpx
from server import serve

__all__ = ["NotFound", "User", "Users", "UsersError"]


@dataclass(frozen=True)
class User:
    id: int
    name: str


class UsersError(Exception):
    """The service did not answer as it should."""


class NotFound(UsersError):
    """There is no such user."""


class Users:
    """The users of the service.

    Args:
        base_url: where the service is.
        token: sent with each request.
        transport: what sends the requests; for tests.
    """

    def __init__(
        self, base_url: str, token: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=httpx.Timeout(5, total=20),
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def get(self, number: int) -> User:
        """One user. Raises `NotFound`, `UsersError`."""
        return User(**self._ask("GET", f"/users/{number}"))

    def all(self, numbers: range) -> Iterator[User]:
        """Several, one after the other, over one connection."""
        for number in numbers:
            yield self.get(number)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            response = self._client.request(method, path, **options)
            response.raise_for_status()
            return response.json()
        except httpx.HTTPStatusError as exc:
            kind = NotFound if exc.response.status_code == 404 else UsersError
            raise kind(f"{method} {path}: {exc.response.status_code}") from exc
        except (httpx.RequestError, ValueError) as exc:  # no answer, or one that is no JSON
            raise UsersError(f"{method} {path}: {exc}") from exc


def main() -> None:
    with serve() as server, Users(server.http, token="secret") as users:
        print(users.get(7))
        print([user.name for user in users.all(range(1, 4))])
    with Users(server.http, token="secret") as users:
        try:
            users.get(1)
        except UsersError as exc:
            print("error:", exc)


if __name__ == "__main__":
    main()
