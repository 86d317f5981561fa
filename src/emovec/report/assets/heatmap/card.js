/* The card of one token: exact values, and the emotions that read highest and lowest on it. */
const card = document.getElementById("card");
const spokenCard = document.getElementById("said");
let carded = -1;

function barRow(name, value, scale, { current = false, places = digits } = {}) {
  const row = document.createElement("div");
  row.className = current ? "value current" : "value";
  const label = document.createElement("span"), bar = document.createElement("i"), number = document.createElement("span");
  label.textContent = name;
  number.textContent = signed(value, places);
  const level = clip(value / scale);
  bar.style.setProperty("--from", `${50 + Math.min(0, level) * 50}%`);
  bar.style.setProperty("--long", `${Math.abs(level) * 50}%`);
  bar.className = level < 0 ? "down" : "up";
  row.append(label, bar, number);
  return row;
}

function profileOf(token) {
  const block = view.block;
  return emotions.map((name, e) => [name, valueOf(block, e, token) - (view.fromMean ? block.mean[e] : 0)]);
}

function showCard(token, element) {
  if (!view.ready || token < 0 || !element) { hideCard(); return; }
  const part = parts[partOf[token]];
  if (carded !== token || card.hidden) {
    const head = document.createElement("p");
    head.className = "which";
    const code = document.createElement("code");
    code.textContent = JSON.stringify(pieceOf(token));
    const where = document.createElement("span");
    where.textContent = `token ${NUMBER.format(token)}, ${part.role || "template"}${part.turn >= 0 && parts.length > 1 ? `, turn ${part.turn}` : ""}`;
    head.append(code, where);
    const rows = [head];
    const value = view.track[token];
    const pair = view.hasPlane ? [view.valence[token], view.arousal[token]] : null;
    if (token === 0 || profileOf(token).every(([, v]) => v !== v)) {
      const note = document.createElement("p");
      note.textContent = "The first token is an attention sink; it is not read.";
      rows.push(note);
    } else {
      const sorted = profileOf(token).sort((a, b) => b[1] - a[1]);
      const scale = view.scale;
      if (view.plane) {
        rows.push(...["valence", "arousal"].map((name, k) => barRow(name, pair[k], view.planeScale[k], { current: true, places: planeDigits })));
      } else rows.push(barRow(view.name, value, scale, { current: true }));
      const high = document.createElement("p"), low = document.createElement("p");
      high.textContent = "highest here";
      low.textContent = "lowest here";
      rows.push(high, ...sorted.slice(0, 7).map(([n, v]) => barRow(n, v, scale)));
      if (sorted.length > 10) rows.push(low, ...sorted.slice(-3).map(([n, v]) => barRow(n, v, scale)));
    }
    card.replaceChildren(...rows);
    carded = token;
  }
  card.hidden = false;
  const box = element.getBoundingClientRect(), own = card.getBoundingClientRect();
  const below = box.bottom + own.height + 14 < innerHeight;
  card.style.left = `${Math.max(8, Math.min(innerWidth - own.width - 8, box.left - 12))}px`;
  card.style.top = `${below ? box.bottom + 8 : Math.max(8, box.top - own.height - 8)}px`;
  markLegend(token);
}
function hideCard() {
  card.hidden = true;
  carded = -1;
  markLegend(-1);
}
/* For screen readers, when the keyboard moves the cursor. */
function sayToken(token) {
  const top = profileOf(token).sort((a, b) => b[1] - a[1]).slice(0, 3).map(([n, v]) => `${n} ${signed(v)}`).join(", ");
  spokenCard.textContent = `${shown(pieceOf(token)).trim() || "blank"}: ${view.plane ? `valence ${signed(view.valence[token], planeDigits)}, arousal ${signed(view.arousal[token], planeDigits)}` : `${view.name} ${signed(view.track[token])}`}; highest ${top}`;
}
