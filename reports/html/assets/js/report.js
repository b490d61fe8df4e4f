// What is shown when: the charts, the theme, the range. The page is complete
// without these files; they read the JSON of the element "data" and ask
// nothing of any network.

const build = { latency, heat, throughput, partitions, lag, brokers, percentiles };
const charts = new Map(); // element to chart
const isTimed = (el) => el.dataset.chart !== "percentiles";

const draw = (el) => {
  if (charts.has(el)) charts.get(el).destroy();
  el.textContent = "";
  const u = build[el.dataset.chart](el);
  charts.set(el, u);
  reachable(u);
  el.onkeydown = keys(u, isTimed(el));
};

const redraw = (...names) => [...charts.keys()].filter((el) => names.includes(el.dataset.chart)).forEach(draw);

// setRange shows a range in every chart and every number of it, and keeps it
// in the address, so that a link leads back to it.
const setRange = (r, keep = true) => {
  range = r;
  charts.forEach((u, el) => (isTimed(el) ? u.setScale("x", { min: r.from, max: r.to }) : showCurves(u)));
  if (tables[0].rows.length) showFigures();
  if (keep) history.replaceState(null, "", isWhole() ? "#charts" : `#range=${+r.from.toFixed(2)}-${+r.to.toFixed(2)}`);
};

const linked = () => {
  const m = /^#range=([\d.]+)-([\d.]+)$/.exec(location.hash);
  if (!m || !(+m[1] < +m[2]) || +m[1] >= data.end) return;
  setRange(snapped(+m[1], +m[2]), false);
  byId("charts").scrollIntoView();
};

const typed = () => {
  const from = parseFloat(byId("from").value), to = parseFloat(byId("to").value);
  if (from < to && from < data.end) setRange(snapped(from, to));
};

const listen = () => {
  document.querySelectorAll("input[name=kind]").forEach((input) => input.addEventListener("change", () => {
    kind = data.kinds.find((k) => k.kind === input.value);
    redraw("latency", "heat");
  }));
  document.querySelectorAll("input[name=layer]").forEach((input) => input.addEventListener("change", () => {
    layer = data.layers[input.value];
    redraw("partitions");
  }));
  document.querySelectorAll("input[name=series]").forEach((input) => input.addEventListener("change", () => {
    series = data.brokers[input.value];
    redraw("brokers");
  }));
  if (byId("log")) byId("log").addEventListener("change", (e) => {
    logarithmic = e.target.checked;
    redraw("latency");
  });
  if (byId("zoom")) {
    byId("from").addEventListener("change", typed);
    byId("to").addEventListener("change", typed);
    byId("zoom").addEventListener("submit", (e) => { e.preventDefault(); typed(); });
    byId("reset").addEventListener("click", () => setRange(whole()));
  }
  addEventListener("hashchange", linked);
};

const repaint = () => charts.forEach((u) => u.redraw());

root.classList.add("js");
byId("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  repaint();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

const plots = document.querySelectorAll("[data-chart]");
plots.forEach((el) => {
  el.tabIndex = 0;
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", el.dataset.title + ", chart: arrow keys move the cursor, plus and minus zoom, 0 shows the whole run");
  draw(el);
});
if (plots.length) {
  let before = plots[0].clientWidth;
  new ResizeObserver(() => {
    if (plots[0].clientWidth === before) return;
    before = plots[0].clientWidth;
    charts.forEach((u, el) => u.setSize({ width: width(el), height: u.height }));
  }).observe(plots[0]);
  if (tables[0].rows.length) showFigures();
  listen();
  linked();
}
