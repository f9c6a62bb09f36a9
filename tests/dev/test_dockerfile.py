"""The Dockerfile: it is read as an engine reads it, and the intake's image is told apart from the console's."""

from pathlib import Path

import pytest

from dev.dockerfile import DockerfileError, Ignore, Stage, Step, parse

ROOT = Path(__file__).parent.parent.parent


def stages() -> dict[str, Stage]:
    return {stage.name: stage for stage in parse((ROOT / "Dockerfile").read_text())}


def test_lines_are_joined_and_comments_left_out() -> None:
    text = '# a\nFROM x AS y\nRUN one \\\n  # between\n  && two\n\nCMD ["a", "b c"]\n'
    (stage,) = parse(text)
    assert (stage.name, stage.base) == ("y", "x")
    assert [step.instruction for step in stage.steps] == ["RUN", "CMD"]
    assert stage.steps[0].argument.split() == ["one", "&&", "two"]
    assert stage.steps[1].exec_form == ["a", "b c"]


@pytest.mark.parametrize("text", ["FROM x", "RUN early", "FROM x AS y\nADD a b", "FROM x AS y\nHEALTHCHECK NONE"])
def test_what_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(DockerfileError):
        parse(text)


@pytest.mark.parametrize(
    "step", [Step("COPY", "--link a b"), Step("COPY", "--from=x --chown=1 a b"), Step("RUN", "--from=x a")]
)
def test_options_are_refused(step: Step) -> None:
    with pytest.raises(DockerfileError):
        _ = step.words


def test_what_another_stage_made_can_be_copied() -> None:
    step = Step("COPY", "--from=code /build/code code")
    assert (step.origin, step.words) == ("code", ["/build/code", "code"])
    assert Step("COPY", "a b").origin is None


def test_shell_form_of_a_command_is_refused() -> None:
    with pytest.raises(DockerfileError):
        _ = Step("CMD", "gunicorn -c x").exec_form


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        ("instance/keys/root.secret", True),
        (".git/config", True),
        ("config/notes.txt", True),
        ("config/whistle.toml", True),
        ("config/image.toml", False),
        ("config/questionnaires/story.toml", False),
        ("whistle/cli/__init__.py", False),
        ("whistle/cli/__pycache__/a.pyc", True),
        ("whistle/static/intake/site.css", False),
        ("whistle/static/intake/code/pages.js", True),
        ("browser/src/pages/index.ts", False),
        ("browser/node_modules/esbuild/package.json", True),
        ("browser/build/pages.js", True),
        ("requirements.txt", False),
        ("requirements-dev.txt", True),
    ],
)
def test_only_what_is_needed_reaches_the_build(path: str, hidden: bool) -> None:  # noqa: FBT001 - from the table above
    assert Ignore.read(ROOT / ".dockerignore").hides(path) is hidden


def test_the_intake_is_built_without_console_and_root() -> None:
    image = stages()
    sources = [word for name in ("base", "intake") for step in image[name].steps for word in copied(step)]
    forbidden = ("whistle/console", "whistle/root", "whistle/cli/console", "whistle/cli/root")
    assert not [source for source in sources if source.startswith(forbidden)]
    assert not {"whistle", "whistle/", ".", "whistle/cli", "whistle/templates", "whistle/static"} & set(sources)


@pytest.mark.parametrize("name", ["intake", "console"])
def test_images_run_as_an_unprivileged_user(name: str) -> None:
    assert [step.argument for step in stages()[name].steps if step.instruction == "USER"] == ["whistle"]


def test_every_copied_path_exists() -> None:
    sources = [word for stage in stages().values() for step in stage.steps for word in copied(step)]
    assert [source for source in sources if not list(ROOT.glob(source))] == []


def copied(step: Step) -> list[str]:
    return step.words[:-1] if step.instruction == "COPY" and step.origin is None else []
