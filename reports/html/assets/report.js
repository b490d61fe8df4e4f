// The live charts of the report. The page is complete without this file; it
// reads the JSON of the element "data" and asks nothing of any network.
(() => {
  "use strict";
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);

  // Numbers in the words of the rest of the page: three digits, fitting unit.
  const digits = (v) => String(+v.toPrecision(3));
  const micros = (v) => {
    if (v == null) return "–";
    if (v < 999.5) return digits(v) + " µs";
    if (v < 999500) return digits(v / 1e3) + " ms";
    if (v < 59.95e6) return digits(v / 1e6) + " s";
    const s = Math.round(v / 1e6);
    return Math.floor(s / 60) + " m " + String(s % 60).padStart(2, "0") + " s";
  };
  const count = (v) => (v == null ? "–" : Math.round(v).toLocaleString("en-US"));
  const seconds = (v) => (v == null ? "–" : digits(v) + " s");
  const color = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();

  // Percentiles of a range of time, from the embedded buckets: those of
  // intervals cannot be averaged, their histograms can be added.
  const percentiles = (kind, from, to) => {
    const sum = new Map();
    let n = 0, max = null;
    data.x.forEach((x, i) => {
      if (x < from || x > to || !kind.buckets[i]) return;
      const b = kind.buckets[i];
      for (let j = 0; j < b.length; j += 2) sum.set(b[j], (sum.get(b[j]) || 0) + b[j + 1]);
      n += kind.count[i];
      if (kind.max[i] != null) max = Math.max(max, kind.max[i]);
    });
    const at = (q) => {
      let left = Math.ceil(q * n);
      for (const [bucket, c] of [...sum].sort((a, b) => a[0] - b[0])) {
        left -= c;
        if (left <= 0) return Math.pow(data.base, bucket + 0.5);
      }
      return null;
    };
    const judged = (q) => {
      const need = Math.round(100 / (1 - q));
      return n < need ? "not judged (n < " + count(need) + ")" : micros(at(q));
    };
    return { n, p50: judged(0.5), p99: judged(0.99), max: micros(max) };
  };

  const charts = [];
  let kind = data.kinds[0];
  let logarithmic = true;

  const shade = (u) => {
    const { left, top, width, height } = u.bbox;
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(left, top, width, height);
    u.ctx.clip();
    for (const w of data.windows) {
      const from = u.valToPos(w.start, "x", true);
      const to = Math.max(u.valToPos(w.end, "x", true), from + devicePixelRatio);
      u.ctx.fillStyle = color(w.kind === "fault" ? "fault-band" : "quiet-band");
      u.ctx.fillRect(from, top, to - from, height);
    }
    u.ctx.restore();
  };

  // Each fault is named above its window, as far as there is room.
  const label = (u) => {
    const { left, top, width } = u.bbox;
    u.ctx.save();
    u.ctx.font = 11 * devicePixelRatio + "px system-ui, sans-serif";
    u.ctx.fillStyle = color("fail");
    u.ctx.textBaseline = "top";
    u.ctx.textAlign = "left";
    const faults = data.windows.filter((w) => w.kind === "fault").sort((a, b) => a.start - b.start);
    faults.forEach((w, i) => {
      const from = Math.max(u.valToPos(w.start, "x", true), left);
      const next = i + 1 < faults.length ? u.valToPos(faults[i + 1].start, "x", true) : left + width;
      const room = Math.min(next, left + width) - from - 4 * devicePixelRatio;
      let text = w.label;
      if (u.valToPos(w.end, "x", true) < left) return;
      while (text.length > 3 && u.ctx.measureText(text).width > room) text = text.slice(0, -2).trimEnd() + "…";
      if (text.length > 3) u.ctx.fillText(text, from, top - 15 * devicePixelRatio);
    });
    u.ctx.restore();
  };

  const zoomed = (u) => {
    const { min, max } = u.scales.x;
    if (min == null) return;
    const whole = min <= 0 && max >= data.end;
    byId("reset").disabled = whole;
    byId("from").value = +Math.max(min, 0).toFixed(2);
    byId("to").value = +Math.min(max, data.end).toFixed(2);
    if (whole || !kind) {
      byId("range").textContent = "Drag across a chart to zoom: percentiles of the range appear here.";
      return;
    }
    const p = percentiles(kind, min, max);
    byId("range").textContent = `${kind.name}: p50 ${p.p50}, p99 ${p.p99} (±5%), max ${p.max}, ${count(p.n)} samples`;
  };

  const axis = (values, size, log) => ({
    stroke: () => color("dim"), font: "12px system-ui, sans-serif", size, values, ticks: { show: false },
    grid: {
      stroke: () => color("line"), width: 1,
      filter: (u, splits) => (log ? splits.map((v) => (Number.isInteger(Math.log10(v)) ? v : null)) : splits),
    },
  });

  // A value without neighbors has no line to be seen by: it is a dot.
  const alone = (u, series) => {
    const v = u.data[series];
    return [...v.keys()].filter((i) => v[i] != null && v[i - 1] == null && v[i + 1] == null);
  };

  const options = (el, height, series, format, log) => ({
    width: Math.max(el.clientWidth, 200), height,
    padding: [20, 10, 0, 0],
    cursor: { sync: { key: "weir" }, drag: { x: true, y: false, dist: 4 }, points: { size: 7 } },
    scales: {
      x: { time: false, range: (u, min, max) => (min == null || min === data.x[0] && max === data.x[data.x.length - 1] ? [0, data.end] : [min, max]) },
      y: log ? { distr: 3 } : { range: (u, min, max) => [0, (max || 1) * 1.08] },
    },
    axes: [axis((u, ticks) => ticks.map(seconds), 30), axis((u, ticks) => ticks.map((v) => (v == null ? "" : format(v))), 72, log)],
    series: [{ label: "at", value: (u, v) => seconds(v) }, ...series.map((s) => ({
      label: s.label, stroke: () => color(s.color), width: 1.6, dash: s.dash, points: { show: true, size: 4, filter: alone },
      value: (u, v) => format(v), spanGaps: false,
    }))],
    hooks: { drawClear: [shade], draw: [label], setScale: [(u, key) => key === "x" && u === charts[0] && zoomed(u)] },
  });

  // The legend switches lines on and off: by mouse already, here by keyboard.
  const reachable = (u) => u.root.querySelectorAll(".u-series th").forEach((th, i) => {
    if (i === 0) return;
    th.tabIndex = 0;
    th.setAttribute("role", "button");
    th.addEventListener("keydown", (e) => {
      if (e.key !== "Enter" && e.key !== " ") return;
      e.preventDefault();
      u.setSeries(i, { show: !u.series[i].show });
    });
  });

  const line = (label, c, dash) => ({ label, color: c, dash });
  const build = {
    latency: (el) => new uPlot(
      options(el, 300, [line("p50", "s1"), line("p99", "s2"), line("max", "s3")], micros, logarithmic),
      [data.x, kind.p50, kind.p99, kind.max], el),
    throughput: (el) => new uPlot(
      options(el, 240, [line("due", "s0", [5, 4]), line("acked", "s1"), line("received", "s2"), line("effects", "s3")], count, false),
      [data.x, data.flow.due, data.flow.acked, data.flow.received, data.flow.effects], el),
    lag: (el) => new uPlot(
      options(el, 200, data.flow.lag.map((l, i) => line(l.group, "s" + (i % 4 + 1))), count, false),
      [data.x, ...data.flow.lag.map((l) => l.lag)], el),
  };

  const draw = () => {
    const range = charts.length ? { ...charts[0].scales.x } : null;
    charts.splice(0).forEach((u) => u.destroy());
    document.querySelectorAll("[data-chart]").forEach((el) => {
      const u = build[el.dataset.chart](el);
      charts.push(u);
      reachable(u);
    });
    if (charts.length) zoom(range ? range.min : 0, range ? range.max : data.end);
  };

  const zoom = (min, max) => charts.forEach((u) => u.setScale("x", { min, max }));

  const typed = () => {
    const from = parseFloat(byId("from").value), to = parseFloat(byId("to").value);
    if (from < to) zoom(Math.max(from, 0), Math.min(to, data.end));
  };

  root.classList.add("js");
  byId("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    charts.forEach((u) => u.redraw());
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach((u) => u.redraw()));
  if (!document.querySelector("[data-chart]")) return;

  document.querySelectorAll("input[name=kind]").forEach((input) => input.addEventListener("change", () => {
    kind = data.kinds.find((k) => k.kind === input.value);
    draw();
  }));
  if (byId("log")) byId("log").addEventListener("change", (e) => {
    logarithmic = e.target.checked;
    draw();
  });
  byId("from").addEventListener("change", typed);
  byId("to").addEventListener("change", typed);
  byId("zoom").addEventListener("submit", (e) => { e.preventDefault(); typed(); });
  byId("reset").addEventListener("click", () => zoom(0, data.end));
  let width = 0;
  new ResizeObserver(() => {
    const el = document.querySelector("[data-chart]");
    if (el.clientWidth === width) return;
    width = el.clientWidth;
    charts.forEach((u) => u.setSize({ width: Math.max(u.root.parentElement.clientWidth, 200), height: u.height }));
  }).observe(document.querySelector("[data-chart]"));
  draw();
})();
