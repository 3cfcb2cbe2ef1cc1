"""README and CONTRIBUTING against the files that they tell of."""
import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
README = (TOP / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
RUN = (TOP / "tests/run.sh").read_text(encoding="utf-8")


def test_the_list_of_classes_is_the_pages():
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", README.partition("<!-- classes -->")[2], re.M))
    pages = {}
    for path in TOP.glob("man/hangs/*.7"):
        code, title = re.search(r"^subint-doctor-([a-z-]+) \\- (.+)$", path.read_text(encoding="utf-8"), re.M).groups()
        pages[code] = title.replace("\\-", "-")
    assert listed == pages


def test_the_first_screen_installs_asks_and_answers():
    screen = "\n".join(README.splitlines()[:60])
    for word in ("cmake --install", "pgrep -a python", "sudo subint-doctor attach", "Not read:"):
        assert word in screen


def test_the_two_commands_are_there():
    for command in ("fixtures/demo.sh", "tests/run.sh"):
        assert f"    {command} " in README
        assert (TOP / command).stat().st_mode & 0o111


def test_contributing_names_every_step_of_the_test_run():
    steps = re.search(r"^all=\((.*)\)$", RUN, re.M).group(1).split()
    table = "".join(re.findall(r"^\| (`.+`) \|", CONTRIBUTING.partition("| step |")[2], re.M))
    assert re.findall(r"`(\w+)`", table) and set(re.findall(r"`(\w+)`", table)) == set(steps)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_files_that_it_names_exist(name):
    text = (TOP / name).read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w/.])((?:src|tests|fixtures|man|include)/[\w./-]*\w)(?![\w*{<])", text))
    made_up = {path for path in named if "my_hang" in path or not path.strip("/")}
    assert [path for path in sorted(named - made_up) if not (TOP / path).exists()] == []


def test_links_lead_somewhere():
    for text in (README, CONTRIBUTING):
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (TOP / target).exists(), target
