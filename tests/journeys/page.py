"""A source in the page, without the page: the browser's own code, run by Node over real HTTP."""

import json
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any, Self

from tests.corpus import Report
from tests.journeys.instance import NUMBERS, ROOT

_DRIVER = ROOT / "browser" / "test" / "driver.mjs"


class PageSource:
    """``browser/test/driver.mjs`` explains the jobs."""

    def __init__(self, address: str, folder: Path) -> None:
        self._folder = folder
        self._node = subprocess.Popen(
            ["node", str(_DRIVER), address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.close()
        self._node.stdout.close()
        assert self._node.wait(60) == 0

    def report(self, report: Report) -> str:
        """Send a whole report, and return its receipt."""
        told = self._do(
            "report",
            text=report.text,
            language=report.language,
            excluded=[NUMBERS[who] for who in report.excludes],
            contact=report.contact,
            files=[
                {"name": attachment.name, "path": self._written(f"{report.slug}-{number}", attachment.content)}
                for number, attachment in enumerate(report.attachments)
            ],
        )
        receipt: str = told["receipt"]
        assert told["message"] == 1
        return receipt

    def visit(self, receipt: str) -> dict[str, Any]:
        return self._do("visit", receipt=receipt)

    def replies(self, receipt: str) -> list[tuple[str, str, list[tuple[str, bytes]]]]:
        """Return author, text and files of every reply, the newest first; each must be beyond doubt."""
        visit = self.visit(receipt)
        assert visit["problems"] == []
        assert not any(reply["doubt"] for reply in visit["replies"])
        return [
            (reply["author"], reply["text"], [(file["name"], b64decode(file["bytes"])) for file in reply["files"]])
            for reply in visit["replies"]
        ]

    def follow_up(self, receipt: str, report: Report) -> dict[str, Any]:
        return self._do("follow-up", receipt=receipt, text=report.follow_up, language=report.language)

    def withdraw(self, receipt: str, report: Report) -> dict[str, Any]:
        return self._do("withdraw", receipt=receipt, language=report.language)

    def refused(self, what: str, **job: object) -> str:
        """Do a job that must fail, and return the name of its error."""
        name: str = self._answered(what, job)["error"]
        return name

    def _do(self, what: str, **job: object) -> dict[str, Any]:
        answer = self._answered(what, job)
        assert "error" not in answer, answer
        return answer

    def _answered(self, what: str, job: dict[str, object]) -> dict[str, Any]:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({"do": what, **job}) + "\n")
        self._node.stdin.flush()
        answer: dict[str, Any] = json.loads(self._node.stdout.readline())
        return answer

    def _written(self, name: str, content: bytes) -> str:
        path = self._folder / name
        path.write_bytes(content)
        return str(path)
