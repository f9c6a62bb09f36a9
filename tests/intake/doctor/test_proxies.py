from pathlib import Path

import pytest

from tests.intake.doctor.conftest import codes
from whistle.intake.doctor import proxies
from whistle.intake.doctor.machine import Machine

APACHE = "etc/apache2/sites-enabled/whistle.conf"
OURS = ("127.0.0.1:8000",)
HEALTHY = {
    APACHE: """
<VirtualHost *:443>
    # CustomLog ${APACHE_LOG_DIR}/access.log combined
    ProxyPreserveHost On
    ProxyPass / http://127.0.0.1:8000/
    CustomLog /dev/null common
</VirtualHost>
""",
    "etc/haproxy/haproxy.cfg": """
defaults
    mode http
backend whistle
    server one 127.0.0.1:8000
""",
    "etc/caddy/Caddyfile": """
report.example.org {
    reverse_proxy 127.0.0.1:8000
}
""",
}
BROKEN = [
    (APACHE, "ProxyPass", "SetEnv proxy-sendcl 1\nProxyPass", "proxy-stores-bodies"),
    (APACHE, "ProxyPass /", "SecRequestBodyAccess On\nProxyPass /", "proxy-stores-bodies"),
    (APACHE, "ProxyPass /", "CacheEnable disk /\nProxyPass /", "proxy-caches"),
    (APACHE, "ProxyPreserveHost On", "", "proxy-host"),
    (APACHE, "ProxyPass /", "SetOutputFilter DEFLATE\nProxyPass /", "proxy-compresses"),
    (APACHE, "# CustomLog", "CustomLog", "access-log-on"),
    ("etc/haproxy/haproxy.cfg", "mode http", "mode http\n    log /dev/log local0", "access-log-on"),
    ("etc/haproxy/haproxy.cfg", "mode http", "option httplog", "access-log-on"),
    ("etc/haproxy/haproxy.cfg", "mode http", "compression algo gzip", "proxy-compresses"),
    ("etc/caddy/Caddyfile", "reverse", "log {\n output file /var/log/caddy/us.log\n}\nreverse", "access-log-on"),
    ("etc/caddy/Caddyfile", "reverse", "encode zstd gzip\n    reverse", "proxy-compresses"),
]  # fmt: skip


def machine(root: Path, name: str, text: str) -> Machine:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Machine(root)


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_proxy_is_left_in_peace(tmp_path: Path, name: str) -> None:
    examined = machine(tmp_path, name, HEALTHY[name])
    assert len(list(proxies.fronts(examined, OURS))) == 1
    assert codes(proxies.examine(examined, OURS)) == set()
    assert list(proxies.logs(examined, OURS)) == []


@pytest.mark.parametrize(("name", "line", "other", "code"), BROKEN)
def test_one_line_that_is_wrong(tmp_path: Path, name: str, line: str, other: str, code: str) -> None:
    assert line in HEALTHY[name]
    examined = machine(tmp_path, name, HEALTHY[name].replace(line, other, 1))
    assert codes(proxies.examine(examined, OURS)) == {code}


@pytest.mark.parametrize("name", HEALTHY)
def test_another_site_is_nobody_s_business(tmp_path: Path, name: str) -> None:
    examined = machine(tmp_path, name, HEALTHY[name].replace(":8000", ":80001") + "\nlog x\nCustomLog /a b\n")
    assert codes(proxies.examine(examined, OURS)) == set()


def test_the_logs_that_are_named_are_found(tmp_path: Path) -> None:
    machine(
        tmp_path, "etc/caddy/Caddyfile", "x {\n reverse_proxy 127.0.0.1:8000\n log {\n output file /srv/c.log\n}\n}"
    )
    text = HEALTHY[APACHE].replace("# Custom", "Custom")
    examined = machine(tmp_path, "etc/apache2/sites-enabled/a", text)
    assert set(proxies.logs(examined, OURS)) == {Path("/srv/c.log"), Path("/var/log/apache2/access.log")}
