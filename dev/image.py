"""Carry out the Dockerfile's own steps in a fresh Debian root, without Docker.

A root of mmdebstrap stands in for the base image, ``unshare`` and ``chroot`` for the engine. Lent to the steps,
and no part of what they build: the machine's resolver and its certificates.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dev.dockerfile import DockerfileError, Ignore, Stage, Step, parse

CONTEXT = Path(__file__).parent.parent
#: The base images that a root of mmdebstrap can stand in for, and the Debian release to build it from.
STANDS_IN = {"debian:bookworm-slim": "bookworm", "debian:trixie-slim": "trixie"}
RESOLVER = "/etc/resolv.conf"
#: What an engine sets before the first step.
ENGINE_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
CERTIFICATES = "/run/lent-certificates.crt"

#: Runs in a mount namespace of its own, so that nothing stays mounted however it ends.
ENTER = """
set -eu
root=$1 resolver=$2 certificates=$3 user=$4; shift 4
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount --bind "$(realpath /etc/resolv.conf)" "$root$resolver"
[ -z "$certificates" ] || mount --bind "$certificates" "$root/run/lent-certificates.crt"
exec chroot --userspec="$user" "$root" "$@"
"""


@dataclass(frozen=True)
class Image:
    """A root file system and what the Dockerfile said about starting it."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "root"
    command: tuple[str, ...] = ()

    def entered(self, command: list[str], user: str = "", **environment: str) -> list[str]:
        """Return the command line that runs ``command`` in this image, with ``environment`` added to its own."""
        user = user or self.user
        lent = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE") or ""
        if lent:
            environment |= {"PIP_CERT": CERTIFICATES, "NODE_EXTRA_CA_CERTS": CERTIFICATES}
        variables = [f"{name}={value}" for name, value in ({**self.environment, **environment}).items()]
        for path in (RESOLVER, CERTIFICATES):
            (self.root / path.lstrip("/")).touch()
        return [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "enter"),
            *(str(self.root), RESOLVER, lent, f"{user}:{user}"),
            *("env", "--ignore-environment", f"--chdir={self.folder}", *variables, *command),
        ]

    def do(self, step: Step, ignore: Ignore, images: Mapping[str, "Image"]) -> "Image":
        """Carry out one step and return the image as it is afterwards; ``images`` are those of the stages before."""
        match step.instruction:
            case "RUN":
                subprocess.run(self.entered(["sh", "-c", step.argument]), check=True)
            case "COPY":
                *sources, target = step.words
                if step.origin is None:
                    self._copy(sources, target, ignore)
                else:
                    self._copy_between(images[step.origin], sources, target)
            case "ENV":
                return replace(self, environment={**self.environment, **dict(w.split("=", 1) for w in step.words)})
            case "WORKDIR":
                self.inside(step.argument).mkdir(parents=True, exist_ok=True)
                return replace(self, folder=step.argument)
            case "USER":
                return replace(self, user=step.argument)
            case "CMD":
                return replace(self, command=tuple(step.exec_form))
            case "VOLUME":
                self.inside(step.argument).mkdir(parents=True, exist_ok=True)
            case "EXPOSE":
                pass  # documentation for an engine; a root has no ports of its own
            case _:
                raise DockerfileError(step.instruction)
        return self

    def inside(self, path: str) -> Path:
        """Return where ``path``, as the steps see it, lies on this machine."""
        return self.root / os.path.join(self.folder, path).lstrip("/")  # noqa: PTH118 - an absolute path must win

    def _copy(self, sources: list[str], target: str, ignore: Ignore) -> None:
        into = self.inside(target)
        for source in sources:
            origins = sorted(CONTEXT.glob(source))
            if not origins:
                raise DockerfileError(f"COPY {source}: no such file")
            for origin in origins:
                self._copy_one(origin, into, ignore, under_its_name=target.endswith("/"))

    def _copy_between(self, image: "Image", sources: list[str], target: str) -> None:
        for source in sources:
            origin, into = image.inside(source), self.inside(target)
            into.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "--recursive", "--no-target-directory", origin, into], check=True)

    def _copy_one(self, origin: Path, into: Path, ignore: Ignore, *, under_its_name: bool) -> None:
        for path in _files(origin):
            if ignore.hides(path.relative_to(CONTEXT).as_posix()):
                continue
            as_file = into / origin.name if under_its_name else into
            place = into / path.relative_to(origin) if origin.is_dir() else as_file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())


def _files(origin: Path) -> Iterator[Path]:
    yield from (path for path in sorted(origin.rglob("*")) if path.is_file()) if origin.is_dir() else [origin]


def build(folder: Path) -> dict[str, Image]:
    """Build every stage of the Dockerfile below ``folder``; return the images by the names of their stages."""
    folder.mkdir()
    ignore = Ignore.read(CONTEXT / ".dockerignore")
    images: dict[str, Image] = {}
    for stage in parse((CONTEXT / "Dockerfile").read_text()):
        print(f"== {stage.name}", flush=True)
        image = _beginning(stage, images, folder / stage.name)
        for step in stage.steps:
            print(f"-- {step.instruction} {step.argument}", flush=True)
            image = image.do(step, ignore, images)
        images[stage.name] = image
    return images


def _beginning(stage: Stage, images: Mapping[str, Image], root: Path) -> Image:
    if stage.base in images:
        subprocess.run(["cp", "--archive", "--reflink=auto", images[stage.base].root, root], check=True)
        return replace(images[stage.base], root=root)
    if stage.base not in STANDS_IN:
        raise DockerfileError(stage.base)
    subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", STANDS_IN[stage.base], root], check=True)
    return Image(root, ENGINE_ENVIRONMENT)
