/* What is shown, how it changes, and the keys. */
const view = {
  emotion: 0, block: blocks[0], plane: false, fromMean: false, ownScale: false, frame: true, cursor: -1, ready: false,
  track: null, valence: null, arousal: null, scale: 1, planeScale: [1, 1], means: [], planeMeans: [[], []], peaks: [], peak: -1,
  hasPlane: Boolean(about.plane),
  get name() { return emotions[this.emotion]; },
  /* index into the palette, -1 where nothing was read */
  indexOf(token) {
    if (!this.ready) return -1;
    if (!this.plane) { const value = this.track[token]; return value === value ? lineIndex(value / this.scale) : -1; }
    const x = this.valence[token];
    return x === x ? wheelIndexOf(x / this.planeScale[0], this.arousal[token] / this.planeScale[1]) : -1;
  },
  /* [level, 0], or valence and arousal; in units of full colour, not clipped */
  levelOf(token) {
    const x = this.plane ? this.valence[token] / this.planeScale[0] : this.track[token] / this.scale;
    return x === x ? [x, this.plane ? this.arousal[token] / this.planeScale[1] : 0] : null;
  },
  weightOf(token) {
    return this.plane ? Math.hypot(this.valence[token] / this.planeScale[0], this.arousal[token] / this.planeScale[1]) : Math.abs(this.track[token]);
  },
  colourOf(token) {
    const index = this.indexOf(token);
    return index < 0 ? null : (this.plane ? palette.wheelCss : palette.lineCss)[index];
  },
  saysMean(p) {
    if (!this.ready) return "…";
    return this.plane ? `${signed(this.planeMeans[0][p], planeDigits)} / ${signed(this.planeMeans[1][p], planeDigits)}` : signed(this.means[p]);
  },
  colourOfMean(p) {
    if (!this.ready) return null;
    if (!this.plane) return this.means[p] === this.means[p] ? palette.lineCss[lineIndex(this.means[p] / this.scale)] : null;
    const [x, y] = [this.planeMeans[0][p] / this.planeScale[0], this.planeMeans[1][p] / this.planeScale[1]];
    return x === x ? palette.wheelCss[wheelIndexOf(x, y)] : null;
  },
  meanWeight(p) { return this.plane ? Math.hypot(this.planeMeans[0][p] / this.planeScale[0], this.planeMeans[1][p] / this.planeScale[1]) : this.means[p]; },
};
const wheelIndexOf = (x, y) => { const size = Math.max(1, Math.hypot(x, y)); return wheelIndex(x / size, y / size); };

/* Tracks of what is chosen. */
function measure() {
  const block = view.block;
  const centred = (track) => {
    if (!view.fromMean) return track;
    const mean = overall(track);
    return track.map((value) => value - mean);
  };
  view.track = centred(trackOf(block, view.emotion));
  view.scale = view.ownScale ? percentile99(view.track) : view.fromMean ? block.scale_from_mean : block.scale;
  view.means = meansOf(view.track);
  if (view.hasPlane) {
    view.valence = centred(trackOf(block, emotions.length));
    view.arousal = centred(trackOf(block, emotions.length + 1));
    view.planeScale = [percentile99(view.valence), percentile99(view.arousal)];
    view.planeMeans = [meansOf(view.valence), meansOf(view.arousal)];
  }
  view.ready = true;
  const weights = view.plane ? view.valence.map((_, i) => view.weightOf(i)) : view.track;
  view.peaks = peaksOf(weights);
  view.peak = -1;
}

function refresh() {
  document.body.classList.toggle("plane", view.plane);
  measure();
  hideCard();
  recolour();
  fillTurns();
  fillLegend();
  drawStrip();
  const what = view.plane ? "valence and arousal" : view.name;
  byId("now").textContent = what;
  byId("now-block").textContent = `block ${view.block.block}`;
  sayPeaks();
  for (const input of document.querySelectorAll("input[type=radio], input[type=checkbox]")) {
    const value = { mode: view.plane ? "plane" : "emotion", block: String(view.block.block), zero: view.fromMean ? "mean" : "zero", scale: view.ownScale ? "own" : "paper" }[input.name];
    if (value !== undefined) input.checked = input.value === value;
    if (input.name === "frame") input.checked = view.frame;
  }
  const hash = new URLSearchParams({ block: view.block.block, ...(view.plane ? { mode: "plane" } : { emotion: view.name }), ...(view.fromMean ? { zero: "mean" } : {}), ...(view.ownScale ? { scale: "own" } : {}), ...(view.frame ? {} : { template: "off" }) });
  try { history.replaceState(null, "", `#${hash}`); } catch { /* some viewers forbid it */ }
}
function pick(change) {
  if ("emotion" in change) view.emotion = change.emotion;
  if ("mode" in change) view.plane = change.mode === "plane" && view.hasPlane;
  if ("block" in change) view.block = change.block;
  if ("fromMean" in change) view.fromMean = change.fromMean;
  if ("ownScale" in change) view.ownScale = change.ownScale;
  refresh();
  if ("block" in change || "fromMean" in change) fillEmotions(); else markEmotion();
}

