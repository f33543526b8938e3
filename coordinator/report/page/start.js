// Puts the page together.
"use strict";

(function () {
  const {el, count} = wf;
  const report = JSON.parse(document.getElementById("report").textContent);
  wf.labelPairs(report.pairs);

  // No line ends between a number and its unit.
  const unbroken = (text) => text.replace(/(\d) (%|J|W|points)/g, "$1\u00a0$2");

  function strip() {
    const sweep = report.sweep;
    const measured = report.pairs.filter((p) => p.energy.status === "measured").length;
    const facts = [["workload", sweep.workload.name], ["queries", count(sweep.workload.queries)],
      ["datasets", sweep.workload.datasets.join(", ") || "none"], ["pairs", count(report.pairs.length)],
      ["energy measured of", `${measured} of ${report.pairs.length} pairs`], ["energy class", report.energy_class]];
    return el("dl.strip", {}, facts.map(([name, text]) => el("div", {}, el("dt", {}, name), el("dd", {}, text))));
  }

  function header() {
    const state = report.sweep.state.replaceAll("_", " ");
    return el("header", {}, el("p.kind", {}, "Intelligence per watt"),
      el("h1", {}, report.sweep.name),
      el(report.sweep.provisional ? "span.badge.open" : "span.badge", {}, report.sweep.provisional ? `${state}, provisional` : state),
      strip(),
      el("nav", {"aria-label": "Sections"}, el("ul", {}, wf.sections.map((section) =>
        el("li", {}, el("a", {href: `#${section.id}`}, section.title))))));
  }

  function firstPage() {
    const found = report.findings.length > 0 ? el("ol", {}, report.findings.map((text) => el("li", {}, unbroken(text))))
      : el("p.lead", {}, "Nothing yet: no query is decided.");
    const attention = report.attention.length > 0
      ? el("section.wrong", {"aria-labelledby": "attention"}, el("h2", {id: "attention"}, "Wrong or missing"),
        el("ul", {}, report.attention.map((text) => el("li", {}, unbroken(text)))))
      : el("section.wrong.none", {"aria-labelledby": "attention"}, el("h2", {id: "attention"}, "Wrong or missing"),
        el("p", {}, "Nothing: every query of every pair is decided and measured, and no check failed."));
    return el("div.first", {}, el("section.found", {"aria-labelledby": "findings"},
      el("h2", {id: "findings"}, "What it found"), found), attention);
  }

  function build(section) {
    let content = null;
    try {
      content = section.build(report);
    } catch (error) {
      console.error(section.id, error);
      content = [wf.absent(section.title, "this part of the page failed; the figures are in the report's JSON.")];
    }
    return el("section", {id: section.id, "aria-labelledby": `${section.id}-title`},
      el("h2", {id: `${section.id}-title`}, section.title), section.lead && el("p.lead", {}, section.lead), content);
  }

  const sections = report.pairs.length > 0 ? wf.sections
    : wf.sections.filter((section) => ["quality", "provenance", "terms"].includes(section.id));
  wf.sections = sections;
  document.getElementById("page").append(header(), firstPage(), ...sections.map(build),
    el("footer", {}, `Made by wattfleet ${report.quality.versions.wattfleet}. This file holds everything it shows: `,
      "the report (wattfleet.report/1) is the JSON in its element #report. Charts: d3."));

  // Charts are drawn for the width that they have; on paper, and in closed details, for the paper's.
  wf.drawAll();
  let isPlanned = false;
  new ResizeObserver(() => {
    if (isPlanned) return;
    isPlanned = true;
    requestAnimationFrame(() => { isPlanned = false; wf.drawAll(); });
  }).observe(document.getElementById("page"));
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((details) => { details.open = false; });
    wf.drawAll(680);
  });
  addEventListener("afterprint", () => wf.drawAll());
  document.documentElement.setAttribute("data-ready", "true");
})();
