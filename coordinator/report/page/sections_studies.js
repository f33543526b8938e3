// The sections on routing, trend and difficulty, on the data's quality, and on where it comes from.
"use strict";

(function () {
  const {el, table, absent, figure, valueOf, three, percent, count, buildName, NONE} = wf;
  const section = (id, title, lead, build) => wf.sections.push({id, title, lead, build});

  const SAVINGS = [["energy_saved", "energy", "local"], ["cost_saved", "cost", "cloud"], ["compute_saved", "compute", "all"]];

  function routingFacts(routing) {
    const list = [["baseline", `${routing.baseline}, accuracy ${percent(routing.baseline_accuracy)}`],
      ["queries", `${count(routing.queries)}, decided for the baseline and for all of the pool`],
      ["sent to the pool by the oracle", percent(routing.local_share)],
      ["cheapest by", routing.ranked_by === "nothing" ? "nothing known of them: the first, in this order" : routing.ranked_by]];
    for (const member of routing.pool || []) list.push(["pool", `${member.pair}: ${count(member.queries)} queries`]);
    for (const left of routing.left_out || []) list.push(["left out", left]);
    return el("dl.facts", {}, list.filter(([, text]) => text).map(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]));
  }

  section("routing", "Routing",
    "Each query to the cheapest local pair that answers it, else to the baseline; a router of accuracy 1 is the oracle, 0 the baseline.",
    (report) => {
      const routing = report.routing;
      if (!routing) return [absent("Routing", "it needs a pair of a cloud as baseline and a local pair, both decided.")];
      const series = SAVINGS.map(([key, name, side]) => ({name, side,
        points: routing.points.filter((p) => valueOf(p[key]) !== null).map((p) => ({x: p.router_accuracy, y: p[key]}))}))
        .filter((s) => s.points.length > 0);
      const assumed = [["if_low", "energy, low assumption"], ["if_high", "energy, high assumption"]].map(([key, name]) => ({name, side: "local",
        points: routing.points.filter((p) => p.energy_saved_assumed).map((p) => ({x: p.router_accuracy, y: p.energy_saved_assumed[key]}))}))
        .filter((s) => s.points.length > 0);
      const numbers = table("Saved against sending every query to the baseline", [
        {title: "router's accuracy", name: true, cell: (p) => p.router_accuracy.toFixed(2)},
        {title: "accuracy of the answers", cell: (p) => percent(p.accuracy)},
        ...SAVINGS.map(([key, name]) => ({title: `${name} saved`, cell: (p) => percent(p[key])}))], routing.points);
      const reasons = ["energy", "cost", "compute"].map((name) => [name, routing[`${name}_reason`]]).filter(([, why]) => why);
      const all = series.concat(assumed);
      return [all.length > 0
        ? figure(wf.curveChart("What a router saves", assumed.length > 0
          ? `Energy with the baseline assumed, not measured: ${three(routing.assumed_baseline_joules.low)} to ${three(routing.assumed_baseline_joules.high)} J per query.`
          : "", all, null, "accuracy of the router", "saved"))
        : null,
      ...reasons.map(([name, why]) => absent(`${name[0].toUpperCase()}${name.slice(1)} saved`, `${why}.`)), numbers, routingFacts(routing)];
    });

  section("trend", "Trend", "By the date on which each model was released.", (report) => {
    const trend = report.trend;
    const points = trend ? trend.points.map((p) => ({...p, date: new Date(`${p.released}T00:00:00Z`)}))
      .filter((p) => !Number.isNaN(p.date.getTime())) : [];
    if (points.length === 0) return [absent("Trend", "no model of the sweep file says when it was released, or none is decided.")];
    const numbers = table("Models by release", [
      {title: "released", name: true, cell: (p) => p.released},
      {title: "model", name: true, cell: (p) => p.model},
      {title: "coverage", cell: (p) => percent(p.coverage)},
      {title: "best so far", cell: (p) => percent(p.best_single)},
      {title: "together so far", cell: (p) => percent(p.union_so_far)}], points);
    const years = trend.best_ipw_by_year || [];
    return [figure(wf.trendChart("Coverage by release", `Over ${count(trend.queries)} queries decided for all of them.`, points, numbers)),
      years.length === 0 ? absent("Best intelligence per watt by year", "no pair has measured power.")
        : table("Best intelligence per watt by year; a ratio is against the year above it", [
          {title: "year", name: true, cell: (y) => String(y.year)},
          {title: "pair", name: true, cell: (y) => y.pair},
          {title: "condition, class", name: true, cell: (y) => `${y.condition}, ${y.class}`},
          {title: "IPW, 1/W", cell: (y) => three(y.ipw)},
          {title: "ratio", cell: (y) => three(y.ipw_ratio)},
          {title: "of accuracy", cell: (y) => three(y.accuracy_ratio)},
          {title: "of power", cell: (y) => three(y.power_ratio)}], years),
      trend.left_out.length > 0 && el("p.lead", {},
        `Left out, of no declared release or with less than 95 % decided: ${trend.left_out.join(", ")}.`)];
  });

  section("difficulty", "Difficulty", "Parameters of the smallest model that answers a query correctly, be it by a guess.", (report) => {
    const difficulty = report.difficulty;
    if (!difficulty || difficulty.queries === 0) {
      return [absent("Difficulty", "no model of the sweep file says how many parameters it has, or none is decided.")];
    }
    const isThere = (level) => level.name === "unsolved" || level.models !== 0;
    const levels = difficulty.levels.filter(isThere);
    const lacking = difficulty.levels.filter((level) => !isThere(level)).map((level) => level.name.replace("<=", "up to "));
    const steps = Math.max(1, levels.length - 1);
    return [figure(wf.partsChart("Queries by difficulty", `Over ${count(difficulty.queries)} queries decided for ${difficulty.models.length} models.`,
      levels.map((level, at) => (level.name === "unsolved" ? {name: level.name, value: level.queries, class: "wrong-part"}
        : {name: level.name.replace("<=", "up to "), value: level.queries, class: "level", shade: 0.25 + 0.75 * (at + 1) / steps})), count)),
      lacking.length > 0 && el("p.lead", {}, `No model of that size took part: ${lacking.join(", ")}.`),
      difficulty.left_out.length > 0 && el("p.lead", {},
        `Left out, of no declared size or with less than 95 % decided: ${difficulty.left_out.join(", ")}.`)];
  });

  const FLAGS_LEAD = "Counts of results that carry a flag; the documentation says which flags keep a result out of energy or timing.";

  function ledgerFigure(report) {
    const ledger = report.quality.ledger;
    if (!ledger || valueOf(ledger.total_joules) === null) return absent("The ledger of energy", "nothing was measured.");
    const parts = [["attributed to results", "attributed_joules", "correct"], ["idle", "idle_joules", "no-answer"],
      ["failed, retried or duplicate work", "uncounted_joules", "cloud bar"], ["not assigned", "unassigned_joules", "pending"]];
    return figure(wf.partsChart("Where the measured energy went", `${count(Math.round(ledger.total_joules))} J read from the sensors of the pairs' class.`,
      parts.map(([name, key, class_]) => ({name, value: valueOf(ledger[key]) || 0, class: class_})), (v) => `${v < 100 ? three(v) : count(Math.round(v))} J`));
  }

  section("quality", "Data quality", "What was left out, and what does not fit together.", (report) => {
    const quality = report.quality;
    const exclusions = Object.entries(quality.exclusions).filter(([, n]) => n > 0);
    const flagged = report.pairs.filter((p) => Object.keys(p.flags).length > 0);
    const flags = [...new Set(flagged.flatMap((p) => Object.keys(p.flags)))];
    const gaps = report.pairs.flatMap((pair) => pair.gaps.map((gap) => ({pair, ...gap})));
    const agents = report.pairs.filter((p) => Object.keys(p.by.agent || {}).length > 1)
      .flatMap((pair) => Object.entries(pair.by.agent).map(([name, a]) => ({pair, name, ...a})));
    return [
      quality.mismatches.length > 0 ? table("What does not fit together", [
        {title: "kind", name: true, cell: (m) => m.kind}, {title: "what", text: true, cell: (m) => m.text}], quality.mismatches)
        : el("p.lead", {}, "No mismatch was found between pairs."),
      ledgerFigure(report),
      exclusions.length > 0 && table("Results left out of energy figures", [
        {title: "why", name: true, cell: ([name]) => name.replaceAll("_", " ")}, {title: "results", cell: ([, n]) => count(n)}], exclusions),
      gaps.length > 0 && table("Queries without an answer", [
        {title: "pair", name: true, cell: (g) => g.pair.label}, {title: "what", name: true, cell: (g) => g.kind},
        {title: "why", text: true, cell: (g) => g.reason}, {title: "results", cell: (g) => count(g.results)}], gaps),
      flags.length > 0 && el("div", {}, el("h3", {}, "Flags"), table(FLAGS_LEAD, [
        {title: "pair", name: true, cell: (p) => p.label},
        ...flags.map((name) => ({title: name, cell: (p) => (p.flags[name] ? count(p.flags[name]) : NONE)}))], flagged)),
      agents.length > 0 && table("Agents of one pair: they should agree", [
        {title: "pair", name: true, cell: (a) => a.pair.label}, {title: "agent", name: true, cell: (a) => a.name},
        {title: "queries", cell: (a) => count(a.queries)}, {title: "accuracy", cell: (a) => percent(a.accuracy)},
        {title: "J / query", cell: (a) => three(a.joules_per_query)}, {title: "W", cell: (a) => three(a.power_watts)}], agents)];
  });

  function environmentText(pair) {
    const say = (environment) => [environment.engine_version && `engine ${environment.engine_version}`,
      environment.power_mode && `mode ${environment.power_mode}`,
      environment.ac === true ? "mains" : environment.ac === false ? "battery" : null].filter(Boolean).join(", ");
    return [...new Set(pair.environments.map(say).filter(Boolean))].join("; ") || NONE;
  }

  section("provenance", "Provenance", "What ran, where, and what the figures rest on.", (report) => {
    const workload = report.sweep.workload;
    const versions = report.quality.versions;
    const graders = Object.entries(versions.graders).map(([name, version]) => `${name} ${version}`).join(", ") || "none yet";
    const seeds = Object.entries(report.quality.seeds).map(([name, seed]) => `${name} ${seed}`).join(", ");
    const facts = [["workload", `${workload.name}, ${count(workload.queries)} queries`], ["its hash", workload.id],
      ...Object.entries(report.settings), ["graders", graders], ["seeds", seeds], ["wattfleet", versions.wattfleet]];
    const sensors = report.pairs.flatMap((pair) => pair.sensors.map((sensor) => ({pair, ...sensor})));
    return [
      el("dl.facts", {}, facts.map(([name, text]) => [el("dt", {}, name), el("dd", {}, String(text))])),
      report.pairs.length === 0 ? null : table("Builds and environments", [
        {title: "pair", name: true, cell: (p) => p.label},
        {title: "build", text: true, cell: (p) => [buildName(p), el("span.sub", {}, p.build.ref, p.build.revision ? ` at ${p.build.revision}` : "")]},
        {title: "model digest", text: true, cell: (p) => el("code", {}, p.build.digest || NONE)},
        {title: "agents", text: true, cell: (p) => p.agents.join(", ") || NONE},
        {title: "environment", text: true, cell: environmentText}], report.pairs),
      sensors.length > 0 ? table("Sensors of the energy figures", [
        {title: "pair", name: true, cell: (s) => s.pair.label},
        {title: "sensor", text: true, cell: (s) => [s.name, el("span.sub", {}, `${s.source}, agent ${s.agent}`)]},
        {title: "covers", name: true, cell: (s) => s.scope}, {title: "kind", name: true, cell: (s) => s.kind || NONE},
        {title: "updated every", cell: (s) => (valueOf(s.update_period_ms) === null ? NONE : `${three(s.update_period_ms)} ms`)},
        {title: "systematic error (1 s.d.)", cell: (s) => percent(s.systematic_relative)}], sensors)
        : absent("Sensors", "no sensor of the class was read.")];
  });

  const TERMS = [
    ["accuracy", "correct / (correct + wrong + no answer), of decided queries. An answer that cannot be extracted counts as wrong, and its energy counts."],
    ["coverage", "correct / all queries, with everything pending counted as not correct."],
    ["IPW, IPJ", "intelligence per watt and per joule: accuracy (as a fraction) / mean power, and / mean energy of a query, over the same measured queries."],
    ["power", "isolated: mean over queries of energy / time. Served: energy / time with at least one request present."],
    ["J / correct", "energy of all answers per correct one."],
    ["energy class", "what parts of a machine count: host is accelerator, processor and memory. Figures of two classes are never compared."],
    ["measured, modelled, imported", "read from a sensor; computed from utilisation and configured watts; taken from a recording. Only the first is ranked."],
    ["guessers reach", "the union coverage of as many uniform guessers."],
    ["95 % interval", "printed only where a method is known to cover the truth in 93 to 97 % of simulated studies; a sensor's systematic error is in none."]];

  section("terms", "How to read this", "", () =>
    [el("dl.facts", {}, TERMS.map(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]))]);
})();
