/* The transcript: only the lines in sight, and half a screen above and below, are in the page. */
const scroller = document.getElementById("scroller");
const sheet = document.getElementById("sheet");
const drawn = new Map(); /* line -> its element */

function tokenElement(token, piece, first) {
  const span = document.createElement("span");
  span.className = piece === "" ? "t none" : /^\s+$/.test(piece) && /\n/.test(piece) ? "t end" : "t";
  span.dataset.t = token;
  span.textContent = piece === "" ? "·" : shown(first ? piece.replace(/^ (?=\S)/, "") : piece);
  colourToken(span, token);
  return span;
}
function colourToken(span, token) {
  const colour = view.colourOf(token);
  span.style.backgroundColor = colour ?? "";
  span.classList.toggle("cursor", token === view.cursor);
}

function lineElement(line) {
  const p = lines.part[line], part = parts[p], kind = lines.kind[line];
  const row = document.createElement("div");
  row.style.transform = `translateY(${line * ROW}px)`;
  if (kind === HEAD) {
    row.className = `row head ${roleClass(part.role)}`;
    const name = document.createElement("b");
    name.textContent = part.role[0].toUpperCase() + part.role.slice(1);
    const facts = document.createElement("span");
    facts.textContent = `${part.turn >= 0 && parts.length > 1 ? `turn ${part.turn}, ` : ""}${NUMBER.format(part.stop - part.start)} token${part.stop - part.start === 1 ? "" : "s"}, mean `;
    const mean = document.createElement("span");
    mean.className = "mean";
    fillMean(mean, p);
    row.append(name, facts, mean);
    return row;
  }
  row.className = `row ${kind === FRAME ? "frame" : kind === GAP ? "gap" : `${fontOf(part.role)} ${roleClass(part.role)}`}`;
  if (kind === GAP) return row;
  row.dir = "auto";
  const wrapped = line > 0 && lines.part[line - 1] === p && lines.kind[line - 1] === kind && text[lines.from[line] - 1] !== "\n";
  piecesOf(line).forEach(([token, piece], i) => row.append(tokenElement(token, piece, wrapped && i === 0)));
  return row;
}
const roleClass = (role) => `role-${role in palette.roles ? role : "other"}`;
function fillMean(element, p) {
  element.textContent = view.saysMean(p);
  element.style.backgroundColor = view.colourOfMean(p) ?? "";
}

function drawLines() {
  if (!lines) return;
  const height = scroller.clientHeight, top = scroller.scrollTop;
  const from = Math.max(0, Math.floor((top - height / 2) / ROW)), to = Math.min(lines.count, Math.ceil((top + 1.5 * height) / ROW));
  for (const [line, element] of drawn) {
    if (line < from || line >= to) {
      element.remove();
      drawn.delete(line);
    }
  }
  const fresh = document.createDocumentFragment();
  for (let line = from; line < to; line++) {
    if (!drawn.has(line)) {
      const element = lineElement(line);
      drawn.set(line, element);
      fresh.append(element);
    }
  }
  sheet.append(fresh);
}
function recolour() {
  sheet.querySelectorAll(".t").forEach((span) => colourToken(span, Number(span.dataset.t)));
  for (const [line, element] of drawn) {
    if (lines.kind[line] === HEAD) fillMean(element.querySelector(".mean"), lines.part[line]);
  }
}

/* Break lines for the width at hand, and stay at the token that was on top. */
function relayout(force) {
  const most = Math.max(160, Math.min(820, scroller.clientWidth - 56));
  if (!force && lines && lines.most === most) { drawLines(); return; }
  const anchor = lines ? firstVisible() : null;
  breakLines(most, view.frame);
  drawn.clear();
  sheet.replaceChildren();
  sheet.style.height = `${lines.count * ROW + 60}px`;
  if (anchor !== null) scroller.scrollTop = lines.lineOf[anchor] * ROW;
  drawLines();
}
function firstVisible() {
  const line = Math.min(lines.count - 1, Math.floor(scroller.scrollTop / ROW));
  return tokenAt(lines.from[line]);
}
function showToken(token, where = 0.35) {
  const line = lines.lineOf[token];
  const top = line * ROW - scroller.scrollTop;
  if (top < ROW || top > scroller.clientHeight - 2 * ROW) scroller.scrollTop = Math.max(0, line * ROW - scroller.clientHeight * where);
  drawLines();
}
const elementOf = (token) => sheet.querySelector(`[data-t="${token}"]`);

/* A list that keeps only what is in sight in the page: turns can be many. */
function virtualList(element, height, rowOf) {
  const inner = document.createElement("div");
  inner.style.position = "relative";
  element.append(inner);
  let count = 0;
  const draw = () => {
    const from = Math.max(0, Math.floor(element.scrollTop / height) - 5), to = Math.min(count, Math.ceil((element.scrollTop + element.clientHeight) / height) + 5);
    const rows = [];
    for (let i = from; i < to; i++) {
      const row = rowOf(i);
      row.style.transform = `translateY(${i * height}px)`;
      rows.push(row);
    }
    const held = inner.contains(document.activeElement) ? document.activeElement.dataset.i : null;
    inner.replaceChildren(...rows);
    if (held !== null) inner.querySelector(`[data-i="${held}"]`)?.focus({ preventScroll: true });
  };
  element.addEventListener("scroll", draw, { passive: true });
  return { draw, set(total) { count = total; inner.style.height = `${total * height}px`; draw(); }, reveal(i) {
    if (i * height < element.scrollTop || (i + 1) * height > element.scrollTop + element.clientHeight) element.scrollTop = i * height - element.clientHeight / 2;
    draw();
  } };
}
