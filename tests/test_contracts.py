"""Who may know whom: the import contracts hold, each catches its breach, and here is what they cannot say."""

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "whistle"
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

#: For every contract a file of the package, and a line which at its end breaks it.
BREACHES = {
    "layers": ("courier/wire.py", "import whistle.source"),
    "rooms-apart": ("intake/__init__.py", "import whistle.console"),
    "shelf-and-source": ("source/__init__.py", "import whistle.shelf"),
    "console-by-courier": ("console/__init__.py", "import whistle.shelf"),
    "root-offline": ("root/__init__.py", "import whistle.courier.wire"),
    "shelf-blind": ("shelf/__init__.py", "from whistle.protocol import slots"),
    "settings-plain": ("settings.py", "import whistle.shelf"),
    "protocol-pure": ("protocol/record.py", "import time"),
    "sql": ("intake/__init__.py", "import sqlalchemy"),
    "migrations": ("console/__init__.py", "from alembic import command"),
    "web": ("source/__init__.py", "from flask import request"),
    "server": ("source/__init__.py", "import gunicorn"),
    "http-client": ("source/__init__.py", "import urllib3"),
    "primitives": ("intake/__init__.py", "from nacl.public import PrivateKey"),
    "word-lists": ("source/__init__.py", "import mnemonic"),
    "commands": ("shelf/__init__.py", "import click"),
    "vault": ("cli/root.py", "import whistle.console.vault"),
    "cli-source": ("cli/source.py", "import whistle.intake"),
    "cli-inspection": ("cli/inspection.py", "import whistle.intake"),
    "cli-console": ("cli/console.py", "import whistle.root"),
    "cli-root": ("cli/root.py", "import whistle.console"),
    "cli-intake": ("cli/intake.py", "import whistle.root"),
}

#: Names that only these files may use, with the reason: import-linter sees whole modules only.
GUARDED_NAMES = {
    "SealedBox": ("slots.py and keys.py alone seal and open", "protocol/slots.py", "protocol/keys.py"),
    "crypto_box_seal": ("slots.py alone seals", "protocol/slots.py"),
    "crypto_box_seal_open": ("slots.py alone opens", "protocol/slots.py"),
    "encapsulate": ("slots.py alone seals", "protocol/slots.py"),
    "decapsulate": ("slots.py alone opens", "protocol/slots.py"),
    "mlkem": (
        "slots and their keys alone use ML-KEM",
        "protocol/slots.py",
        "protocol/keys.py",
    ),
    "MLKEM768PublicKey": ("as mlkem", "protocol/keys.py"),
    "MLKEM768PrivateKey": ("as mlkem", "protocol/keys.py"),
    "secret_scalar": ("slots.py opens with it", "protocol/slots.py", "protocol/keys.py"),
    "secret_bytes": (
        "vault and root store it, a receipt's derives keys",
        "protocol/",
        "console/vault",
        "root/folder.py",
    ),
    "secret_text": ("a vault stores it", "protocol/keys.py", "console/vault"),
    "sqlite3": ("SQL belongs to the shelf and to a console's ledger", "shelf/", "console/"),
    "pickle": ("untrusted bytes become objects in the protocol's parsers only",),
}

#: Which files may make a secret key out of stored or new bytes. A source's is derived from its receipt instead.
MAY_LOAD = {
    "Identity": ("protocol/keys.py", "console/vault"),
    "Signer": ("protocol/signing.py", "console/vault", "root/folder.py"),
    "Lockbox": ("protocol/lockbox.py", "console/vault", "root/folder.py"),
}
LOADING = ("{}", "{}.parse", "{}.generate", "{}.open", "{}.new")


def lint_imports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the package in ``folder``."""
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Give every module of the package: its path in it, and its syntax tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text())


def names(tree: ast.AST) -> Iterator[str]:
    """Give every name, attribute and imported part that a piece of code speaks of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield from node.name.split(".")
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")


def guarded_uses(path: str, tree: ast.AST) -> list[str]:
    """Return a sentence for every guarded name that this module must not speak of."""
    return [
        f"{path} speaks of {name}, but {GUARDED_NAMES[name][0]}"
        for name in sorted(set(names(tree)) & GUARDED_NAMES.keys())
        if not path.startswith(GUARDED_NAMES[name][1:])
    ]


def secrets_loaded(path: str, tree: ast.AST) -> list[str]:
    """Return the line of every call that loads or makes a secret key where none may be."""
    calls = [(node.lineno, ast.unparse(node.func)) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        f"{path}:{line} {called}"
        for line, called in calls
        for secret, files in MAY_LOAD.items()
        if not path.startswith(files) and any(f".{called}".endswith(f".{form.format(secret)}") for form in LOADING)
    ]


def test_contracts_are_kept() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


def test_every_contract_has_a_breach() -> None:
    assert set(BREACHES) == set(CONTRACTS)


@pytest.mark.parametrize("contract", BREACHES)
def test_a_forbidden_import_is_caught(contract: str, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "whistle", ignore=shutil.ignore_patterns("__pycache__", "*.html", "*.css"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path, line = BREACHES[contract]
    module = tmp_path / "whistle" / path
    module.write_text(f"{module.read_text()}\n{line}\n")

    result = lint_imports(tmp_path, "--contract", contract)

    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{CONTRACTS[contract]} BROKEN" in result.stdout


def test_guarded_names_stay_in_their_files() -> None:
    assert [use for path, tree in modules() for use in guarded_uses(path, tree)] == []


@pytest.mark.parametrize(
    "code", ["box.crypto_box_seal_open(a, b)", "from nacl.public import SealedBox", "x.secret_text()"]
)
def test_a_guarded_name_elsewhere_is_caught(code: str) -> None:
    assert guarded_uses("intake/pages.py", ast.parse(code)) != []


def test_only_vault_and_root_load_a_secret_key() -> None:
    assert [call for path, tree in modules() for call in secrets_loaded(path, tree)] == []


@pytest.mark.parametrize(
    "call",
    ["Identity(stored)", "keys.Identity(stored)", "Identity.parse(text)", "keys.Identity.generate()", "Signer(seed)"],
)
def test_a_secret_key_loaded_elsewhere_is_caught(call: str) -> None:
    assert secrets_loaded("console/sync.py", ast.parse(call)) != []
    assert secrets_loaded("console/vault.py", ast.parse(call)) == []


def test_deriving_the_keys_of_a_source_is_no_loading() -> None:
    assert secrets_loaded("protocol/thread.py", ast.parse("Identity.derive(scalar, seed)")) == []
