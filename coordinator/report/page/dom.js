// Elements, numbers and names: what every section of the page is made of.
// Text from the report is only ever set as text, never parsed as markup.
"use strict";
var wf = {};

(function () {
  const SVG = "http://www.w3.org/2000/svg";

  function append(parent, children) {
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      parent.append(child instanceof Node ? child : String(child));
    }
    return parent;
  }

  // el("td.name", {colspan: 2}, "text", child, ...): an HTML element.
  wf.el = function (spec, attributes, ...children) {
    const [tag, ...classes] = spec.split(".");
    const element = document.createElement(tag);
    if (classes.length > 0) element.className = classes.join(" ");
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    return append(element, children);
  };

  wf.svg = function (width, height, label) {
    return d3.select(document.createElementNS(SVG, "svg"))
      .attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`)
      .attr("role", "img").attr("aria-label", label);
  };

  wf.isNumber = (value) => typeof value === "number" && Number.isFinite(value);
  // Of an estimate {value, low, high}, a plain number, or nothing.
  wf.valueOf = (figure) => {
    const value = figure !== null && typeof figure === "object" ? figure.value : figure;
    return wf.isNumber(value) ? value : null;
  };
  wf.hasInterval = (figure) => figure !== null && typeof figure === "object" &&
    wf.isNumber(figure.low) && wf.isNumber(figure.high);

  wf.NONE = "–";
  wf.count = (value) => wf.isNumber(value)
    ? value.toLocaleString("en", {maximumFractionDigits: 1}) : wf.NONE;
  // Three significant digits, without an exponent from 0.0001 to a thousand million.
  wf.three = (figure) => {
    const value = wf.valueOf(figure);
    if (value === null) return wf.NONE;
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(2);
    const decimals = size === 0 ? 0 : Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(size))));
    return value.toLocaleString("en", {minimumFractionDigits: decimals, maximumFractionDigits: decimals});
  };
  wf.percent = (figure, decimals = 1) => {
    const value = wf.valueOf(figure);
    return value === null ? wf.NONE : `${(100 * value).toFixed(decimals)} %`;
  };
  wf.signedPoints = (value) => `${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(1)}`;
  wf.interval = (figure, format) => wf.hasInterval(figure)
    ? `${format(figure.low)}–${format(figure.high)}` : "";
  // Of a share as percent, without the sign.
  wf.bare = (figure) => (wf.valueOf(figure) === null ? wf.NONE : (100 * wf.valueOf(figure)).toFixed(1));
  wf.p = (value) => !wf.isNumber(value) ? wf.NONE : value < 0.001 ? "< 0.001" : value.toFixed(3);

  wf.buildName = (pair) => pair.build.quantization
    ? `${pair.build.engine}-${pair.build.quantization}` : pair.build.engine;

  // Gives every pair the shortest label that no other pair has.
  wf.labelPairs = function (pairs) {
    const parts = [(p) => p.model, (p) => p.accelerator, wf.buildName, (p) => p.condition];
    for (const pair of pairs) {
      for (let used = 1; used <= parts.length; used++) {
        const label = (p) => parts.slice(0, used).map((part) => part(p)).join(" · ");
        pair.label = label(pair);
        if (pairs.filter((other) => label(other) === pair.label).length === 1) break;
      }
    }
  };

  wf.side = (pair) => (pair.location === "cloud" ? "cloud" : "local");

  // A table: columns [{title, cell(row), name?, text?}], rows of anything.
  wf.table = function (caption, columns, rows) {
    const head = wf.el("tr", {}, columns.map((column) =>
      wf.el(column.name || column.text ? "th.name" : "th", {scope: "col"}, column.title)));
    const body = rows.map((row) => wf.el("tr", {}, columns.map((column, at) => {
      const content = column.cell(row);
      if (at === 0) return wf.el("th.name", {scope: "row"}, content);
      return wf.el(column.text ? "td.text" : column.name ? "td.name" : "td", {}, content);
    })));
    return wf.el("div.scroll", {tabindex: "0", role: "region", "aria-label": caption},
      wf.el(columns.length > 8 ? "table.many" : columns.length < 4 ? "table.few" : "table", {}, wf.el("caption", {}, caption), wf.el("thead", {}, head),
        wf.el("tbody", {}, body)));
  };

  wf.absent = (what, reason) => wf.el("p.absent", {}, wf.el("strong", {}, `${what}: not shown. `), reason);

  const drawn = [];

  // A chart with a heading, drawn again when its place changes width, and its numbers as a table.
  // chart: {title, sub, points, draw(width) -> selection of svg, table, keys}
  wf.figure = function (chart) {
    const place = wf.el("div");
    const figure = wf.el("figure", {"data-chart": chart.title, "data-points": chart.points},
      wf.el("figcaption", {}, wf.el("h3", {}, chart.title), chart.sub && wf.el("span.sub", {}, chart.sub),
        chart.keys && wf.el("span.sub", {}, chart.keys)),
      place,
      chart.table && wf.el("details", {}, wf.el("summary", {}, "The numbers"), chart.table));
    drawn.push({place, chart, width: 0});
    return figure;
  };

  wf.drawAll = function (printWidth) {
    for (const item of drawn) {
      const width = Math.floor(printWidth ? Math.min(printWidth, item.chart.printWidth || printWidth)
                                          : item.place.clientWidth);
      if (width > 0 && width !== item.width) {
        item.width = width;
        item.place.replaceChildren(item.chart.draw(width).node());
      }
    }
  };

  // A swatch and what it stands for.
  wf.key = function (mark, text) {
    const svg = wf.svg(14, 12, "");
    svg.attr("role", null).attr("aria-label", null).attr("aria-hidden", "true");
    mark(svg);
    return wf.el("span.key", {}, svg.node(), text);
  };
  wf.dotKey = (name, text) =>
    wf.key((svg) => svg.append("circle").attr("class", name).attr("cx", 7).attr("cy", 6).attr("r", 4.5), text);
  wf.boxKey = (name, text) => wf.key((svg) => svg.append("rect").attr("class", name)
    .attr("y", 1).attr("width", 12).attr("height", 10), text);
  wf.lineKey = (name, text) => wf.key((svg) => svg.append("path").attr("class", name).attr("d", "M0,6H14"), text);
  wf.sideKeys = function (pairs) {
    const sides = new Set(pairs.map(wf.side));
    return [sides.has("local") && wf.dotKey("local", "local"), sides.has("cloud") && wf.dotKey("cloud", "cloud")];
  };
})();
