"""Which network addresses an address that people wrote may lead to: public ones only.

The check stands at the socket, with the very address that is connected to a moment later, so that
neither a redirect nor a name that resolves to something else the second time gets around it.
"""

import ipaddress
import socket
from collections.abc import Callable

AddressInfo = tuple[int, int, int, str, tuple[object, ...]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(OSError):
    """The address is not public."""


def is_public(address: str) -> bool:
    """Whether anybody on the internet could reach this IP address; what is no address is not."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = _embedded(found)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved


def public_sockets() -> Callable[[AddressInfo], socket.socket]:
    """A socket factory that refuses every address that is not public."""

    def make(info: AddressInfo) -> socket.socket:
        family, kind, proto, _name, address = info
        if not is_public(str(address[0])):
            raise AddressRefused("not a public address")
        return socket.socket(family, kind, proto)

    return make


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
