/* The panel: what is shown, the list of emotions, the turns, the legend. */
const byId = (id) => document.getElementById(id);
const listbox = byId("emotions");
const search = byId("search");
const order = byId("order");
let listed = []; /* emotions in the order of the list, those that match the search */

function statsOf(e) {
  const block = view.block, shift = view.fromMean ? block.mean[e] : 0;
  return { mean: block.mean[e], peak: block.peak[e] - shift };
}
function fillEmotions() {
  const want = search.value.trim().toLowerCase();
  listed = emotions.map((_, e) => e).filter((e) => emotions[e].includes(want));
  if (order.value !== "name") listed.sort((a, b) => statsOf(b)[order.value] - statsOf(a)[order.value] || a - b);
  const rows = listed.map((e) => {
    const row = document.createElement("li"), name = document.createElement("span"), value = document.createElement("span");
    row.id = `emotion-${e}`;
    row.role = "option";
    row.dataset.e = e;
    row.setAttribute("aria-selected", String(!view.plane && e === view.emotion));
    name.textContent = emotions[e];
    value.textContent = signed(statsOf(e)[order.value === "mean" ? "mean" : "peak"]);
    row.append(name, value);
    return row;
  });
  if (!rows.length) {
    const none = document.createElement("li");
    none.className = "none";
    none.textContent = "no such emotion";
    rows.push(none);
  }
  listbox.replaceChildren(...rows);
  markEmotion();
}
function markEmotion() {
  for (const row of listbox.children) row.setAttribute("aria-selected", String(!view.plane && Number(row.dataset.e) === view.emotion));
  const chosen = byId(`emotion-${view.emotion}`);
  if (chosen && !view.plane) {
    listbox.setAttribute("aria-activedescendant", chosen.id);
    search.setAttribute("aria-activedescendant", chosen.id);
    if (chosen.offsetTop < listbox.scrollTop || chosen.offsetTop + chosen.offsetHeight > listbox.scrollTop + listbox.clientHeight) {
      listbox.scrollTop = chosen.offsetTop - listbox.clientHeight / 2;
    }
  }
}
listbox.addEventListener("click", (event) => {
  const row = event.target.closest("[data-e]");
  if (row) pick({ emotion: Number(row.dataset.e), mode: "emotion" });
});
function stepEmotion(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by && listed.length) {
    event.preventDefault();
    const at = listed.indexOf(view.emotion);
    pick({ emotion: listed[at < 0 ? 0 : Math.min(listed.length - 1, Math.max(0, at + by))], mode: "emotion" });
  } else if (event.key === "Enter" && listed.length) {
    pick({ emotion: listed.includes(view.emotion) && !view.plane ? view.emotion : listed[0], mode: "emotion" });
    scroller.focus();
  }
}
listbox.addEventListener("keydown", stepEmotion);
search.addEventListener("keydown", stepEmotion);
search.addEventListener("input", fillEmotions);
order.addEventListener("change", fillEmotions);

/* ---- turns ---- */
const turnOrder = byId("turn-order");
let turnRows = [];
const turns = virtualList(byId("turns"), 27, (i) => {
  const p = turnRows[i], part = parts[p];
  const row = document.createElement("button");
  row.type = "button";
  row.className = `turn ${roleClass(part.role)}`;
  row.dataset.i = i;
  row.dataset.p = p;
  const name = document.createElement("span"), opening = document.createElement("span"), mean = document.createElement("span");
  name.textContent = part.turn >= 0 ? `${part.turn}` : "";
  opening.className = "opening";
  opening.textContent = `${part.role}: ${text.slice(starts[part.start], starts[Math.min(part.stop, part.start + 16)]).trim()}`;
  mean.className = "mean";
  fillMean(mean, p);
  row.append(name, opening, mean);
  return row;
});
function fillTurns() {
  turnRows = [...spoken];
  if (turnOrder.value === "mean") turnRows.sort((a, b) => (view.meanWeight(b) || 0) - (view.meanWeight(a) || 0) || a - b);
  turns.set(turnRows.length);
}
byId("turns").addEventListener("click", (event) => {
  const row = event.target.closest("[data-p]");
  if (row) scroller.scrollTop = Math.max(0, (lines.lineOf[parts[row.dataset.p].start] - 1) * ROW);
});
turnOrder.addEventListener("change", fillTurns);

/* ---- legend ---- */
const legend = byId("legend"), scaleBar = byId("scale-bar"), wheelBox = byId("wheel"), dot = byId("dot");
function fillLegend() {
  const unit = { cosine: "cosine", projection: "projection, in mean residual norms", zscore: "z-score of the cosine" }[about.measure];
  legend.classList.toggle("plane", view.plane);
  if (!view.plane) {
    scaleBar.style.background = `linear-gradient(90deg, ${[-100, -75, -50, -25, 0, 25, 50, 75, 100].map((i) => palette.lineCss[i + STEPS]).join(", ")})`;
    byId("low").textContent = signed(-view.scale);
    byId("high").textContent = signed(view.scale);
    byId("zero").textContent = view.fromMean ? "mean" : "0";
    const over = view.ownScale ? `of “${view.name}” alone` : `over all ${about.all} emotions`;
    byId("legend-says").textContent = `${unit}${view.fromMean ? ", minus the transcript's mean" : ""}. Full colour: the 99th percentile of its size ${over} on this transcript.`;
  } else {
    const side = 132, ink = wheelBox.getContext("2d"), image = ink.createImageData(side, side);
    wheelBox.width = wheelBox.height = side;
    for (let py = 0; py < side; py++) {
      for (let px = 0; px < side; px++) {
        const x = (px / (side - 1)) * 2 - 1, y = 1 - (py / (side - 1)) * 2;
        if (Math.hypot(x, y) > 1) continue;
        image.data.set([...palette.wheel[wheelIndex(x, y)], 255], (py * side + px) * 4);
      }
    }
    ink.putImageData(image, 0, 0);
    byId("legend-says").textContent = `Across: slope of a token's ${about.all} readings over the emotions' valence; up: over their arousal (both at once)${view.fromMean ? ", minus the transcript's mean" : ""}. Rim: the 99th percentile of each on this transcript.`;
  }
}
function markLegend(token) {
  const on = token >= 0 && view.ready;
  const mark = byId("mark");
  mark.hidden = dot.hidden = true;
  if (!on) return;
  if (view.plane) {
    const x = view.valence[token] / view.planeScale[0], y = view.arousal[token] / view.planeScale[1];
    if (x !== x) return;
    const size = Math.max(1, Math.hypot(x, y));
    dot.style.left = `${50 + (50 * x) / size}%`;
    dot.style.top = `${50 - (50 * y) / size}%`;
    dot.hidden = false;
  } else if (view.track[token] === view.track[token]) {
    mark.style.left = `${50 + 50 * clip(view.track[token] / view.scale)}%`;
    mark.hidden = false;
  }
}
