// The range of time that all charts show, and its percentiles. Those of
// intervals cannot be averaged; their histograms can be added.

const whole = () => ({ from: 0, to: data.end });
let range = whole();
const isWhole = () => range.from <= 0 && range.to >= data.end;

// snapped is a range of whole steps, at least one: the numbers of a range are
// those of the steps that are seen.
const snapped = (from, to) => {
  from = Math.max(Math.floor(from / data.step + 1e-6) * data.step, 0);
  to = Math.min(Math.ceil(to / data.step - 1e-6) * data.step, data.end);
  if (to <= from) from = Math.max((Math.ceil(to / data.step - 1e-6) - 1) * data.step, 0);
  return { from, to };
};

const stepsIn = (r) => [...data.x.keys()].filter((i) => data.x[i] > r.from - 1e-6 && i * data.step < r.to - 1e-6);

// pairs are the buckets of a step that are not empty, with their counts. They
// are embedded as the index of the first, then counts; a negative number stands
// for so many empty ones.
const pairs = (buckets) => {
  const all = [];
  let i = buckets ? buckets[0] : 0;
  for (const n of (buckets || []).slice(1)) {
    if (n < 0) i -= n;
    else all.push([i++, n]);
  }
  return all;
};

const add = (sum, all, sign) => all.forEach(([key, n]) => sum.set(key, (sum.get(key) || 0) + sign * n));

const middle = (bucket) => Math.pow(data.base, bucket + 0.5);

// samplesIn are those of a kind in a range, without those of the warm-up.
const samplesIn = (kind, r) => {
  const sum = new Map();
  let warm = 0, max = null;
  for (const i of stepsIn(r)) {
    const step = new Map(), excluded = pairs(kind.warm[i]);
    add(step, pairs(kind.buckets[i]), 1);
    add(step, excluded, -1);
    excluded.forEach(([, n]) => { warm += n; });
    const left = [...step].filter(([, n]) => n > 0);
    if (!left.length) continue;
    // The exact maximum of a step may be the warm-up's.
    const high = kind.warm[i] ? middle(Math.max(...left.map(([b]) => b))) : kind.max[i];
    max = Math.max(max, high);
    add(sum, left, 1);
  }
  const sorted = [...sum].sort((a, b) => a[0] - b[0]);
  const n = sorted.reduce((all, [, c]) => all + c, 0);
  return { sorted, n, warm, max };
};

const need = (q) => Math.round(100 / (1 - q));

// quantile is by nearest rank; what stands for a bucket is within 5% of all
// that it holds.
const quantile = (samples, q) => {
  let left = Math.ceil(q * samples.n * (1 - 1e-12)) || 1;
  for (const [bucket, n] of samples.sorted) {
    left -= n;
    if (left <= 0) return Math.min(middle(bucket), samples.max);
  }
  return null;
};

// The tables of figures say exact ones of the whole run, as they were written.
// A row of hops beyond those that are embedded has none of a range.
const tables = [["#figures", data.kinds], ["#hop-figures", data.hops]].map(([table, of]) => ({
  of, rows: [...document.querySelectorAll(table + " tbody tr")].map((tr) => {
    const cells = [...tr.querySelectorAll("td:not(.beside)")];
    return { cells, written: cells.map((td) => ({ text: td.innerText, withheld: td.className === "withheld" })) };
  }),
}));

// atMost writes a latency; those of the first bucket go down to 0.
const atMost = (us) => (us != null && us <= middle(0) ? "≤ 1 µs" : micros(us));

const figures = (s) => [
  { text: count(s.n) },
  ...data.quantiles.map((q) => (s.n < need(q) ? { text: `not judged\n(n < ${count(need(q))})`, withheld: true } : { text: atMost(quantile(s, q)) })),
  { text: atMost(s.max) },
];

const rangeName = () => `${seconds(range.from)} to ${seconds(range.to)}`;

const wholeRun = data.windows.some(({ kind }) => kind === "warmup") ? "Whole run, without warm-up" : "Whole run";

const showFigures = () => {
  byId("reset").disabled = isWhole();
  byId("from").value = +range.from.toFixed(2);
  byId("to").value = +range.to.toFixed(2);
  let warm = 0;
  tables.forEach(({ of, rows }) => rows.forEach(({ cells, written }, k) => {
    const s = !isWhole() && of[k] ? samplesIn(of[k], range) : null;
    (s ? figures(s) : isWhole() ? written : written.map(() => ({ text: "–" }))).forEach(({ text, withheld }, i) => {
      cells[i].innerText = text;
      cells[i].className = withheld ? "withheld" : "";
    });
    warm = Math.max(warm, s ? s.warm : 0);
  }));
  document.querySelectorAll(".range-name").forEach((name) => {
    name.textContent = isWhole() ? wholeRun
      : `${rangeName()}: percentiles ±5%${warm ? ", without the samples of the warm-up" : ""}`;
  });
};
