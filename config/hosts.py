"""Default host names of this machine, for a deployment that names none."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
import sys

LOCAL = ("localhost", "127.0.0.1", "[::1]")
"""Always answered: /healthz is asked from here, and nobody else can come by these names."""
WILDCARDS = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104  (compared, not bound)
_GET_INTERFACE_ADDRESS = 0x8915  # SIOCGIFADDR of netdevice(7)


def allowed(*, said: list[str], bind: str) -> list[str]:
    """Return the names and addresses to answer to: those that were said, else those that this machine has.

    Bound to one address: that one. Bound to all: the machine's name, also as `.local`, and its IPv4 addresses.
    """
    names = list(LOCAL)
    if said:
        names += said
    elif bind in WILDCARDS:
        name = socket.gethostname()
        names += [name, f"{name}.local", *_own_addresses()]
    else:
        names.append(f"[{bind}]" if ":" in bind and not bind.startswith("[") else bind)
    return list(dict.fromkeys(name for name in names if name))


def _own_addresses() -> list[str]:
    """Return the IPv4 address of each interface; Linux only, elsewhere nothing."""
    if sys.platform != "linux":
        return []
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _index, name in socket.if_nameindex():
            with contextlib.suppress(OSError):  # an interface without an address
                answer = fcntl.ioctl(probe.fileno(), _GET_INTERFACE_ADDRESS, struct.pack("256s", name.encode()[:15]))
                found.append(socket.inet_ntoa(answer[20:24]))
    return found
