"""Build the images without Docker, look for rooms that must not be in them, and start them.

python -m dev.image_check      # as root, in the environment in which Whistle is installed
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from dev.dockerfile import DockerfileError
from dev.image import Image, build

#: The rooms of which nothing may be in an image, and the folders of the package in which a room has its files.
MUST_LACK = {"intake": ("console", "root", "trial"), "console": ("intake", "shelf", "source", "root", "trial")}
PLACES = (".", "templates", "static")
#: What the pages of the intake run, and are asked for by their addresses.
CODE = ("/static/code/pages.js", "/static/code/words/turkish.json")
START_SECONDS = 30
STOP_SECONDS = 60


class CheckError(Exception):
    """An image is not as it must be."""


def check_rooms(images: Mapping[str, Image]) -> None:
    """Raise ``CheckError`` where an image holds a room that it must not, or does not run its own code."""
    for name, rooms in MUST_LACK.items():
        packages = list(images[name].root.glob("opt/whistle/lib/python3*/site-packages/whistle"))
        if len(packages) != 1:
            raise CheckError(f"{name}: the package is installed {len(packages)} times")
        found = [room for room in rooms if any((packages[0] / place / room).exists() for place in PLACES)]
        found += [room for room in rooms if (packages[0] / "cli" / f"{room}.py").exists()]
        if found or (images[name].root / "build").exists():
            raise CheckError(f"{name}: must not hold {', '.join(found) or 'its own sources'}")
        print(f"{name}: holds nothing of {', '.join(rooms)}")


def check_intake(image: Image, instance: Path) -> None:
    """Start the intake on the public files of ``instance`` and ask it for its pages; raises ``CheckError``."""
    port = _free_port()
    _give(image, instance / "intake" / "keyring.json", instance / "intake" / "statements")
    command = image.entered(list(image.command), GUNICORN_CMD_ARGS=f"--bind=127.0.0.1:{port}")
    _check_service("intake", command, port, ("/", "/v1/keyring", *CODE), "localhost")


def check_console(image: Image, instance: Path) -> None:
    """Start the first reviewer's console of ``instance`` and ask it for its first page; raises ``CheckError``."""
    port = _free_port()
    _give(image, instance / "reviewer-1", instance / "whistle.toml")
    command = image.entered([*image.command, "--port", str(port)])
    _check_service("console", command, port, ("/unlock",), f"console.localhost:{port}")


def _give(image: Image, *paths: Path) -> None:
    """Put files into the image's volume, for its user."""
    subprocess.run(["cp", "--recursive", *paths, image.root / "var/lib/whistle"], check=True)
    subprocess.run(image.entered(["chown", "--recursive", "whistle", "."], user="root"), check=True)


def _check_service(name: str, command: list[str], port: int, paths: tuple[str, ...], host: str) -> None:
    with subprocess.Popen(command) as engine:
        try:
            for path in paths:
                print(f"{name}: {path} answers {_status(engine, port, path, host)}")
            users = {_user(process) for process in _descendants(engine.pid)}
            if 0 in users or not users:
                raise CheckError(f"{name}: runs as the users {users}")
            print(f"{name}: runs as user {users}")
        finally:
            if engine.poll() is None:
                os.kill(_descendants(engine.pid)[0], signal.SIGTERM)
        if engine.wait(STOP_SECONDS):
            raise CheckError(f"{name}: stopped with status {engine.returncode}")
    print(f"{name}: stopped when asked to")


def _status(engine: subprocess.Popen[bytes], port: int, path: str, host: str) -> int:
    """Ask for a page until somebody answers, and return the status, which must be 200."""
    limit = time.monotonic() + START_SECONDS
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
        try:
            connection.request("GET", path, headers={"Host": host})
            status = connection.getresponse().status
        except OSError as error:
            if engine.poll() is not None or time.monotonic() > limit:
                raise CheckError("nothing answers") from error
            time.sleep(0.2)
            continue
        finally:
            connection.close()
        if status != HTTPStatus.OK:
            raise CheckError(f"{path} answers {status}")
        return status


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _descendants(process: int) -> list[int]:
    children = [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return [*children, *(other for child in children for other in _descendants(child))]


def _user(process: int) -> int:
    return Path(f"/proc/{process}").stat().st_uid


def main() -> None:
    """Build and check; any failure ends with its own message and a status other than 0."""
    if os.geteuid():
        sys.exit("Please run this as root: it mounts and changes roots.")
    with tempfile.TemporaryDirectory(prefix="whistle-images-") as temporary:
        instance = Path(temporary, "instance")
        try:
            subprocess.run([Path(sys.executable).parent / "whistle", "init", instance], check=True)
            images = build(Path(temporary, "images"))
            check_rooms(images)
            check_intake(images["intake"], instance)
            check_console(images["console"], instance)
        except subprocess.CalledProcessError as error:
            sys.exit(f"A step failed with status {error.returncode}.")
        except DockerfileError as error:
            sys.exit(f"The Dockerfile cannot be carried out: {error}")
        except CheckError as error:
            sys.exit(f"The images are not as they must be: {error}")


if __name__ == "__main__":
    main()
