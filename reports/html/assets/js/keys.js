// The keyboard: each chart takes the focus, its arrows move the shared cursor,
// and the range with Shift; + and − zoom around the cursor, 0 shows all.

// said are the words of heatmaps, which have no lines.
const said = {
  heat: (i) => `${stepName(i)}: ${kind.name}, ${count(kind.count[i])} samples, p50 ${micros(kind.p50[i])}, p99 ${micros(kind.p99[i])}`,
  partitions: (i) => {
    const column = layer.values.map((row) => row[i] ?? 0), high = Math.max(...column), low = Math.min(...column);
    const words = (v) => `${layer.rows[column.indexOf(v)]} ${layer.unit ? rate(v) : count(v)}`;
    return `${stepName(i)}: ${layer.name}, highest ${words(high)}, lowest ${words(low)}`;
  },
};

const say = (u) => {
  const i = u.cursor.idx, words = said[u.root.parentElement.dataset.chart];
  if (i == null) return;
  const values = u.series.map((s, j) => (s.show && s.value ? s.value(u, u.data[j][i]) : null));
  byId("said").textContent = words ? words(i)
    : `${values[0]}: ${u.series.map((s, j) => (j && values[j] != null ? `${s.label} ${values[j]}` : "")).filter(Boolean).join(", ")}`;
};

const moveCursor = (u, by) => {
  const x = u.data[0], shown = [...x.keys()].filter((i) => x[i] >= u.scales.x.min && x[i] <= u.scales.x.max);
  if (!shown.length) return;
  const now = u.cursor.idx == null ? (by > 0 ? shown[0] - 1 : shown[shown.length - 1] + 1) : u.cursor.idx;
  const i = Math.min(Math.max(now + by, shown[0]), shown[shown.length - 1]);
  u.setCursor({ left: u.valToPos(x[i], "x"), top: u.over.clientHeight / 2 }, true, true);
  say(u);
};

const zoomBy = (u, factor) => {
  const i = u.cursor.idx, center = i == null ? (range.from + range.to) / 2 : data.x[i];
  const length = Math.min((range.to - range.from) * factor, data.end);
  const from = Math.min(Math.max(center - length / 2, 0), data.end - length);
  setRange(snapped(from, from + length));
};

const pan = (by) => {
  const length = range.to - range.from;
  const from = Math.min(Math.max(range.from + by * Math.max(length / 4, data.step), 0), data.end - length);
  setRange({ from, to: from + length });
};

const keys = (u, timed) => (e) => {
  if (e.ctrlKey || e.altKey || e.metaKey || e.target !== u.root.parentElement) return;
  const act = {
    ArrowLeft: () => (e.shiftKey && timed ? pan(-1) : moveCursor(u, -1)),
    ArrowRight: () => (e.shiftKey && timed ? pan(1) : moveCursor(u, 1)),
    "+": () => timed && zoomBy(u, 0.5), "=": () => timed && zoomBy(u, 0.5), "-": () => timed && zoomBy(u, 2),
    0: () => setRange(whole()), Escape: () => setRange(whole()),
  }[e.key];
  if (!act) return;
  e.preventDefault();
  act();
};

// The legend switches lines on and off: by mouse already, here by keyboard.
const entries = (u) => [...u.root.querySelectorAll(".u-series th")].slice(1); // without that of time

const pressed = (u) => entries(u).forEach((th, i) => th.setAttribute("aria-pressed", u.series[i + 1].show));

const reachable = (u) => {
  entries(u).forEach((th, i) => {
    th.tabIndex = 0;
    th.setAttribute("role", "button");
    th.addEventListener("keydown", (e) => {
      if (e.key !== "Enter" && e.key !== " ") return;
      e.preventDefault();
      u.setSeries(i + 1, { show: !u.series[i + 1].show });
    });
  });
  pressed(u);
};
