// Numbers in the words of the rest of the page: three digits, fitting unit.

const digits = (v) => String(+v.toPrecision(3));

const micros = (v) => {
  if (v == null) return "–";
  if (v < 999.5) return digits(v) + " µs";
  if (v < 999500) return digits(v / 1e3) + " ms";
  if (v < 59.95e6) return digits(v / 1e6) + " s";
  const s = Math.round(v / 1e6), m = Math.round(s / 60);
  if (s < 3570) return Math.floor(s / 60) + " m " + String(s % 60).padStart(2, "0") + " s";
  return Math.floor(m / 60) + " h " + String(m % 60).padStart(2, "0") + " m";
};

const count = (v) => (v == null ? "–" : Math.round(v).toLocaleString("en-US"));
const rate = (v) => (v == null ? "–" : (v >= 999.5 ? count(v) : digits(v)) + "/s");
const seconds = (v) => (v == null ? "–" : +v.toFixed(2) + " s");
const quantileName = (q) => "p" + +(q * 100).toFixed(6);

// color is one of the page's own, in the theme that is shown.
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
