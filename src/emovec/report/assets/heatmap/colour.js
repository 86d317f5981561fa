/* Colours, mixed in OKLab so that equal steps look equal; ink stays readable on all of them. */
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";

function labOf(hex) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const [l, m, s] = [
    0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
    0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
    0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
  ].map(Math.cbrt);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
function rgbOf([L, a, b]) {
  const [l, m, s] = [L + 0.3963377774 * a + 0.2158037573 * b, L - 0.1055613458 * a - 0.0638541728 * b, L - 0.0894841775 * a - 1.291485548 * b].map((x) => x ** 3);
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((c) => Math.round(255 * Math.min(1, Math.max(0, c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055))));
}
const lch = (L, C, hue) => [L, C * Math.cos((hue * Math.PI) / 180), C * Math.sin((hue * Math.PI) / 180)];
const mixed = (from, to, share) => from.map((x, i) => x + (to[i] - x) * share);

/* One emotion: blue (-100) over the paper's colour (0) to red (100). */
const STEPS = 100;
/* Valence across, arousal up: a wheel of hues whose middle is the paper's colour. GRID cells from -1 to 1 on each side. */
const GRID = 41, HALF = (GRID - 1) / 2;
const HUES = [[-45, 165], [45, 90], [135, 27], [225, -95], [315, -195]]; /* angle -> hue: serene teal, elated gold, distressed red, dejected blue */
function hueAt(angle) {
  const at = ((angle + 45 + 360) % 360) - 45;
  const k = HUES.findIndex(([a], i) => at >= a && at <= HUES[i + 1][0]);
  const [[a0, h0], [a1, h1]] = [HUES[k], HUES[k + 1]];
  return h0 + ((h1 - h0) * (at - a0)) / (a1 - a0);
}

let palette = null;
function readPalette() {
  const dark = isDark();
  const paper = labOf(getComputedStyle(root).getPropertyValue("--paper").trim());
  const up = dark ? lch(0.5, 0.17, 27) : lch(0.7, 0.175, 27);
  const down = dark ? lch(0.5, 0.135, 256) : lch(0.73, 0.12, 250);
  const line = [];
  for (let i = -STEPS; i <= STEPS; i++) line.push(rgbOf(mixed(paper, i < 0 ? down : up, Math.abs(i) / STEPS)));
  const wheel = [];
  for (let x = -HALF; x <= HALF; x++) {
    for (let y = -HALF; y <= HALF; y++) {
      const angle = (Math.atan2(y, x) * 180) / Math.PI;
      const bright = Math.cos(((angle - 60) * Math.PI) / 180);
      const rim = dark ? lch(0.54 + 0.05 * bright, 0.135, hueAt(angle)) : lch(0.78 + 0.07 * bright, 0.14, hueAt(angle));
      wheel.push(rgbOf(mixed(paper, rim, Math.min(1, Math.hypot(x, y) / HALF))));
    }
  }
  const css = (colours) => colours.map(([r, g, b]) => `rgb(${r},${g},${b})`);
  const style = getComputedStyle(root);
  const roles = Object.fromEntries(["user", "assistant", "system", "tool", "thinking", "text"].map((role) => [role, style.getPropertyValue(`--role-${role}`).trim()]));
  palette = { line, wheel, lineCss: css(line), wheelCss: css(wheel), roles, muted: style.getPropertyValue("--muted").trim() };
}
const clip = (value) => (value > 1 ? 1 : value < -1 ? -1 : value);
const lineIndex = (level) => Math.round(clip(level) * STEPS) + STEPS;
const wheelIndex = (x, y) => (Math.round(clip(x) * HALF) + HALF) * GRID + Math.round(clip(y) * HALF) + HALF;
