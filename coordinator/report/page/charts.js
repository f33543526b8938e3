// The drawings: each takes its data and returns a chart for wf.figure().
"use strict";

(function () {
  const {svg, valueOf, hasInterval, three, percent} = wf;

  // About how wide a text is at the charts' font size.
  const textWidth = (text, size = 12.5) => [...text].length * size * 0.56;
  const cut = (text, width) => {
    const most = Math.max(4, Math.floor(width / (12.5 * 0.56)));
    const letters = [...text];
    return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
  };
  const labelWidth = (labels, width, share = 0.36) =>
    Math.min(Math.max(...labels.map((label) => textWidth(label))) + 8, Math.max(90, width * share));

  // Decades, with 2 and 5 between them where there are few.
  function logTicks(scale, most) {
    const [low, high] = scale.domain();
    const steps = Math.log10(high / low) < 3 ? [1, 2, 5] : [1];
    const ticks = [];
    for (let decade = Math.floor(Math.log10(low)); decade <= Math.ceil(Math.log10(high)); decade++) {
      for (const step of steps) {
        const tick = step * 10 ** decade;
        if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
      }
    }
    const skip = Math.ceil(ticks.length / most);
    return ticks.filter((tick, at) => at % skip === 0);
  }

  const trim = (value) => String(Number(value.toPrecision(3)));

  function drawX(root, axis, y, length, title, width) {
    const group = root.append("g").attr("transform", `translate(0,${y})`);
    group.call(axis.tickSize(-length).tickPadding(8));
    group.append("text").attr("class", "axis-title").attr("x", width).attr("y", 34)
      .attr("text-anchor", "end").text(title);
  }
  function drawY(root, axis, x, length, title, y) {
    const group = root.append("g").attr("transform", `translate(${x},0)`);
    group.call(axis.tickSize(-length).tickPadding(8));
    root.append("text").attr("class", "axis-title").attr("x", 0).attr("y", y).text(title);
  }

  // A log scale around values > 0, with room at both ends.
  function logScale(values, range, room = 1.25) {
    const low = Math.min(...values);
    const high = Math.max(...values);
    return d3.scaleLog().domain([low / room, Math.max(high, low * 1.5) * room]).range(range);
  }
  function shareScale(values, range) {
    const low = Math.min(...values);
    const high = Math.max(...values);
    const room = Math.max(0.03, (high - low) * 0.12);
    return d3.scaleLinear().domain([Math.max(0, low - room), Math.min(1, high + room)]).range(range).nice(6);
  }

  // Labels beside their points, moved apart where they would cover each other. Each item has x, y,
  // text, and gets at (its place), anchor.
  function placeLabels(items, left, right, top, bottom, lift = 0) {
    const height = 16;
    for (const item of items) {
      const wide = textWidth(item.text);
      item.anchor = item.x + 10 + wide <= right || item.x - 10 - wide < left ? "start" : "end";
      item.atX = item.anchor === "start" ? item.x + 10 : item.x - 10;
      item.from = item.anchor === "start" ? item.atX : item.atX - wide;
      item.to = item.from + wide;
      item.atY = item.y;
    }
    const placed = [];
    for (const item of [...items].sort((a, b) => a.y - b.y)) {
      const wanted = item.y - lift;
      const isFree = (y) => y >= top && y <= bottom &&
        placed.every((other) => item.to < other.from || item.from > other.to || Math.abs(y - other.atY) >= height) &&
        items.every((point) => point === item || point.x < item.from - 6 || point.x > item.to + 6 ||
          Math.abs(point.y - y) >= 10);
      for (let shift = 0; shift < 400; shift += 4) {
        item.atY = wanted + shift;
        if (isFree(item.atY)) break;
        item.atY = wanted - shift;
        if (isFree(item.atY)) break;
      }
      placed.push(item);
    }
  }
  function drawLabels(root, items) {
    for (const item of items) {
      if (Math.abs(item.atY - item.y) > 16) {
        root.append("path").attr("class", "lead-line")
          .attr("d", `M${item.x},${item.y}L${item.atX + (item.anchor === "start" ? -2 : 2)},${item.atY}`);
      }
      root.append("text").attr("class", `halo ${item.side}`).attr("x", item.atX).attr("y", item.atY)
        .attr("dy", ".35em").attr("text-anchor", item.anchor).text(item.text);
    }
  }

  // Points that no other beats in both: less power and more accuracy.
  wf.paretoFront = function (points) {
    const front = [];
    for (const point of [...points].sort((a, b) => a.power - b.power || b.accuracy - a.accuracy)) {
      if (front.length === 0 || point.accuracy > front[front.length - 1].accuracy) front.push(point);
    }
    return front;
  };

  function cross(root, class_, x0, x1, y0, y1) {
    if (x0 !== x1) root.append("line").attr("class", class_).attr("x1", x0).attr("x2", x1).attr("y1", y0).attr("y2", y0);
    else root.append("line").attr("class", class_).attr("x1", x0).attr("x2", x0).attr("y1", y0).attr("y2", y1);
  }

  function frontPath(front, x, y, right) {
    let path = "";
    front.forEach((point, at) => {
      path += at === 0 ? `M${x(point.power)},${y(point.accuracy)}`
                       : `H${x(point.power)}V${y(point.accuracy)}`;
    });
    return `${path}H${right}`;
  }

  // points: [{pair, power, accuracy, powerFigure, accuracyFigure, isRanked}]
  wf.powerChart = function (title, sub, points, table) {
    const draw = (width) => {
      const height = Math.max(300, Math.min(440, width * 0.5));
      const at = {left: 46, right: width - 14, top: 30, bottom: height - 46};
      const ends = (figure, value) => (hasInterval(figure) ? [figure.low, figure.high, value] : [value]);
      const x = logScale(points.flatMap((p) => ends(p.powerFigure, p.power)).filter((v) => v > 0), [at.left, at.right], 1.4);
      const y = shareScale(points.flatMap((p) => ends(p.accuracyFigure, p.accuracy)), [at.bottom, at.top]);
      const root = svg(width, height, `${title}: accuracy against power, ${points.length} pairs`);
      drawX(root, d3.axisBottom(x).tickValues(logTicks(x, width / 60)).tickFormat(trim), at.bottom,
        at.bottom - at.top, "mean power of a query, W (logarithmic)", at.right);
      drawY(root, d3.axisLeft(y).ticks(6).tickFormat((v) => `${Math.round(100 * v)} %`), at.left,
        at.right - at.left, "accuracy", 14);
      const front = wf.paretoFront(points.filter((p) => p.isRanked));
      if (front.length > 1) root.append("path").attr("class", "front").attr("d", frontPath(front, x, y, at.right));
      for (const point of points) {
        const side = wf.side(point.pair);
        const [px, py] = [x(point.power), y(point.accuracy)];
        if (hasInterval(point.accuracyFigure)) {
          cross(root, side, px, px, y(point.accuracyFigure.low), y(point.accuracyFigure.high));
        }
        if (hasInterval(point.powerFigure)) {
          cross(root, side, x(point.powerFigure.low), x(point.powerFigure.high), py, py);
        }
        root.append("circle").attr("class", point.isRanked ? side : `${side} hollow`).attr("cx", px).attr("cy", py).attr("r", 5);
      }
      const labels = points.map((p) => ({x: x(p.power), y: y(p.accuracy), text: cut(p.pair.label, Math.max(130, width * 0.3)), side: wf.side(p.pair)}));
      placeLabels(labels, at.left, width, at.top, at.bottom, 11);
      drawLabels(root, labels);
      return root;
    };
    const keys = [wf.sideKeys(points.map((p) => p.pair)),
      wf.lineKey("front", "Pareto front: no other pair is more accurate and draws less power")];
    return {title, sub, keys, points: points.length, draw, table};
  };

  const PARTS = [["correct", "correct", "correct"], ["wrong-part", "wrong", "wrong"],
    ["no-answer", "no_answer", "no answer"], ["pending", "pending", "pending"]];

  wf.outcomeChart = function (title, sub, pairs, table) {
    const draw = (width) => {
      const row = 30;
      const left = labelWidth(pairs.map((p) => p.label), width) + 8;
      const right = width - 4;
      const root = svg(width, pairs.length * row + 4, `${title}: share of queries of ${pairs.length} pairs`);
      pairs.forEach((pair, at) => {
        const x = d3.scaleLinear().domain([0, pair.queries || 1]).range([left, right]);
        const top = at * row + 4;
        root.append("text").attr("x", left - 10).attr("y", top + 11).attr("dy", ".35em").attr("text-anchor", "end")
          .attr("class", wf.side(pair)).text(cut(pair.label, left - 12));
        let from = 0;
        for (const [class_, key] of PARTS) {
          const wide = Math.max(0, x(from + pair[key]) - x(from));
          if (wide > 0) {
            root.append("rect").attr("class", class_).attr("x", x(from)).attr("y", top).attr("width", wide).attr("height", 22);
          }
          from += pair[key];
        }
        const isRoom = x(pair.correct) + 62 <= right;
        root.append("text").attr("class", "halo").attr("x", isRoom ? x(pair.correct) + 7 : right - 4).attr("y", top + 11).attr("dy", ".35em")
          .attr("text-anchor", isRoom ? "start" : "end")
          .text(percent(pair.queries > 0 ? pair.correct / pair.queries : null));
      });
      return root;
    };
    const keys = [PARTS.map(([class_, , name]) => wf.boxKey(class_, name)), wf.sideKeys(pairs).map((key) => key)];
    return {title, sub, keys, points: pairs.length, draw, table};
  };

  // What each model adds to a union, in greedy order.
  wf.unionChart = function (union, side, table) {
    const draw = (width) => {
      const row = 28;
      const left = labelWidth(union.order.map((step) => step.member), width, 0.42) + 8;
      const last = union.order[union.order.length - 1].coverage_after;
      const x = d3.scaleLinear().domain([0, Math.max(last, valueOf(union.chance_floor) || 0)]).range([left, width - 104]);
      const bottom = union.order.length * row + 8;
      const root = svg(width, bottom + 26, `${union.name}: coverage after each of ${union.order.length} models`);
      const floor = valueOf(union.chance_floor);
      if (floor !== null) {
        root.append("path").attr("class", "rule").attr("d", `M${x(floor)},0V${bottom}`);
        root.append("text").attr("class", "soft").attr("x", x(floor)).attr("y", bottom + 15)
          .attr("text-anchor", x(floor) > width - 180 ? "end" : "middle").text(`guessing ${percent(floor)}`);
      }
      let before = 0;
      union.order.forEach((step, at) => {
        const top = at * row + 4;
        const gain = step.coverage_after - before;
        root.append("text").attr("x", left - 10).attr("y", top + 10).attr("dy", ".35em").attr("text-anchor", "end")
          .text(cut(step.member, left - 12));
        root.append("rect").attr("class", `${side} faint`).attr("x", left).attr("y", top)
          .attr("width", Math.max(0, x(before) - left)).attr("height", 20);
        root.append("rect").attr("class", `${side} bar`).attr("x", x(before)).attr("y", top)
          .attr("width", Math.max(1, x(step.coverage_after) - x(before))).attr("height", 20);
        root.append("text").attr("class", "halo").attr("x", x(step.coverage_after) + 7).attr("y", top + 10).attr("dy", ".35em")
          .text(at === 0 ? percent(step.coverage_after) : `${percent(step.coverage_after)} (${wf.signedPoints(gain)})`);
        before = step.coverage_after;
      });
      return root;
    };
    return {title: union.name, printWidth: 330, points: union.order.length, draw, table,
      sub: `${union.members.length} models, ${wf.count(union.queries)} queries decided for all of them`};
  };

  const RATIOS = [["ipw_ratio", "per watt"], ["ipj_ratio", "per joule"]];

  wf.ratioChart = function (title, sub, comparisons, table) {
    const rows = comparisons.flatMap((c) => RATIOS.filter(([key]) => valueOf(c[key]) > 0)
      .map(([key, name]) => ({comparison: c, figure: c[key], name})));
    const draw = (width) => {
      const row = 26;
      const head = 24;
      const bottom = comparisons.reduce((sum, c) => sum + head + row * rows.filter((r) => r.comparison === c).length, 0) + 6;
      const values = rows.flatMap((r) => (hasInterval(r.figure) ? [r.figure.low, r.figure.high] : [valueOf(r.figure)]));
      const x = logScale([...values.filter((v) => v > 0), 0.8, 1.25], [84, width - 150], 1.15);
      const root = svg(width, bottom + 44, `${title}: ${rows.length} ratios`);
      drawX(root, d3.axisBottom(x).tickValues(logTicks(x, width / 70)).tickFormat((v) => `×${trim(v)}`), bottom, bottom,
        "first over second (logarithmic)", width - 150);
      root.append("path").attr("class", "rule").attr("d", `M${x(1)},0V${bottom}`);
      let top = 0;
      for (const comparison of comparisons) {
        root.append("text").attr("class", "halo").attr("y", top + 16)
          .text(cut(`${comparison.first} over ${comparison.second}`, width));
        top += head;
        for (const {figure, name} of rows.filter((r) => r.comparison === comparison)) {
          const y = top + row / 2;
          root.append("text").attr("class", "soft").attr("y", y).attr("dy", ".35em").text(name);
          if (hasInterval(figure)) cross(root, "all", x(figure.low), x(figure.high), y, y);
          root.append("circle").attr("class", "all").attr("cx", x(valueOf(figure))).attr("cy", y).attr("r", 5);
          root.append("text").attr("class", "halo").attr("x", width).attr("text-anchor", "end").attr("y", y).attr("dy", ".35em")
            .text(`×${three(figure)}${hasInterval(figure) ? ` [${three(figure.low)}, ${three(figure.high)}]` : ""}`);
          top += row;
        }
      }
      return root;
    };
    return {title, sub, points: rows.length, draw, table};
  };

  // rows: [{pair, spread}]; one histogram each on a common logarithmic axis.
  wf.spreadChart = function (title, sub, unit, rows, table) {
    const draw = (width) => {
      const row = 40;
      const left = labelWidth(rows.map((r) => r.pair.label), width, 0.3) + 8;
      const right = width - 128;
      const bins = (r) => r.spread.bins.filter(([low]) => low > 0);
      const all = rows.flatMap(bins);
      const x = logScale(all.flatMap(([low, high]) => [low, high]), [left, right], 1.02);
      const bottom = rows.length * row + 6;
      const root = svg(width, bottom + 44, `${title}: ${rows.length} distributions`);
      drawX(root, d3.axisBottom(x).tickValues(logTicks(x, (right - left) / 46)).tickFormat(trim), bottom, bottom, `${unit} (logarithmic)`, right);
      rows.forEach((r, at) => {
        const base = at * row + row;
        // Height by share per unit of the axis, so that areas compare.
        const density = ([low, high, count]) => count / Math.log(high / low);
        const most = Math.max(...bins(r).map(density));
        let path = "";
        let edge = null;
        for (const bin of bins(r)) {
          const y = base - (row - 9) * density(bin) / most;
          if (edge !== bin[0]) path += `${edge === null ? "" : `V${base}`}M${x(bin[0])},${base}`;
          path += `V${y}H${x(bin[1])}`;
          edge = bin[1];
        }
        const side = wf.side(r.pair);
        root.append("path").attr("class", `${side} area`).attr("d", `${path}V${base}Z`);
        root.append("line").attr("class", side).attr("x1", x(Math.max(r.spread.p05, x.domain()[0])))
          .attr("x2", x(Math.max(r.spread.p95, x.domain()[0]))).attr("y1", base).attr("y2", base);
        root.append("circle").attr("class", side).attr("cx", x(Math.max(r.spread.p50, x.domain()[0]))).attr("cy", base).attr("r", 4);
        root.append("text").attr("class", side).attr("x", left - 10).attr("y", base - 8).attr("text-anchor", "end").text(cut(r.pair.label, left - 12));
        root.append("text").attr("class", "halo").attr("x", width).attr("y", base - 8).attr("text-anchor", "end")
          .text(`${three(r.spread.p50)} [${three(r.spread.p05)}, ${three(r.spread.p95)}]`);
      });
      return root;
    };
    return {title, sub, points: rows.reduce((sum, r) => sum + r.spread.bins.length, 0), draw, table};
  };

  // series: [{name, side, points: [{x, y}]}], both shares.
  wf.curveChart = function (title, sub, series, table, xTitle, yTitle) {
    const draw = (width) => {
      const height = Math.max(260, Math.min(360, width * 0.42));
      const at = {left: 52, right: width - 130, top: 30, bottom: height - 46};
      const ys = series.flatMap((s) => s.points.map((p) => p.y));
      const x = d3.scaleLinear().domain(d3.extent(series.flatMap((s) => s.points.map((p) => p.x)))).range([at.left, at.right]);
      const y = d3.scaleLinear().domain([Math.min(0, ...ys), Math.max(0, ...ys)]).range([at.bottom, at.top]).nice(5);
      const root = svg(width, height, `${title}: ${series.map((s) => s.name).join(", ")}`);
      drawX(root, d3.axisBottom(x).ticks(6).tickFormat((v) => trim(v)), at.bottom, at.bottom - at.top, xTitle, at.right);
      drawY(root, d3.axisLeft(y).ticks(6).tickFormat((v) => `${Math.round(100 * v)} %`), at.left, at.right - at.left, yTitle, 14);
      const labels = [];
      for (const s of series) {
        const sorted = [...s.points].sort((a, b) => a.x - b.x);
        root.append("path").attr("class", `${s.side} line`).attr("d", d3.line().x((p) => x(p.x)).y((p) => y(p.y))(sorted));
        for (const p of sorted) root.append("circle").attr("class", s.side).attr("cx", x(p.x)).attr("cy", y(p.y)).attr("r", 3);
        const end = sorted[sorted.length - 1];
        labels.push({x: x(end.x), y: y(end.y), text: `${s.name} ${percent(end.y)}`, side: s.side});
      }
      placeLabels(labels, 0, width + 60, at.top, at.bottom);
      drawLabels(root, labels);
      return root;
    };
    return {title, sub, points: series.reduce((sum, s) => sum + s.points.length, 0), draw, table};
  };

  // points: [{date, coverage, best_single, union_so_far, model}]
  wf.trendChart = function (title, sub, points, table) {
    const draw = (width) => {
      const height = Math.max(300, Math.min(420, width * 0.46));
      const at = {left: 46, right: width - 120, top: 30, bottom: height - 46};
      const times = points.map((p) => p.date.getTime());
      const room = Math.max(15 * 864e5, (Math.max(...times) - Math.min(...times)) * 0.04);
      const x = d3.scaleUtc().domain([Math.min(...times) - room, Math.max(...times) + room]).range([at.left, at.right]);
      const y = shareScale(points.flatMap((p) => [p.coverage, p.union_so_far]), [at.bottom, at.top]);
      const root = svg(width, height, `${title}: ${points.length} models by release date`);
      drawX(root, d3.axisBottom(x).ticks(Math.max(2, width / 130)), at.bottom, at.bottom - at.top, "release of the model", at.right);
      drawY(root, d3.axisLeft(y).ticks(6).tickFormat((v) => `${Math.round(100 * v)} %`), at.left, at.right - at.left, "coverage", 14);
      const step = (key) => d3.line().curve(d3.curveStepAfter).x((p) => x(p.date)).y((p) => y(p[key]))(points) + `H${at.right}`;
      root.append("path").attr("class", "all line").attr("d", step("union_so_far"));
      root.append("path").attr("class", "local line").attr("d", step("best_single"));
      const last = points[points.length - 1];
      const ends = [
        {x: at.right, y: y(last.union_so_far), text: `together ${percent(last.union_so_far)}`, side: "all"},
        {x: at.right, y: y(last.best_single), text: `best ${percent(last.best_single)}`, side: "local"}];
      placeLabels(ends, 0, width + 80, at.top, at.bottom);
      drawLabels(root, ends);
      const labels = points.map((p) => ({x: x(p.date), y: y(p.coverage), text: p.model, side: "soft"}));
      for (const label of labels) root.append("circle").attr("class", "local hollow").attr("cx", label.x).attr("cy", label.y).attr("r", 4);
      placeLabels(labels, at.left, at.right + 30, at.top, at.bottom, 11);
      drawLabels(root, labels);
      return root;
    };
    const keys = [wf.lineKey("local line", "best single model so far"), wf.lineKey("all line", "all models so far together"),
      wf.dotKey("local hollow", "a model")];
    return {title, sub, keys, points: points.length, draw, table};
  };

  // parts: [{name, value, class}] of one whole, as a bar with its parts named below.
  wf.partsChart = function (title, sub, parts, format, table) {
    const total = parts.reduce((sum, part) => sum + part.value, 0);
    const draw = (width) => {
      const root = svg(width, 22 + 24 * parts.length + 8, `${title}: ${parts.length} parts`);
      const x = d3.scaleLinear().domain([0, total || 1]).range([0, width]);
      let from = 0;
      parts.forEach((part, at) => {
        const shade = part.shade === undefined ? null : part.shade;
        root.append("rect").attr("class", part.class).attr("fill-opacity", shade).attr("x", x(from)).attr("width", Math.max(0, x(part.value))).attr("height", 20);
        const y = 40 + 24 * at;
        root.append("rect").attr("class", part.class).attr("fill-opacity", shade).attr("y", y - 6).attr("width", 12).attr("height", 11);
        root.append("text").attr("x", 20).attr("y", y).attr("dy", ".35em")
          .text(`${part.name}: ${format(part.value)} (${percent(total > 0 ? part.value / total : null)})`);
        from += part.value;
      });
      return root;
    };
    return {title, sub, points: parts.length, draw, table};
  };
})();