/* ---- peaks ---- */
function sayPeaks() {
  const at = view.peaks[view.peak];
  byId("peak-says").textContent = at ? `peak ${view.peak + 1} of ${view.peaks.length} (number ${at.rank} by height)` : `${view.peaks.length} peak${view.peaks.length === 1 ? "" : "s"}`;
}
function goToPeak(k) {
  if (!view.peaks.length) return;
  view.peak = (k + view.peaks.length) % view.peaks.length;
  sayPeaks();
  setCursor(view.peaks[view.peak].token);
  if (document.activeElement === document.body) scroller.focus({ preventScroll: true }); /* so that the arrow keys go on from there */
}
function stepPeak(by) {
  if (view.peak >= 0 && view.cursor === view.peaks[view.peak]?.token) return goToPeak(view.peak + by);
  const here = view.cursor >= 0 ? view.cursor : firstVisible();
  const after = view.peaks.findIndex((peak) => peak.token > here);
  return goToPeak(by > 0 ? (after < 0 ? 0 : after) : (after < 0 ? view.peaks.length : after) - 1);
}
const goToHighest = () => goToPeak(view.peaks.findIndex((peak) => peak.rank === 1));

/* ---- cursor ---- */
function setCursor(token, say = true) {
  const before = elementOf(view.cursor);
  view.cursor = Math.max(0, Math.min(tokens - 1, token));
  before?.classList.remove("cursor");
  showToken(view.cursor);
  const element = elementOf(view.cursor);
  if (!element) return;
  element.classList.add("cursor");
  showCard(view.cursor, element);
  if (say) sayToken(view.cursor);
}
function stepCursor(by) {
  if (view.cursor < 0) return setCursor(firstVisible());
  let next = view.cursor + by;
  while (!view.frame && next >= 0 && next < tokens && !parts[partOf[next]].role) next += by;
  return setCursor(next);
}

