"""A hang class is four files of one name: rule, fixture, test, page."""
import json
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
SLUGS = sorted(path.stem for path in TOP.glob("src/diagnose/rules/*.cc"))
PAGES = sorted([*TOP.glob("man/*.[0-9]"), *TOP.glob("man/hangs/*.7")])

# What `subint-doctor explain` can show: the macros of its renderer.
MACROS = {"TH", "SH", "PP", "TP", "IP", "B", "I", "BR", "IR", "nf", "fi", "RS", "RE"}
ESCAPES = re.compile(r"\\(?!f[BIRP]|-|\(em|\(aq|e|&|$)")
SECTIONS = ["NAME", "SYMPTOM", "MECHANISM", "HOW WE KNOW", "WHAT TO DO", "SEE ALSO"]


def short(path):
    return str(path.relative_to(TOP))


def test_the_first_classes_are_there():
    assert len(SLUGS) >= 12


@pytest.mark.parametrize("slug", SLUGS)
def test_four_files(slug):
    for path in (f"fixtures/{slug}/program.py", f"fixtures/{slug}/expect.json", f"tests/rules/{slug}_test.cc",
                 f"man/hangs/{slug}.7"):
        assert (TOP / path).is_file(), path


@pytest.mark.parametrize("slug", SLUGS)
def test_code_is_the_file_name(slug):
    text = (TOP / f"src/diagnose/rules/{slug}.cc").read_text(encoding="utf-8")
    assert f'const Rule {slug}{{"{slug.replace("_", "-")}"' in re.sub(r"\s*\n\s*", "", text)


@pytest.mark.parametrize("slug", SLUGS)
def test_some_variant_expects_the_class(slug):
    expected = json.loads((TOP / f"fixtures/{slug}/expect.json").read_text(encoding="utf-8"))
    assert any(slug.replace("_", "-") in variant.get("findings", []) for variant in expected["variants"])


def test_every_class_has_a_healthy_look_alike():
    absent = set()
    for path in TOP.glob("fixtures/healthy_*/expect.json"):
        for variant in json.loads(path.read_text(encoding="utf-8"))["variants"]:
            absent |= set(variant.get("absent", []))
    codes = {slug.replace("_", "-") for slug in SLUGS} - {"event-loop-idle"}  # a note: healthy loops may have it
    assert codes <= absent


@pytest.mark.parametrize("slug", SLUGS)
def test_a_cause_that_is_cited_exists(slug):
    text = (TOP / f"src/diagnose/rules/{slug}.cc").read_text(encoding="utf-8")
    cited = re.findall(r"symptom_of\b[^;]*;", text)
    codes = {code for statement in cited for code in re.findall(r'"([^"]*)"', statement)}
    assert codes <= {other.replace("_", "-") for other in SLUGS}
    assert bool(codes) == ("symptom_of" in text)  # written out where the finding is made, so that this can read them


def test_no_page_without_a_rule():
    assert {path.stem for path in TOP.glob("man/hangs/*.7")} == {*SLUGS, "no_hang_found"}  # what no rule says


@pytest.mark.parametrize("slug", SLUGS)
def test_page_has_its_sections(slug):
    page = (TOP / f"man/hangs/{slug}.7").read_text(encoding="utf-8")
    code = slug.replace("_", "-")
    assert re.findall(r"^\.SH (.+)$", page, re.M) == SECTIONS
    assert page.startswith(f".TH SUBINT-DOCTOR-{code.upper()} 7")
    assert f"\n.SH NAME\nsubint-doctor-{code} \\- " in page


@pytest.mark.parametrize("slug", SLUGS)
def test_page_points_at_pages_that_exist(slug):
    page = (TOP / f"man/hangs/{slug}.7").read_text(encoding="utf-8")
    named = set(re.findall(r"subint-doctor-([a-z-]+) \(7\)", page))
    assert {name.replace("-", "_") for name in named} <= set(SLUGS)


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_page_is_clean_roff(path):
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, text=True, timeout=60)
    assert (lint.returncode, lint.stdout) == (0, "")


@pytest.mark.parametrize("path", sorted(TOP.glob("man/hangs/*.7")), ids=short)
def test_page_uses_what_explain_can_show(path):
    page = path.read_text(encoding="utf-8")
    assert set(re.findall(r"^[.'](\w+)", page, re.M)) <= MACROS
    assert not ESCAPES.search(page)
    assert ')PAGE"' not in page  # it becomes a raw string of that name
