// The percentile curve: exact over the whole run, from the embedded buckets
// over a part of it.

const curveOf = (kind) => {
  if (isWhole()) return kind.curve;
  const s = samplesIn(kind, range);
  return data.curve.filter((q) => s.n >= need(q)).map((q) => quantile(s, q));
};

const compared = data.kinds.filter((k) => data.lines[k.kind]);
const baselines = compared.filter((k) => k.baseline); // of whole runs, whatever the range is

const curves = () => {
  const all = [...compared.map(curveOf), ...baselines.map((k) => k.baseline)];
  const longest = Math.max(...all.map((c) => c.length));
  const qs = data.curve.slice(0, longest);
  return [qs.map((q) => Math.log10(1 / (1 - q))), ...all.map((c) => qs.map((_, i) => c[i] ?? null))];
};

const percentiles = (el) => new uPlot({
  width: width(el), height: 280, padding: [14, 22, 0, 0],
  cursor: { drag: { x: false, y: false }, points: { size: 7 } },
  scales: { x: { time: false, range: (u, min, max) => [0, max || 1] }, y: { distr: 3 } },
  axes: [
    { ...axis((u, ticks) => ticks.map((x) => quantileName(1 - Math.pow(10, -x))), 30), splits: (u, i, min, max) => [0, 1, 2, 3, 4, 5].filter((x) => x <= max + 1e-9) },
    axis((u, ticks) => ticks.map((v) => (v == null ? "" : micros(v))), 72, true),
  ],
  hooks: { setSeries: [(u) => pressed(u)] },
  series: [{ label: "at", value: (u, x) => (x == null ? "–" : quantileName(1 - Math.pow(10, -x))) }, ...compared.map((k) => ({
    label: k.from ? `${k.name} (${k.from} → ${k.to})` : k.name, stroke: () => color(data.lines[k.kind]),
    width: 1.8, dash: k.kind === "send" ? [5, 4] : undefined, points: { show: false }, value: (u, v) => micros(v),
  })), ...baselines.map((k) => ({
    label: `${k.name}, baseline`, stroke: () => color(data.lines[k.kind]), width: 1.4, dash: [2, 4], points: { show: false }, value: (u, v) => micros(v),
  }))],
}, curves(), el);

const showCurves = (u) => {
  byId("curve-range").textContent = isWhole() ? "the whole run" : rangeName() + " (±5%)";
  u.setData(curves());
};
