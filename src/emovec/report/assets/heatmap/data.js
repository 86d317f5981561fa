/* The page's data: tokens as slices of one text, parts (turns, thinking, template), and readings as whole numbers per block. */
const about = JSON.parse(document.getElementById("about").textContent);
const text = JSON.parse(document.getElementById("text").textContent);
const { emotions, parts, blocks } = about;
const tokens = about.lengths.length;

/* token -> where it starts in the text; one more for the end */
const starts = new Uint32Array(tokens + 1);
about.lengths.forEach((length, i) => { starts[i + 1] = starts[i] + length; });
const pieceOf = (token) => text.slice(starts[token], starts[token + 1]);

/* token -> its part */
const partOf = new Uint32Array(tokens);
parts.forEach((part, p) => partOf.fill(p, part.start, part.stop));
const spoken = parts.map((part, p) => p).filter((p) => parts[p].role);

/* What of a token is shown: line ends, control characters and those that turn the direction of writing get a sign. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
const SIGNS = { "\n": "↵", "\r": "␍", "\t": "⇥   ", "\u2028": "↵", "\u2029": "↵" };
const shown = (piece) => piece.replace(CONTROL, (c) => SIGNS[c] ?? (c < " " ? String.fromCharCode(0x2400 + c.charCodeAt(0)) : c < "\u2000" ? "␦" : "⇄"));

function bytesOf(element) {
  const packed = element.textContent;
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(packed);
  const raw = atob(packed);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/* Columns of a block: the emotions kept, then valence and arousal. A code of 0 is "not read"; else low + (code - 1) * step. */
const decoded = new Map();
function codesOf(block) {
  if (!decoded.has(block)) {
    const bytes = bytesOf(document.getElementById(`readings-${block.block}`));
    decoded.set(block, about.bits === 8 ? bytes : new Uint16Array(bytes.buffer));
  }
  return decoded.get(block);
}
function trackOf(block, column) {
  const codes = codesOf(block), base = column * tokens;
  const low = block.low[column], step = block.step[column];
  const track = new Float32Array(tokens);
  for (let i = 0; i < tokens; i++) track[i] = codes[base + i] ? low + (codes[base + i] - 1) * step : NaN;
  return track;
}
function valueOf(block, column, token) {
  const code = codesOf(block)[column * tokens + token];
  return code ? block.low[column] + (code - 1) * block.step[column] : NaN;
}

/* Mean of a track over each part; template parts and parts without a reading have none. */
function meansOf(track) {
  return parts.map((part) => {
    let sum = 0, count = 0;
    for (let i = part.start; i < part.stop; i++) if (track[i] === track[i]) { sum += track[i]; count++; }
    return count ? sum / count : NaN;
  });
}

/* Mean over the tokens of all turns. */
function overall(track) {
  let sum = 0, count = 0;
  for (const p of spoken) {
    for (let i = parts[p].start; i < parts[p].stop; i++) if (track[i] === track[i]) { sum += track[i]; count++; }
  }
  return count ? sum / count : 0;
}

/* 99th percentile of |track| over the tokens of all turns. */
function percentile99(track) {
  const all = [];
  for (const p of spoken) {
    for (let i = parts[p].start; i < parts[p].stop; i++) if (track[i] === track[i]) all.push(Math.abs(track[i]));
  }
  const sorted = Float32Array.from(all).sort();
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length))] || 1e-9 : 1;
}

/* Peaks: the highest means over nine tokens of a turn, at least 30 tokens apart; in order of place, with their rank. */
function peaksOf(track, most = 60) {
  const candidates = [];
  for (const p of spoken) {
    const { start, stop } = parts[p];
    const span = stop - start, sums = new Float64Array(span + 1), means = new Float64Array(span + 2).fill(-Infinity);
    for (let i = 0; i < span; i++) sums[i + 1] = sums[i] + (track[start + i] === track[start + i] ? track[start + i] : 0);
    for (let i = 0; i < span; i++) {
      const from = Math.max(0, i - 4), to = Math.min(span, i + 5);
      means[i + 1] = (sums[to] - sums[from]) / (to - from);
    }
    for (let i = 1; i <= span; i++) if (means[i] >= means[i - 1] && means[i] > means[i + 1]) candidates.push([means[i], start + i - 1]);
  }
  candidates.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  const taken = [], enough = Math.min(most, Math.max(1, Math.floor(tokens / 30)));
  for (const [value, token] of candidates) {
    if (taken.length >= enough) break;
    if (taken.every((other) => Math.abs(other.token - token) >= 30)) taken.push({ token, value, rank: taken.length + 1 });
  }
  return taken.sort((a, b) => a.token - b.token);
}

const NUMBER = new Intl.NumberFormat("en");
const digits = Math.max(2, Math.min(4, Math.ceil(-Math.log10(about.resolution))));
const planeDigits = Math.min(4, digits + 1);
const signed = (value, places = digits) => (value === value ? `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(places)}` : "not read");
