/* The strip along the side: the whole transcript, its strongest readings, its peaks, and what is in sight. */
const strip = document.getElementById("strip");
const stripCanvas = strip.querySelector("canvas");
const lens = document.getElementById("lens");
const MARGIN = 5, TICKS = 9;
let stripScale = 1; /* pixels of the strip per line */

function drawStrip() {
  const ratio = Math.min(2, devicePixelRatio || 1);
  const width = Math.round(strip.clientWidth * ratio), height = Math.round(strip.clientHeight * ratio);
  if (!width || !height || !lines || !view.ready) return;
  stripCanvas.width = width;
  stripCanvas.height = height;
  const margin = Math.round(MARGIN * ratio), ticks = Math.round(TICKS * ratio), across = width - margin - ticks;
  const perLine = Math.min(height / lines.count, 4 * ratio);
  stripScale = perLine / ratio;
  /* A cell shows the mean of its tokens: where many share one, the strongest would all look alike. */
  const x_ = new Float32Array(across * height), y_ = new Float32Array(across * height), count = new Uint16Array(across * height);
  for (const p of spoken) {
    for (let token = parts[p].start; token < parts[p].stop; token++) {
      const level = view.levelOf(token);
      if (!level) continue;
      const line = lines.lineOf[token];
      const y0 = Math.floor(line * perLine), y1 = Math.max(y0 + 1, Math.floor((line + 1) * perLine) - (perLine >= 3 ? 1 : 0));
      const x0 = Math.floor((lines.left[token] / lines.most) * across), x1 = Math.min(across, Math.max(x0 + 1, Math.ceil(((lines.left[token] + lines.wide[token]) / lines.most) * across)));
      for (let y = y0; y < y1 && y < height; y++) {
        for (let x = x0; x < x1; x++) {
          const at = y * across + x;
          x_[at] += level[0];
          y_[at] += level[1];
          count[at]++;
        }
      }
    }
  }
  const sizes = [];
  for (let at = 0; at < count.length; at++) if (count[at]) sizes.push(Math.hypot(x_[at], y_[at]) / count[at]);
  const full = Float32Array.from(sizes).sort()[Math.floor(0.99 * sizes.length)] || 1;
  const ink = stripCanvas.getContext("2d");
  const image = ink.createImageData(across, height);
  const colours = view.plane ? palette.wheel : palette.line;
  for (let at = 0; at < count.length; at++) {
    if (!count[at]) continue;
    const x = x_[at] / count[at] / full, y = y_[at] / count[at] / full;
    const [r, g, b] = colours[view.plane ? wheelIndexOf(x, y) : lineIndex(x)];
    image.data.set([r, g, b, 255], at * 4);
  }
  ink.putImageData(image, margin, 0);
  for (const p of spoken) {
    const first = lines.lineOf[parts[p].start], last = lines.lineOf[parts[p].stop - 1] + 1;
    ink.fillStyle = palette.roles[parts[p].role] ?? palette.muted;
    ink.fillRect(0, Math.floor(first * perLine), Math.max(2, margin - ratio), Math.max(1, Math.ceil((last - first) * perLine)));
  }
  for (const peak of view.peaks) {
    const y = (lines.lineOf[peak.token] + 0.5) * perLine, size = ratio * (peak.rank <= 10 ? 3.6 : 2.2);
    ink.fillStyle = peak.rank <= 10 ? getComputedStyle(root).getPropertyValue("--ink") : palette.muted;
    ink.beginPath();
    ink.moveTo(width - ticks + ratio, y);
    ink.lineTo(width - ratio, y - size);
    ink.lineTo(width - ratio, y + size);
    ink.fill();
  }
  placeLens();
}
function placeLens() {
  if (!lines) return;
  lens.style.transform = `translateY(${(scroller.scrollTop / ROW) * stripScale}px)`;
  lens.style.height = `${Math.max(8, (scroller.clientHeight / ROW) * stripScale)}px`;
}
function jumpTo(event) {
  const y = event.clientY - strip.getBoundingClientRect().top;
  scroller.scrollTop = (y / stripScale) * ROW - scroller.clientHeight / 2;
}
strip.addEventListener("pointerdown", (event) => {
  strip.setPointerCapture(event.pointerId);
  jumpTo(event);
  const move = (moved) => jumpTo(moved);
  strip.addEventListener("pointermove", move);
  strip.addEventListener("pointerup", () => strip.removeEventListener("pointermove", move), { once: true });
});
strip.addEventListener("wheel", (event) => { scroller.scrollTop += event.deltaY; }, { passive: true });
