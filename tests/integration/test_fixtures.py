"""Every row of every fixtures/*/expect.json, on every Python that it names."""
import pytest
from patient import variants
from tool import attach, codes

CASES = [(variant, python) for variant in variants() for python in variant.pythons]


@pytest.mark.parametrize(("variant", "python"), CASES, ids=[f"{v}-{p}" for v, p in CASES])
def test_the_report_says_what_the_fixture_expects(variant, python):
    with variant.patient(python) as patient:
        report = attach(patient.pid)
        found = codes(report)
        assert set(variant.findings) <= set(found), report["verdict"]
        if variant.verdict:
            assert report["verdict"]["code"] in variant.verdict, report["verdict"]["sentence"]
        allowed = {*variant.findings, *variant.verdict}
        unwanted = set(found) - allowed if "*" in variant.absent else set(found) & set(variant.absent)
        assert not unwanted, [f for f in report["findings"] if f["code"] in unwanted]
        running = {thread["tid"] for thread in report["threads"] if thread["os_state"] == "R"}
        assert set(report["timing"]["stopped_tids"]) <= running, "a sleeping thread was stopped"
