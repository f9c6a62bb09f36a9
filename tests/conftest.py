"""What holds for every test: hypothesis takes the time it needs, and nothing speaks to another machine."""

import sys
from ipaddress import ip_address

from hypothesis import HealthCheck, settings

# A slow machine must not fail a property: time is measured in bench/, never asserted.
_UNHURRIED = [HealthCheck.too_slow]
settings.register_profile("whistle", deadline=None, suppress_health_check=_UNHURRIED, print_blob=True)
# Thousands of mutants share few examples each, the same ones every time.
settings.register_profile(
    "mutants", deadline=None, suppress_health_check=_UNHURRIED, max_examples=25, derandomize=True, database=None
)
settings.load_profile("whistle")

_NAMES_OF_THIS_MACHINE = {"", "localhost", "ip6-localhost"}


class SpokeToAnotherMachine(AssertionError):
    """A test, or what it tests, tried to resolve or reach a host that is not this machine."""


def _is_this_machine(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in _NAMES_OF_THIS_MACHINE:
        return True
    try:
        address = ip_address(str(name))
    except ValueError:
        return str(name).endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _refuse_other_machines(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path names a Unix socket
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not _is_this_machine(host):
        raise SpokeToAnotherMachine(host)


# An audit hook cannot be taken off again, which is the point: no library slips past it in this process.
sys.addaudithook(_refuse_other_machines)
