// The heatmaps: latency over time and partitions over time. The page's keys of
// shades give the colors.

let layer = data.layers[0];

const shadeStyle = (level) => {
  const s = getComputedStyle(document.querySelector(".swatch .h" + level));
  return { fill: s.fill, alpha: +s.fillOpacity };
};

// strip marks what other charts shade, above the cells.
const strip = (u) => eachWindow(u, (from, to) => {
  const h = 5 * devicePixelRatio;
  for (let i = 0; i < 4; i++) u.ctx.fillRect(from, u.bbox.top - h, to - from, h); // four times as dense
});

// paint fills the cells of the range. low and high bound a row on the y scale.
const paint = (rows, low, high, levelOf) => (u) => {
  const styles = [1, 2, 3, 4, 5, 6].map(shadeStyle);
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  u.ctx.clip();
  for (const i of stepsIn(range)) {
    const left = Math.round(u.valToPos(i * data.step, "x", true));
    const right = Math.round(u.valToPos(Math.min((i + 1) * data.step, data.end), "x", true));
    for (const row of rows) {
      const level = levelOf(i, row);
      if (!level) continue;
      const top = Math.round(u.valToPos(high(row), "y", true)), bottom = Math.round(u.valToPos(low(row), "y", true));
      u.ctx.fillStyle = styles[level - 1].fill;
      u.ctx.globalAlpha = styles[level - 1].alpha;
      u.ctx.fillRect(left, top, right - left, bottom - top);
    }
  }
  u.ctx.restore();
};

// readout says what is below the cursor.
const readout = (id, text) => (u) => {
  const { idx, top } = u.cursor;
  const here = idx != null && top >= 0 && u.over.matches(":hover");
  byId(id).textContent = here && text(idx, u.posToVal(top, "y")) || "Point at a cell to read it.";
};

const stepName = (i) => `${seconds(i * data.step)} to ${seconds(Math.min((i + 1) * data.step, data.end))}`;

const cellsOf = (kind) => kind.buckets.map((b) => {
  const rows = new Map();
  add(rows, pairs(b).map(([i, n]) => [Math.floor(i / data.rows), n]), 1);
  return rows;
});

// roundTicks are powers of ten, or within two of them 1, 2 and 5 of each.
const roundTicks = (low, high) => {
  const ticks = [];
  for (let p = Math.pow(10, Math.floor(Math.log10(low))); p <= high; p *= 10) {
    ticks.push(...(high / low > 100 ? [p] : [p, 2 * p, 5 * p]));
  }
  return ticks.filter((t) => t >= low && t <= high);
};

const noLines = { legend: { show: false } };

const heat = (el) => {
  const counts = cellsOf(kind);
  const low = (row) => Math.pow(data.base, row * data.rows), high = (row) => low(row + 1);
  const all = [...new Set(counts.flatMap((c) => [...c.keys()]))];
  const seen = () => {
    const rows = stepsIn(range).flatMap((i) => [...counts[i].keys()]);
    const first = Math.min(...rows), last = Math.max(...rows, first + 11); // at least a factor of ten
    return rows.length ? [low(first), high(last)] : [1, 10];
  };
  const level = (i, row) => {
    const n = counts[i].get(row) || 0;
    return n ? data.shares.filter((s) => n > s * kind.count[i]).length : 0;
  };
  byId("heat-kind").textContent = kind.name + ":";
  return new uPlot(overTime(el, 260, {
    ...noLines,
    scales: { y: { distr: 3, range: seen } },
    axes: [timeAxis(), { ...axis((u, ticks) => ticks.map(micros), 72), splits: (u) => roundTicks(...seen()) }],
    series: [{}, {}],
    hooks: {
      drawClear: [strip], draw: [paint(all, low, high, level), label],
      setCursor: [readout("heat-at", (i, us) => {
        const row = Math.floor(Math.log(us) / Math.log(data.base) / data.rows + 1e-9);
        const n = counts[i].get(row) || 0;
        return `${stepName(i)}: ${count(n)} of ${count(kind.count[i])} samples from ${row ? micros(low(row)) : "0"} to ${micros(high(row))}`;
      })],
    },
  }), [data.x, data.x.map(() => null)], el);
};

const shortened = (name, most) => (name.length > most ? "…" + name.slice(1 - most) : name);

const partitions = (el) => {
  const rows = layer.rows, n = rows.length;
  const most = el.clientWidth < 600 ? 12 : 22;
  const names = rows.map((r) => shortened(r, most));
  const size = 14 + 7 * Math.max(...names.map((r) => r.length));
  const each = Math.ceil(n / 24); // one name in so many, if there is not room for all
  const value = (i, row) => layer.values[row][i];
  byId("layer-full").textContent = layer.unit ? rate(layer.full) : count(layer.full) + " records";
  return new uPlot(overTime(el, 60 + Math.min(Math.max(n * 16, 60), 420), {
    ...noLines,
    scales: { y: { range: () => [0, n] } },
    axes: [timeAxis(), {
      ...axis((u, ticks) => ticks.map((v) => names[n - 1 - Math.floor(v)]), size),
      splits: () => [...rows.keys()].filter((i) => (n - 1 - i) % each === 0).map((i) => i + 0.5), grid: { show: false },
    }],
    series: [{}, {}],
    hooks: {
      drawClear: [strip],
      draw: [paint([...rows.keys()], (row) => n - 1 - row, (row) => n - row, (i, row) => Math.min(Math.ceil(6 * (value(i, row) || 0) / layer.full), 6)), label],
      setCursor: [readout("partitions-at", (i, y) => {
        const row = n - 1 - Math.floor(y), v = rows[row] == null ? null : value(i, row);
        return v == null ? "" : `${stepName(i)}: ${rows[row]}, ${layer.name} ${layer.unit ? rate(v) : count(v)}`;
      })],
    },
  }), [data.x, data.x.map(() => null)], el);
};
