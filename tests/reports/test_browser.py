"""The report in a real browser: silent, asking for nothing, and never wider than its screen."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import outcomes as oc

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
)  # fmt: skip
MEASURE = """<iframe id="page" src="{page}" width="{width}" height="900" style="border:0"></iframe>
<script>
document.getElementById("page").onload = event => {{
  const root = event.target.contentDocument.documentElement;
  document.title = `${{root.scrollWidth}} of ${{root.clientWidth}}`;
}};
</script>"""


def browse(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    profile = page.parent / "profile"
    return subprocess.run(
        [str(CHROMIUM), *QUIET, f"--user-data-dir={profile}", *options, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def page(sample_cohort, tmp_path_factory):
    report = oc.build_report(sample_cohort, quarter="2026Q2", report_date="2026-10-05")
    return oc.write_html(report, tmp_path_factory.mktemp("browser") / "report.html")


def console_of(page: Path) -> list[str]:
    done = browse(page, "--enable-logging=stderr", "--dump-dom")
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_the_console_stays_silent(page):
    assert console_of(page) == []


def test_a_planted_script_and_image_are_blocked_and_heard(page):
    planted = page.with_name("planted.html")
    text = page.read_text(encoding="utf-8")
    evil = '<script>document.title = "run"</script><img src="https://example.org/x.png" alt="">'
    planted.write_text(text.replace("</main>", f"{evil}</main>"), encoding="utf-8")
    assert len(console_of(planted)) >= 2


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_the_page_never_scrolls_sideways(page, width):
    frame = page.with_name(f"frame{width}.html")
    frame.write_text(MEASURE.format(page=page.name, width=width), encoding="utf-8")
    dom = browse(frame, "--allow-file-access-from-files", "--virtual-time-budget=5000", "--dump-dom").stdout
    measured = re.search(r"<title>(\d+) of (\d+)</title>", dom)
    assert measured, "the page was measured"
    needed, offered = map(int, measured.groups())
    assert needed <= offered <= width


def test_the_page_prints_too_though_the_pdf_is_made_for_paper(page):
    target = page.with_name("report.pdf")
    browse(page, f"--print-to-pdf={target}", "--no-pdf-header-footer")
    pages = len(re.findall(rb"/Type\s*/Page\b", target.read_bytes()))
    assert 8 <= pages <= 26
