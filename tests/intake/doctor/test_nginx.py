"""The sample in config/ is what a healthy nginx looks like; each test breaks one thing in it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.browsing import ROOT
from tests.intake.doctor.conftest import codes
from whistle.intake.doctor import nginx
from whistle.intake.doctor.machine import Machine

SAMPLE = (ROOT / "config" / "nginx.conf").read_text()
#: As Debian has it.
MAIN = """user www-data;
error_log /var/log/nginx/error.log; # with addresses
events { worker_connections 768; }
http {
    log_format full '$remote_addr "$request" {';
    access_log /var/log/nginx/access.log full;
    gzip on;
    include /etc/nginx/conf.d/*.conf;
    include sites-enabled/*;
}
"""
OURS = ("127.0.0.1:8000", "localhost:8000")


def machine(root: Path, site: str = SAMPLE, main: str = MAIN) -> Machine:
    for name, text in (("nginx.conf", main), ("sites-enabled/whistle", site)):
        path = root / "etc/nginx" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Machine(root)


def look(root: Path, site: str = SAMPLE, main: str = MAIN) -> set[str]:
    return codes(nginx.examine(machine(root, site, main), OURS))


def test_the_sample_is_left_in_peace(tmp_path: Path) -> None:
    assert look(tmp_path) == set()
    assert list(nginx.logs(Machine(tmp_path), OURS)) == []
    assert len(list(nginx.places(Machine(tmp_path), OURS))) == 1


@pytest.mark.parametrize(
    ("line", "other", "code"),
    [
        ("proxy_request_buffering off;", "", "proxy-stores-bodies"),
        ("proxy_request_buffering off;", "proxy_request_buffering on;", "proxy-stores-bodies"),
        ("proxy_request_buffering off;", "# proxy_request_buffering off;", "proxy-stores-bodies"),
        ("proxy_buffering off;", "", "proxy-stores-answers"),
        ("proxy_cache off;", "proxy_cache pages;", "proxy-caches"),
        ("proxy_cache off;", "proxy_store on;", "proxy-caches"),
        ("proxy_cache off;", "client_body_in_file_only clean;", "proxy-keeps-bodies"),
        ("proxy_set_header Host $http_host;", "", "proxy-host"),
        ("proxy_set_header Host $http_host;", "proxy_set_header Host $proxy_host;", "proxy-host"),
        ("gzip off;", "", "proxy-compresses"),
        ("access_log off;", "", "access-log-on"),
        ("error_log /dev/null crit;", "", "error-log-on"),
    ],
)
def test_one_line_that_is_missing_or_wrong(tmp_path: Path, line: str, other: str, code: str) -> None:
    assert line in SAMPLE
    assert look(tmp_path, SAMPLE.replace(line, other, 1)) == {code}


def test_a_setting_inside_wins_over_one_around_it(tmp_path: Path) -> None:
    inside = SAMPLE.replace("proxy_pass", "access_log /srv/mine.log;\n proxy_pass")
    assert look(tmp_path, inside) == {"access-log-on"}
    assert list(nginx.logs(Machine(tmp_path), OURS)) == [Path("/srv/mine.log")]


def test_what_is_left_alone_goes_to_the_usual_log(tmp_path: Path) -> None:
    bare = "server { location / { proxy_pass http://127.0.0.1:8000; } }"
    assert look(tmp_path, bare, "http { include sites-enabled/*; }") == {
        "proxy-stores-bodies", "proxy-stores-answers", "proxy-host", "access-log-on", "error-log-on",
    }  # fmt: skip
    assert list(nginx.logs(Machine(tmp_path), OURS)) == [Path("/var/log/nginx/access.log")]


def test_the_way_over_an_upstream_is_followed(tmp_path: Path) -> None:
    upstream = 'upstream "whistle" { server localhost:8000; }\n'
    site = SAMPLE.replace("http://127.0.0.1:8000", "http://whistle/").replace("gzip off;", "")
    assert look(tmp_path, upstream + site) == {"proxy-compresses"}


def test_another_site_is_nobody_s_business(tmp_path: Path) -> None:
    other = (
        "server { location / { proxy_pass http://127.0.0.1:80001; } location /a { proxy_pass http://127.0.0.1:3; } }"
    )
    assert look(tmp_path, SAMPLE + other) == set()
    assert look(tmp_path, other) == set()


def test_files_that_include_each_other_come_to_an_end(tmp_path: Path) -> None:
    assert look(tmp_path, "include sites-enabled/whistle;\n" + SAMPLE) == set()


@given(st.text(alphabet="ab {};\"#'\\\n$", max_size=60))
def test_any_text_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    look(tmp_path_factory.mktemp("nginx"), text, text)
