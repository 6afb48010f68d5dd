"""In mode replay no socket leaves this machine.

An audit hook sees every connection and every look-up of a name that Python itself makes, whichever library asks
for it. Python cannot take one away again, so it stays and does nothing while no replay is on. Code that opens
sockets without Python (libcurl, gRPC) and other processes are not seen.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import TYPE_CHECKING, Any

from nbagents.errors import NetworkRefusedError

if TYPE_CHECKING:
    from nbagents.replay.match.place import Where
    from nbagents.replay.wire.report import Report

__all__ = ["guard", "is_local", "release"]

_ADDRESS_AT = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
_NAME_AT = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0}

# The name is looked up first so that `%autoreload` of this file does not add a second hook.
_hooked: bool = globals().get("_hooked", False)
_on_duty: tuple[Where, Report] | None = globals().get("_on_duty")


def guard(where: Where, report: Report) -> None:
    """Refuse sockets that leave this machine from now on.

    Args:
        where: Returns which cell runs.
        report: Told of what is refused.
    """
    global _hooked, _on_duty  # noqa: PLW0603 - a process has one set of audit hooks
    _on_duty = where, report
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True


def release() -> None:
    """Refuse nothing any more."""
    global _on_duty  # noqa: PLW0603 - as above
    _on_duty = None


def is_local(host: str) -> bool:
    """Tell whether a host is this machine.

    Example:
        >>> [is_local(host) for host in ("127.0.0.1", "localhost", "::1", "", "api.openai.com", "10.0.0.1")]
        [True, True, True, True, False, False]
    """
    name = host.partition("%")[0].rstrip(".").lower()
    if name in {"", "localhost", "0.0.0.0", "::"} or name.endswith(".localhost"):  # noqa: S104 - nothing is bound
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _on_duty is None or not event.startswith("socket."):
        return
    host = _host(event, arguments)
    if host is None or is_local(host):
        return
    where, report = _on_duty
    place = where()
    report.refused(place, host)
    raise NetworkRefusedError(
        f"{place} tried to reach {host}; in mode replay no socket leaves this machine: record what it needs, or "
        "serve it from 127.0.0.1",
        host=host,
        cell=place.cell,
    )


def _host(event: str, arguments: tuple[Any, ...]) -> str | None:
    if event in _NAME_AT:
        found = arguments[_NAME_AT[event]]
    elif event in _ADDRESS_AT:
        address = arguments[_ADDRESS_AT[event]]
        found = address[0] if isinstance(address, tuple) and address else None  # a path is a Unix socket
    else:
        return None
    if isinstance(found, (bytes, bytearray)):
        return bytes(found).decode("ascii", "replace")
    return found if isinstance(found, str) else None