/* ---- find in the text ---- */
const find = byId("find");
function findNext(by) {
  const want = find.value;
  if (!want) { byId("find-says").textContent = ""; return; }
  const pattern = new RegExp(want.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
  const places = [...text.matchAll(pattern)].map((match) => match.index);
  if (!places.length) { byId("find-says").textContent = "not found"; return; }
  const here = view.cursor >= 0 ? starts[view.cursor] : -1;
  const after = places.findIndex((place) => place > here && tokenAt(place) !== view.cursor);
  let k = by > 0 ? (after < 0 ? 0 : after) : places.findLastIndex((place) => tokenAt(place) < view.cursor);
  if (k < 0) k = places.length - 1;
  byId("find-says").textContent = `${NUMBER.format(k + 1)} of ${NUMBER.format(places.length)}`;
  setCursor(tokenAt(places[k]), false);
}
find.addEventListener("keydown", (event) => { if (event.key === "Enter") findNext(event.shiftKey ? -1 : 1); });

/* ---- switches ---- */
byId("controls").addEventListener("change", (event) => {
  const { name, value, checked } = event.target;
  if (name === "mode") pick({ mode: value });
  if (name === "block") pick({ block: blocks.find((block) => String(block.block) === value) });
  if (name === "zero") pick({ fromMean: value === "mean" });
  if (name === "scale") pick({ ownScale: value === "own" });
  if (name === "frame") { view.frame = checked; relayout(true); refresh(); }
});
function stepBlock(by) {
  const sorted = [...blocks].sort((a, b) => a.block - b.block);
  const next = sorted[sorted.indexOf(view.block) + by];
  if (next) pick({ block: next });
}
byId("previous").addEventListener("click", () => stepPeak(-1));
byId("next").addEventListener("click", () => stepPeak(1));
byId("highest").addEventListener("click", goToHighest);
byId("open-panel").addEventListener("click", () => {
  const open = document.body.classList.toggle("panel-open");
  byId("open-panel").setAttribute("aria-expanded", String(open));
});

/* ---- theme ---- */
const themes = ["", "light", "dark"], themeButton = byId("theme");
const remembered = () => { try { return localStorage.getItem("emovec-theme") || ""; } catch { return ""; } };
function setTheme(theme) {
  if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
  themeButton.textContent = `Theme: ${theme || "system"}`;
}
function repaint() { readPalette(); recolour(); if (view.ready) { fillTurns(); fillLegend(); drawStrip(); } }
themeButton.addEventListener("click", () => {
  const next = themes[(themes.indexOf(root.dataset.theme || "") + 1) % themes.length];
  try { localStorage.setItem("emovec-theme", next); } catch { /* a page from a file */ }
  setTheme(next);
  repaint();
});
system.addEventListener("change", repaint);

/* ---- keys ---- */
const help = byId("help");
const KEYS = {
  n: () => stepPeak(1), p: () => stepPeak(-1), h: goToHighest, v: () => pick({ mode: view.plane ? "emotion" : "plane" }), m: () => pick({ fromMean: !view.fromMean }),
  "[": () => stepBlock(-1), "]": () => stepBlock(1), e: () => { document.body.classList.add("panel-open"); search.focus(); search.select(); }, "/": () => find.focus(),
  "?": () => (help.open ? help.close() : help.showModal()),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input[type=search], select");
  if (event.key === "Escape") { hideCard(); document.body.classList.remove("panel-open"); if (typing) scroller.focus(); return; }
  if (typing || help.open) return;
  if (KEYS[event.key] && view.ready) { event.preventDefault(); KEYS[event.key](); return; }
  if (event.target === scroller && view.ready) {
    if (event.key === "ArrowRight") { event.preventDefault(); stepCursor(1); }
    if (event.key === "ArrowLeft") { event.preventDefault(); stepCursor(-1); }
  }
});
byId("open-help").addEventListener("click", () => help.showModal());

/* ---- scrolling and pointing ---- */
let pending = 0;
scroller.addEventListener("scroll", () => {
  if (pending) return;
  pending = requestAnimationFrame(() => { pending = 0; drawLines(); placeLens(); if (!card.hidden && !elementOf(carded)?.matches(":hover")) placeCard(); });
}, { passive: true });
function placeCard() {
  const element = carded === view.cursor ? elementOf(carded) : null;
  const box = element?.getBoundingClientRect(), frame = scroller.getBoundingClientRect();
  if (box && box.top > frame.top - 10 && box.bottom < frame.bottom + 10) showCard(carded, element); else hideCard();
}
sheet.addEventListener("pointerover", (event) => {
  const token = event.target.closest(".t");
  if (token) showCard(Number(token.dataset.t), token);
});
sheet.addEventListener("pointerleave", hideCard);
sheet.addEventListener("click", (event) => {
  const token = event.target.closest(".t");
  if (token && getSelection().isCollapsed) setCursor(Number(token.dataset.t), false);
});
new ResizeObserver(() => { relayout(false); drawStrip(); }).observe(scroller);

/* ---- start: the text at once, the readings as soon as they are unpacked ---- */
const asked = new URLSearchParams(location.hash.slice(1));
const themeAsked = new URLSearchParams(location.search).get("theme");
setTheme(themes.includes(themeAsked) ? themeAsked : remembered());
readPalette();
view.block = blocks.find((block) => String(block.block) === asked.get("block")) ?? blocks[0];
view.emotion = Math.max(0, emotions.includes(asked.get("emotion")) ? emotions.indexOf(asked.get("emotion")) : emotions.indexOf(about.first));
view.plane = asked.get("mode") === "plane" && view.hasPlane;
view.fromMean = asked.get("zero") === "mean";
view.ownScale = asked.get("scale") === "own";
view.frame = asked.get("template") !== "off";
relayout(true);
requestAnimationFrame(() => setTimeout(() => {
  refresh();
  fillEmotions();
  const at = Number(asked.get("at"));
  if (asked.has("at") && at >= 0 && at < tokens) setCursor(at, false);
  document.body.dataset.ready = "yes";
}));
