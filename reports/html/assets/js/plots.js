// The line charts over time, and what all charts share.

let kind = data.kinds[0];
let logarithmic = true;

const font = "12px system-ui, sans-serif";
const windowColor = (w) => color(w.kind === "fault" ? "fault-band" : "quiet-band");

// eachWindow calls with the left and right pixel of what is shaded.
const eachWindow = (u, draw) => {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, 0, width, top + height);
  u.ctx.clip();
  for (const w of data.windows) {
    const from = u.valToPos(w.start, "x", true);
    u.ctx.fillStyle = windowColor(w);
    draw(from, Math.max(u.valToPos(w.end, "x", true), from + devicePixelRatio));
  }
  u.ctx.restore();
};

const shade = (u) => eachWindow(u, (from, to) => u.ctx.fillRect(from, u.bbox.top, to - from, u.bbox.height));

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

const axis = (values, size, log) => ({
  stroke: () => color("dim"), font, size, values, ticks: { show: false },
  grid: {
    stroke: () => color("line"), width: 1,
    filter: (u, splits) => (log ? splits.map((v) => (Number.isInteger(+Math.log10(v).toFixed(9)) ? v : null)) : splits),
  },
});

// A value without neighbors has no line to be seen by: it is a dot.
const alone = (u, series) => {
  const v = u.data[series];
  return [...v.keys()].filter((i) => v[i] != null && v[i - 1] == null && v[i + 1] == null);
};

const width = (el) => Math.max(el.clientWidth, 200);

// overTime are the options of a chart over time. The cursor is shared; what is
// dragged over becomes the range of all of them.
const overTime = (el, height, more) => ({
  width: width(el), height,
  padding: [20, 14, 0, 0],
  cursor: {
    sync: { key: "weir", filters: { pub: (event) => event === "mousemove" || event === "mouseleave" } },
    drag: { x: true, y: false, dist: 4, setScale: false }, points: { size: 7 },
    bind: { dblclick: () => () => { setRange(whole()); return null; } },
  },
  ...more,
  scales: { x: { time: false, range: () => [range.from, range.to] }, ...more.scales },
  hooks: {
    drawClear: [shade], draw: [label], setSeries: [(u) => pressed(u)],
    setSelect: [(u) => {
      if (u.select.width === 0) return;
      const from = u.posToVal(u.select.left, "x"), to = u.posToVal(u.select.left + u.select.width, "x");
      u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
      setRange(snapped(from, to));
    }],
    ...more.hooks,
  },
});

// timeLabel is a multiple of a step: in seconds where they are the step, else
// in minutes and hours.
const timeLabel = (s, step) => {
  const h = Math.floor(s / 3600), m = Math.round(s % 3600 / 60);
  if (step % 60) return seconds(s);
  if (!h) return m + " m";
  return m ? `${h} h ${String(m).padStart(2, "0")} m` : h + " h";
};

const timeAxis = () => ({
  ...axis((u, ticks, i, space, step) => ticks.map((s) => timeLabel(s, step)), 30), space: 60,
  incrs: [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800],
});
const at = () => ({ label: "at", value: (u, v) => seconds(v) });

const lines = (el, height, series, format, log) => overTime(el, height, {
  scales: { y: log ? { distr: 3 } : { range: (u, min, max) => [0, (max || 1) * 1.08] } },
  axes: [timeAxis(), axis((u, ticks) => ticks.map((v) => (v == null ? "" : format(v))), 72, log)],
  series: [at(), ...series.map((s) => ({
    label: s.label, stroke: () => color(s.color), width: 1.6, dash: s.dash, points: { show: true, size: 4, filter: alone },
    value: (u, v) => format(v), spanGaps: false,
  }))],
});

const line = (label, c, dash) => ({ label, color: c, dash });

const latency = (el) => new uPlot(
  lines(el, 300, [line("p50", "s1"), line("p99", "s2"), line("max", "s3")], micros, logarithmic),
  [data.x, kind.p50, kind.p99, kind.max], el);

const throughput = (el) => new uPlot(
  lines(el, 240, [line("due", "s0", [5, 4]), line("acked", "s1"), line("received", "s2"), line("effects", "s3")], count, false),
  [data.x, data.flow.due, data.flow.acked, data.flow.received, data.flow.effects], el);

const lag = (el) => new uPlot(
  lines(el, 200, data.flow.lag.map((l, i) => line(l.group, "s" + (i % 4 + 1))), count, false),
  [data.x, ...data.flow.lag.map((l) => l.lag)], el);

// What brokers said of themselves, one series at a time.
let series = data.brokers[0];

const brokerValue = (v) => {
  if (v == null) return "–";
  if (series.unit === "share") return +(v * 100).toFixed(2) + "%";
  const number = Math.abs(v) >= 1e4 ? v.toFixed(0) : String(+v.toPrecision(4));
  return number + (series.unit === "1/s" ? "/s" : series.unit && " " + series.unit);
};

const brokers = (el) => new uPlot(
  lines(el, 220, series.brokers.map((b, i) => line(b, "s" + (i % 4 + 1), i < 4 ? undefined : [2 + i, 3])), brokerValue, false),
  [data.x, ...series.values], el);
