#!/usr/bin/env python3
"""The HTML report as Chromium shows it, opened from disk: headings, charts with data, no error, no
request that leaves the file, at two widths, in light and dark, and on paper.

    tests/e2e/report_page_test.py BIN_DIRECTORY REPORT_PAGES [SHARED_DATA]

Pages are made by REPORT_PAGES of made-up sweeps, and by `wattfleet run` of the recordings of MMLU-Pro
where they are on this disk (SHARED_DATA, else what WF_SHARED_DATA says). Where WF_SCREENSHOTS names a
folder, what was seen is kept in it. Ends with 77 where there is no Chromium.
"""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
except ImportError:
    webdriver = None

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.argv[1]).resolve()
REPORT_PAGES = pathlib.Path(sys.argv[2]).resolve()
SHARED = pathlib.Path(os.environ.get("WF_SHARED_DATA")
                      or (sys.argv[3] if len(sys.argv) > 3 else ROOT / "../shared/data")).resolve()
CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
WIDE, NARROW = 1280, 420

SECTIONS = ["Every pair", "Accuracy against power", "Coverage by subject", "Together",
            "Cloud and local side by side", "Energy and latency of single results", "Routing", "Trend",
            "Difficulty", "Data quality", "Provenance", "How to read this"]
FIRST_PAGE = ["What it found", "Wrong or missing"]


def open_browser(profile):
    options = Options()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(service=Service(DRIVER), options=options)


