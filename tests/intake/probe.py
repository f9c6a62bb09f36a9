"""A site to test the server with: small pages that show what the server does, on a real shelf."""

import ctypes
import os
import random
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from nacl.public import PrivateKey, SealedBox
from nacl.utils import random as nacl_random

from whistle.errors import ShelfError
from whistle.intake import places, tending
from whistle.intake.child import LINK
from whistle.intake.limits import Limits
from whistle.intake.link import ShelfLink
from whistle.intake.settings import IntakeSettings
from whistle.intake.site import Site
from whistle.intake.wsgi import Environ, StartResponse
from whistle.protocol.canonical import encode
from whistle.protocol.keyring import Channel, Keyring, Person, Role
from whistle.protocol.labels import VERSION
from whistle.protocol.record import Record
from whistle.protocol.signing import Signer

ROOT_SEED = b"r" * 32
PERSON_SEED = b"p" * 32


def keyring() -> Keyring:
    """Return the keyring of an organisation with one reviewer, whose id is 7."""
    today = datetime.now(UTC).date()
    person = Person(7, "Rosa Example", Role.REVIEWER, Signer(PERSON_SEED).verifier)
    channel = Channel(1, "Reports", "story/1", (7,))
    root = Signer(ROOT_SEED).verifier
    return Keyring(
        "Example", root, (channel,), (person,), (), VERSION, 1, today - timedelta(days=1), today + timedelta(days=300)
    )


def write_keyring(file: Path) -> None:
    """Write the file that the organisation root would publish."""
    file.write_bytes(encode({"keyring": keyring().sign(Signer(ROOT_SEED)).to_json(), "successions": []}))


def site(folder: str, work_bits: int = 0, decoys: int = 0, **limits: float) -> Site:
    """Return a site in ``folder``, as gunicorn's master loads it."""
    base = Path(folder)
    static = base / "static"
    static.mkdir(exist_ok=True)
    (static / "page.css").write_text("body { color: black }")
    if not (base / "keyring.json").exists():
        write_keyring(base / "keyring.json")
    return Site(
        application=application,
        settings=IntakeSettings(folder=base, questionnaires=base, work_bits=work_bits, decoys=decoys),
        static={"/static/": static},
        pages={413: b"<!doctype html><title>Too large</title>"},
        limits=Limits(**limits),  # type: ignore[arg-type]
    )


Page = Callable[[Environ, ShelfLink], str]
LEAKED: list[bytes] = []


def echo(environ: Environ, _link: ShelfLink) -> str:
    return str(len(environ["wsgi.input"].read()))


def put(environ: Environ, link: ShelfLink) -> str:
    try:
        link.put_message(Record.parse(environ["wsgi.input"].read()))
    except ShelfError as error:
        return type(error).__name__
    return "stored"


def claim(environ: Environ, link: ShelfLink) -> str:
    """Do the work of a form: claim, take a while, put, spend."""
    query = parse_qs(environ["QUERY_STRING"])
    environ["wsgi.input"].read()
    ticket = query["ticket"][0].encode().ljust(16, b".")
    if not link.claim(ticket):
        return "arrived before"
    time.sleep(float(query.get("seconds", ["0"])[0]))
    if "die" in query:
        os.kill(os.getpid(), signal.SIGKILL)
    if "fail" not in query:
        link.spend(ticket)
    return "arrived"


def drawn() -> list[bytes]:
    """Return randomness from every door that secrets are drawn from."""
    _secret, ciphertext = MLKEM768PrivateKey.generate().public_key().encapsulate()
    sealed = SealedBox(PrivateKey(b"k" * 32).public_key).encrypt(b"")
    return [
        secrets.token_bytes(16),
        os.urandom(16),
        nacl_random(16),
        random.randbytes(16),
        ciphertext[:16],
        sealed[:16],
    ]


#: Every source of randomness has been used before the fork: one that kept a state would repeat it in each child.
DRAWN_IN_THE_MASTER = drawn()


def chance(_environ: Environ, _link: ShelfLink) -> str:
    return " ".join(value.hex() for value in drawn())


def descriptors(_environ: Environ, _link: ShelfLink) -> str:
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return " ".join(sorted(str(link.readlink()) for link in links))


def fail(environ: Environ, _link: ShelfLink) -> str:
    secret = environ["wsgi.input"].read().decode()
    sys.stderr.write(secret)
    environ["wsgi.errors"].write(secret)
    raise RuntimeError(secret)


def leak(environ: Environ, link: ShelfLink) -> str:
    """Do what must never be done: hand the body to the parent."""
    link.trouble(environ["wsgi.input"].read().decode())
    return "leaked"


def dumpable(_environ: Environ, _link: ShelfLink) -> str:
    return str(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))


def locked(_environ: Environ, _link: ShelfLink) -> str:
    """Say how much of this process is kept out of swap, in KiB."""
    return Path("/proc/self/status").read_text().split("VmLck:")[1].split()[0]


def swapping_site(folder: str) -> Site:
    """Return a site on a machine that has swap."""
    vars(tending)["can_be_swapped_out"] = lambda: True
    return site(folder)


def large(_environ: Environ, _link: ShelfLink) -> str:
    return "x" * 200_000


def environment(environ: Environ, link: ShelfLink) -> str:
    return repr({name: value for name, value in environ.items() if isinstance(value, str)}) + link.ticket_key.hex()


def place(_environ: Environ, link: ShelfLink) -> str:
    """Give out a place among those who wait, as a page does."""
    return places.issue(link.ticket_key, 60)


PAGES: dict[str, Page] = {
    "/chance": chance,
    "/claim": claim,
    "/descriptors": descriptors,
    "/echo": echo,
    "/environment": environment,
    "/fail": fail,
    "/large": large,
    "/leak": leak,
    "/locked": locked,
    "/place": place,
    "/dumpable": dumpable,
    "/put": put,
}


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    page = PAGES.get(environ["PATH_INFO"])
    if page is None:
        start_response("404 Not Found", [("Content-Length", "0"), ("Server", "x"), ("Date", "y")])
        return [b""]
    body = page(environ, environ[LINK]).encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "text/plain")])
    return [body]
