// The sections about answers and energy. Each takes the report and returns what stands in it.
"use strict";
wf.sections = [];

(function () {
  const {el, table, absent, figure, valueOf, three, percent, count, interval, buildName, NONE} = wf;

  const section = (id, title, lead, build) => wf.sections.push({id, title, lead, build});
  const reasonsOf = (pairs) => [...new Set(pairs.map((p) => p.energy.reason).filter(Boolean))].join("; ");
  const {bare} = wf;
  const estimateCell = (figure_, format) => [format(figure_),
    interval(figure_, format) && el("span.sub", {}, interval(figure_, format)),
    !wf.hasInterval(figure_) && figure_ && figure_.note && figure_.note !== "not yet" && el("span.sub", {}, figure_.note)];
  const pairName = (pair) => [pair.model, el("span.sub", {}, pair.accelerator === "any" ? `${buildName(pair)}, ${pair.location}`
    : `${buildName(pair)} on ${pair.accelerator}, ${pair.location}`)];

  function groupsOf(pairs) {
    const groups = new Map();
    for (const pair of pairs) {
      const name = `${pair.condition}, energy class ${pair.energy.class}`;
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(pair);
    }
    return groups;
  }

  // Columns whose every cell would be empty are left out.
  function pairColumns(pairs) {
    const has = (key) => pairs.some((p) => valueOf(p[key]) !== null);
    return [
      {title: "pair", name: true, cell: pairName},
      {title: "done", cell: (p) => [count(p.completed), p.completed !== p.queries && el("span.sub", {}, `of ${count(p.queries)}`)]},
      {title: "accuracy, %", cell: (p) => estimateCell(p.accuracy, bare)},
      pairs.some((p) => valueOf(p.accuracy_macro) !== null) && {title: "macro, %", cell: (p) => bare(p.accuracy_macro)},
      {title: "coverage, %", cell: (p) => [bare(p.coverage),
        p.coverage && p.pending > 0 && el("span.sub", {}, `${bare(p.coverage.if_pending_wrong)} to ${bare(p.coverage.if_pending_right)}`)]},
      has("weighted_coverage") && {title: "weighted, %", cell: (p) => estimateCell(p.weighted_coverage, bare)},
      has("power_watts") && {title: "power, W", cell: (p) => estimateCell(p.power_watts, three)},
      has("ipw") && {title: "IPW, 1/W", cell: (p) => estimateCell(p.ipw, three)},
      has("ipj") && {title: "IPJ, 1/J", cell: (p) => estimateCell(p.ipj, three)},
      has("power_watts") && {title: "J/query", cell: (p) => estimateCell(p.energy.joules_per_query, three)},
      has("power_watts") && {title: "J/correct", cell: (p) => estimateCell(p.joules_per_correct, three)},
      has("cost_usd_per_query") && {title: "USD/query", cell: (p) => three(p.cost_usd_per_query)},
      pairs.some((p) => p.tokens.output_per_second) && {title: "tokens/s", cell: (p) => three(p.tokens.output_per_second)},
      pairs.some((p) => valueOf(p.latency_seconds.p50) !== null) && {title: "median s", cell: (p) => three(p.latency_seconds.p50)},
      pairs.some((p) => valueOf(p.latency_seconds.p90) !== null) && {title: "p90 s", cell: (p) => three(p.latency_seconds.p90)},
    ].filter(Boolean);
  }

  function pairTable(report) {
    const columns = pairColumns(report.pairs);
    const whole = table("One row per model, build, accelerator and condition; small print: 95 % intervals", columns, []);
    const body = whole.querySelector("tbody");
    for (const [name, pairs] of groupsOf(report.pairs)) {
      body.append(el("tr", {}, el("th.group", {scope: "rowgroup", colspan: columns.length}, name)));
      body.append(...table("", columns, pairs).querySelectorAll("tbody tr"));
    }
    return whole;
  }

  section("pairs", "Every pair", "Rows of different conditions or energy classes are not to be ranked against each other.",
    (report) => {
      const outcomes = table("Outcomes, in queries", [
        {title: "pair", name: true, cell: pairName},
        ...[["correct", "correct"], ["wrong", "wrong"], ["no answer", "no_answer"], ["pending", "pending"]].map(
          ([title, key]) => ({title, cell: (p) => count(p[key])})),
        {title: "correct of extracted", cell: (p) => percent(p.accuracy_extractable)}], report.pairs);
      return [pairTable(report),
        report.pairs.some((p) => valueOf(p.power_watts) !== null) ? null
          : absent("Watts, joules and intelligence per watt", `${reasonsOf(report.pairs) || "nothing was measured"}.`),
        figure(wf.outcomeChart("What became of every query", "Number: coverage, the share of all queries answered correctly.",
          report.pairs, outcomes))];
    });

  function powerPoints(pairs) {
    return pairs.filter((p) => p.energy.status === "measured" && valueOf(p.power_watts) > 0 && valueOf(p.accuracy) !== null)
      .map((pair) => ({pair, power: valueOf(pair.power_watts), accuracy: valueOf(pair.accuracy), powerFigure: pair.power_watts,
        accuracyFigure: pair.accuracy, isRanked: valueOf(pair.ipw) !== null}));
  }

  section("power", "Accuracy against power",
    "Only measured power. Up and to the left is better. Lines through a point are 95 % intervals, where a method is known to hold.",
    (report) => {
      const parts = [];
      for (const [name, pairs] of groupsOf(report.pairs)) {
        const points = powerPoints(pairs);
        if (points.length === 0) continue;
        const numbers = table(`Measured, ${name}`, [
          {title: "pair", name: true, cell: (p) => pairName(p.pair)},
          {title: "accuracy", cell: (p) => estimateCell(p.accuracyFigure, percent)},
          {title: "power, W", cell: (p) => estimateCell(p.powerFigure, three)},
          {title: "IPW, 1/W", cell: (p) => (p.isRanked ? three(p.pair.ipw) : "not ranked")}], points);
        parts.push(figure(wf.powerChart(name, points.some((p) => !p.isRanked) ? "Hollow: not ranked, and why is said above." : "",
          points, numbers)));
      }
      const missing = report.pairs.filter((p) => powerPoints([p]).length === 0);
      if (missing.length > 0 && parts.length > 0) {
        parts.push(absent(missing.map((p) => p.label).join(", "), `${reasonsOf(missing)}.`));
      } else if (missing.length > 0) {
        parts.push(absent("Accuracy against power", `no pair has measured power: ${reasonsOf(missing) || "nothing was measured"}.`));
      }
      return parts.concat(otherEnergy(report));
    });

  // Figures that no sensor measured, under their own names.
  function otherEnergy(report) {
    return ["modelled", "imported"].map((kind) => {
      const pairs = report.pairs.filter((p) => p[kind]);
      return pairs.length === 0 ? null : el("div.other-energy", {}, el("h3", {}, `Not measured: ${kind} energy`),
        table(`${kind === "modelled" ? "Computed from utilisation and configured watts" : "As a recording says"}; never ranked`, [
          {title: "pair", name: true, cell: pairName},
          {title: `${kind} by`, text: true, cell: (p) => p[kind].model || NONE},
          {title: `${kind} W`, cell: (p) => el("span.other", {}, three(p[kind].power_watts))},
          {title: `${kind} J / query`, cell: (p) => el("span.other", {}, three(p[kind].joules_per_query))}], pairs));
    });
  }

  // A table whose cells are shaded by a share.
  function heatTable(report, by, title) {
    const names = [...new Set(report.pairs.flatMap((p) => Object.keys(p.by[by] || {})))].sort((a, b) => a.localeCompare(b));
    const cellOf = (pair, name) => (pair.by[by] || {})[name];
    const shares = report.pairs.flatMap((p) => names.map((name) => valueOf(cellOf(p, name) && cellOf(p, name).coverage)))
      .filter((v) => v !== null);
    if (shares.length === 0) return null;
    const [low, high] = [Math.min(...shares), Math.max(...shares)];
    const shade = (share) => (high > low ? 0.06 + 0.5 * (share - low) / (high - low) : 0.3);
    const head = el("tr", {}, el("th.name", {scope: "col"}, by), el("th.slim", {scope: "col"}, "queries"),
      report.pairs.map((p) => el("th.slim", {scope: "col"}, p.label)));
    const rows = names.map((name) => el("tr", {}, el("th.name", {scope: "row"}, name),
      el("td.heat", {}, count(Math.max(...report.pairs.map((p) => (cellOf(p, name) ? cellOf(p, name).queries : 0))))),
      report.pairs.map((p) => {
        const share = valueOf(cellOf(p, name) && cellOf(p, name).coverage);
        const cell = el("td.heat", {title: share === null ? null : interval(cellOf(p, name).coverage, percent)}, percent(share, 0));
        if (share !== null) cell.style.backgroundColor = `rgb(var(--heat) / ${shade(share).toFixed(3)})`;
        return cell;
      })));
    return el("figure", {"data-chart": title, "data-points": shares.length},
      el("figcaption", {}, el("h3", {}, title), el("span.sub", {}, `The stronger the colour, the more. From ${percent(low, 0)} to ${percent(high, 0)}.`)),
      el("div.scroll", {tabindex: "0", role: "region", "aria-label": title},
        el("table", {}, el("thead", {}, head), el("tbody", {}, rows))));
  }

  section("subjects", "Coverage by subject", "Share of each subject's queries that a pair answers correctly.", (report) => {
    const isMany = report.sweep.workload.datasets.length > 1;
    return [heatTable(report, "subject", "By subject") || absent("Coverage by subject", "nothing is decided yet."),
      isMany && heatTable(report, "dataset", "By dataset")];
  });

  section("union", "Together", "Queries that at least one model of a set answers correctly; the model that adds most comes first.",
    (report) => {
      const drawn = report.union.filter((u) => u.order.length > 0);
      const side = (union) => ({"best-of-local": "local", "best-of-cloud": "cloud"})[union.name] || "all";
      const parts = drawn.map((union) => figure(wf.unionChart(union, side(union), table(union.name, [
        {title: "model", name: true, cell: (step) => step.member},
        {title: "coverage with it", cell: (step) => percent(step.coverage_after)}], union.order))));
      const all = table("Unions", [
        {title: "union", name: true, cell: (u) => u.name},
        {title: "models", cell: (u) => count(u.members.length)},
        {title: "queries", cell: (u) => count(u.queries)},
        {title: "coverage", cell: (u) => estimateCell(u.coverage, percent)},
        {title: "guessers reach", cell: (u) => percent(u.chance_floor)},
        {title: "solved by 2 or more", cell: (u) => percent(u.solved_by_at_least_2)},
        {title: "left out", text: true, cell: (u) => u.left_out.join(", ") || "none"}], report.union);
      if (report.union.length === 0) return [absent("Union coverage", "there is no pair yet.")];
      return [drawn.length > 0 ? el("div.panels", {}, parts)
        : absent("Union coverage", "no model has 95 % of the queries decided."), all];
    });

  section("ratios", "Cloud and local side by side",
    "One model on two pairs under one condition. Only same_weights are the same numbers on both sides.", (report) => {
      if (report.comparisons.length === 0) {
        return [absent("Ratios", "no model ran on two pairs under one condition, so that nothing can be set side by side.")];
      }
      const pairOf = new Map(report.pairs.map((p) => [p.id, p]));
      const rows = report.comparisons.map((c) => ({...c, first: pairOf.has(c.numerator) ? pairOf.get(c.numerator).label : c.numerator,
        second: pairOf.has(c.denominator) ? pairOf.get(c.denominator).label : c.denominator}));
      const numbers = table("Comparisons", [
        {title: "first over second", name: true, cell: (c) => [c.first, el("span.sub", {}, `over ${c.second}`)]},
        {title: "match", name: true, cell: (c) => c.match},
        {title: "IPW ratio", cell: (c) => estimateCell(c.ipw_ratio, three)},
        {title: "IPJ ratio", cell: (c) => estimateCell(c.ipj_ratio, three)},
        {title: "accuracy, points", cell: (c) => (c.accuracy_difference ? [wf.signedPoints(c.accuracy_difference.value),
          interval(c.accuracy_difference, wf.signedPoints) && el("span.sub", {}, interval(c.accuracy_difference, wf.signedPoints))] : NONE)},
        {title: "p (McNemar)", cell: (c) => wf.p(c.p_mcnemar)},
        {title: "p (Holm)", cell: (c) => wf.p(c.p_holm)}], rows);
      const withEnergy = rows.filter((c) => valueOf(c.ipw_ratio) > 0 || valueOf(c.ipj_ratio) > 0);
      return [withEnergy.length > 0
        ? figure(wf.ratioChart("Intelligence per watt and per joule", "Right of 1, the first side gives more for its energy.", withEnergy))
        : absent("Energy ratios", "no two pairs of one model have measured energy of one class."), numbers];
    });

  function spreads(report, key, title, unit, why) {
    const rows = report.pairs.filter((p) => p.spread[key] && p.spread[key].bins.some(([low]) => low > 0))
      .map((pair) => ({pair, spread: pair.spread[key]}));
    if (rows.length === 0) return absent(title, why);
    const columns = [["p05", "5 %"], ["p25", "25 %"], ["p50", "median"], ["p75", "75 %"], ["p95", "95 %"]];
    const numbers = table(`${title}, ${unit}`, [
      {title: "pair", name: true, cell: (r) => pairName(r.pair)},
      {title: "results", cell: (r) => count(r.spread.count)},
      ...columns.map(([name, heading]) => ({title: heading, cell: (r) => three(r.spread[name])}))], rows);
    return figure(wf.spreadChart(title, "Dot: median; line and brackets: from the 5th to the 95th percentile of results.",
      unit, rows, numbers));
  }

  section("spread", "Energy and latency of single results", "Each distribution has the same area.", (report) => [
    spreads(report, "joules", "Energy of a result", "J", `no pair has measured energy: ${reasonsOf(report.pairs) || "nothing was measured"}.`),
    spreads(report, "latency_seconds", "Time to the last token", "s", "no result has timing: none ran yet, or all were read from recordings without their own.")]);
})();