class Page:
    """One report, opened."""

    def __init__(self, browser, path, width=WIDE, scheme="light"):
        self.browser = browser
        self.url = path.as_uri()
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.resize(width, 900)
        browser.get_log("performance")
        browser.get_log("browser")
        browser.get(self.url)

    def resize(self, width, height):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def ask(self, script):
        return self.browser.execute_script(f"return {script}")

    def texts(self, selector):
        return self.ask(f"[...document.querySelectorAll('{selector}')].map(e => e.textContent)")

    def console(self):
        return self.browser.get_log("browser")

    def requests(self):
        messages = [json.loads(entry["message"])["message"]
                    for entry in self.browser.get_log("performance")]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]

    def shoot(self, name):
        folder = os.environ.get("WF_SCREENSHOTS")
        if not folder:
            return
        height = self.ask("document.documentElement.scrollHeight")
        shot = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": {
            "x": 0, "y": 0, "width": self.ask("innerWidth"), "height": min(height, 16_000), "scale": 1}})
        pathlib.Path(folder, f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


# Charts whose drawing is empty, has a part that is no number, or that reach out of the window.
BROKEN_CHARTS = """[...document.querySelectorAll('figure[data-chart]')].filter(figure => {
  const svg = figure.querySelector(':scope > div > svg');
  if (!svg) return figure.querySelectorAll('tbody td').length === 0;
  const marks = svg.querySelectorAll('rect, circle, path.line, path.area');
  return marks.length === 0 || Number(figure.dataset.points) <= 0
    || /NaN|undefined|Infinity/.test(svg.outerHTML) || svg.getBoundingClientRect().right > innerWidth + 1
    || !svg.getAttribute('aria-label');
}).map(figure => figure.dataset.chart)"""


class ReportPageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="wattfleet-page-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        subprocess.run([REPORT_PAGES, cls.folder], check=True, timeout=120)
        cls.browser = open_browser(cls.folder / "profile")
        cls.addClassCleanup(cls.browser.quit)

    def open(self, name, width=WIDE, scheme="light"):
        page = Page(self.browser, self.folder / f"{name}.html", width, scheme)
        self.assertEqual(page.ask("document.documentElement.dataset.ready"), "true", page.console())
        return page

    def expect_sound(self, page):
        """What holds of every page, whatever is in it."""
        self.assertEqual(page.console(), [])
        self.assertEqual(set(page.requests()), {page.url})
        self.assertEqual(page.ask(BROKEN_CHARTS), [])
        self.assertEqual(page.ask("document.querySelectorAll('h1').length"), 1)
        levels = page.ask("[...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))")
        self.assertTrue(all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels)
        self.assertEqual(page.ask("document.documentElement.scrollWidth > innerWidth"), False)
        self.assertEqual(page.ask("document.querySelectorAll('[id]').length"),
                         page.ask("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"))

    def test_a_full_report_has_every_section_with_its_chart_at_both_widths_in_light_and_dark(self):
        for width in (WIDE, NARROW):
            for scheme in ("light", "dark"):
                with self.subTest(width=width, scheme=scheme):
                    page = self.open("full", width, scheme)
                    self.expect_sound(page)
                    self.assertEqual(page.texts("h2"), FIRST_PAGE + SECTIONS)
                    charts = page.ask("[...document.querySelectorAll('figure')].map(f => f.dataset.chart)")
                    for chart in ("What became of every query", "isolated, energy class host", "By subject",
                                  "best-of-local", "Intelligence per watt and per joule", "Energy of a result",
                                  "Time to the last token", "What a router saves", "Coverage by release",
                                  "Queries by difficulty", "Where the measured energy went"):
                        self.assertIn(chart, charts)
                    page.shoot(f"full-{width}-{scheme}")

    def test_dark_is_dark_and_light_is_light(self):
        def brightness(scheme):
            color = self.open("full", WIDE, scheme).ask("getComputedStyle(document.body).backgroundColor")
            return sum(int(part) for part in re.findall(r"\d+", color)[:3])
        self.assertGreater(brightness("light"), 700)
        self.assertLess(brightness("dark"), 150)

    def test_the_values_of_every_drawn_chart_stand_on_the_page_without_a_mouse(self):
        page = self.open("full")
        silent = page.ask("""[...document.querySelectorAll('figure[data-chart]')].filter(figure =>
            !figure.querySelector('table') && !/\\d/.test(figure.querySelector('svg').textContent))
            .map(figure => figure.dataset.chart)""")
        self.assertEqual(silent, [])

    def test_the_front_is_made_of_measured_pairs_that_no_other_beats(self):
        page = self.open("full")
        self.assertEqual(page.ask("wf.paretoFront([{power: 3, accuracy: .5}, {power: 1, accuracy: .2}, "
                                  "{power: 2, accuracy: .6}]).map(p => p.power)"), [1, 2])
        shown = page.texts("#power svg text")
        self.assertFalse([text for text in shown if "frontier-api" in text])
        self.assertIn("its machines are not ours to measure", " ".join(page.texts("#power .absent")))

    def test_what_others_wrote_is_text_and_never_markup_or_script(self):
        page = self.open("hostile")
        self.expect_sound(page)
        self.assertIsNone(page.ask("window.broken === undefined ? null : window.broken"))
        self.assertEqual(page.ask("document.querySelectorAll('img, b, iframe, link').length"), 0)
        self.assertIn("</script><script>window.broken = 1</script>", page.texts("h1")[0])
        page.shoot("hostile")

    def test_a_script_that_got_in_would_not_run(self):
        page = self.open("full")
        page.ask("(() => { const s = document.createElement('script'); s.textContent = 'window.broken = 3';"
                 "document.body.append(s); })()")
        self.assertIsNone(page.ask("window.broken === undefined ? null : window.broken"))
        self.assertTrue(any("Content Security Policy" in entry["message"] for entry in page.console()))

    def test_an_empty_sweep_says_so(self):
        page = self.open("empty")
        self.expect_sound(page)
        self.assertEqual(page.texts("h2"), FIRST_PAGE + ["Data quality", "Provenance", "How to read this"])
        self.assertIn("The sweep has no pair yet.", page.texts(".wrong li"))
        page.shoot("empty")

    def test_a_half_done_sweep_is_provisional_and_shows_its_bounds(self):
        page = self.open("half")
        self.expect_sound(page)
        self.assertEqual(page.texts("h2"), FIRST_PAGE + SECTIONS)
        self.assertIn("provisional", page.texts(".badge")[0])
        missing = " ".join(page.texts(".wrong li"))
        self.assertIn("every figure is provisional", missing)
        self.assertIn("400 of 600 results open", missing)
        page.shoot("half")

    def test_on_paper_it_is_light_and_nothing_is_cut_off(self):
        page = self.open("full", WIDE, "dark")
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        self.addCleanup(page.browser.execute_cdp_cmd, "Emulation.setEmulatedMedia", {"media": ""})
        self.assertEqual(page.ask("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
        self.assertEqual(page.ask("getComputedStyle(document.querySelector('nav')).display"), "none")
        page.resize(718, 1000)  # A4 less its margins
        page.ask("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(page.ask(BROKEN_CHARTS), [])
        pdf = base64.b64decode(page.browser.execute_cdp_cmd("Page.printToPDF", {
            "printBackground": True, "preferCSSPageSize": True})["data"])
        self.assertTrue(pdf.startswith(b"%PDF"))

    def test_without_scripts_the_report_stands_there_as_text(self):
        text = (self.folder / "full.html").read_text()
        shown = re.search(r"<noscript><pre>(.*?)</pre></noscript>", text, re.S).group(1)
        self.assertIn("sweep office-fleet-november: complete_with_gaps", shown)

    def test_the_file_names_no_address_to_fetch_from(self):
        text = (self.folder / "full.html").read_text()
        self.assertEqual(re.findall(r'<(?:script|link|img|iframe)[^>]*\s(?:src|href)=', text), [])
        self.assertIn("default-src &#39;none&#39;".replace("&#39;", "'"), text)
        self.assertIn("Copyright 2010-2022 Mike Bostock", text)

    def test_the_recordings_of_mmlu_pro(self):
        if not (SHARED / "mmlu-pro" / "expected.json").exists():
            self.skipTest(f"{SHARED}/mmlu-pro is not on this disk")
        data = self.folder / "data"
        environment = {**os.environ, "WF_SHARED_DATA": str(SHARED)}
        subprocess.run([BIN / "wattfleet", "run", ROOT / "deploy/examples/mmlu-pro-replay.yaml", "--data", data],
                       env=environment, check=True, capture_output=True, timeout=500)
        subprocess.run([BIN / "wattfleet", "report", "mmlu-pro-replay", "--data", data, "--format", "html",
                        "-o", self.folder / "replay.html"], check=True, timeout=100)
        for width in (WIDE, NARROW):
            for scheme in ("light", "dark"):
                with self.subTest(width=width, scheme=scheme):
                    page = self.open("replay", width, scheme)
                    self.expect_sound(page)
                    self.assertEqual(page.texts("h2"), FIRST_PAGE + SECTIONS)
                    self.assertIn("gemini-1.5-pro-002", page.texts(".found li")[0])
                    self.assertIn("recorded answers: no model ran here", " ".join(page.texts("#power .absent")))
                    self.assertEqual(page.ask("document.querySelectorAll('#power figure').length"), 0)
                    self.assertEqual(len(page.texts("#pairs table:first-of-type tbody tr th[scope=row]")[:8]), 8)
                    page.shoot(f"replay-{width}-{scheme}")


if __name__ == "__main__":
    if webdriver is None or CHROMIUM is None or DRIVER is None:
        print("skipped: needs chromium, chromium-driver and python3-selenium (deploy/scripts/setup.sh --with-browser)")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
