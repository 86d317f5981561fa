/* Tokens into lines of one height, so that where any line stands is known without drawing it. */
const ROW = 30;
/* More characters than fit in a line of any width. */
const LONG = 1000;
const FONTS = {
  frame: { family: "--mono", size: 12, style: "normal" }, tool: { family: "--mono", size: 14, style: "normal" },
  thinking: { family: "--sans", size: 16, style: "italic" }, other: { family: "--sans", size: 16, style: "normal" },
};
const fontOf = (role) => (role === "" ? "frame" : role in FONTS ? role : "other");

const pen = document.createElement("canvas").getContext("2d");
const widths = {};
function meter(font) {
  const { family, size, style } = FONTS[font];
  const face = `${style} ${size}px ${getComputedStyle(root).getPropertyValue(family)}`;
  const known = (widths[font] ??= new Map());
  return (string) => {
    let width = known.get(string);
    if (width === undefined) {
      pen.font = face;
      pen.fontKerning = "none";
      width = pen.measureText(string).width;
      known.set(string, width);
    }
    return width;
  };
}

/* Lines: what each shows is the text from its own start to the next line's. kinds: */
const HEAD = 0, TEXT = 1, FRAME = 2, GAP = 3;
let lines = null;

/* Break every part into lines at most `most` pixels wide: before words where that is possible, at line ends always (not in the template's). */
function breakLines(most, withFrame) {
  const kind = [], part = [], from = [], lineOf = new Uint32Array(tokens), left = new Uint16Array(tokens), wide = new Uint16Array(tokens);
  let newline = -2; /* the next line end; -1: there is none */
  const add = (k, p, at) => { kind.push(k); part.push(p); from.push(at); };
  parts.forEach((item, p) => {
    const frame = !item.role;
    if (frame && !withFrame) {
      lineOf.fill(kind.length ? kind.length - 1 : 0, item.start, item.stop);
      add(GAP, p, starts[item.start]);
      return;
    }
    if (!frame) add(HEAD, p, starts[item.start]);
    const measured = meter(fontOf(item.role));
    let x = 0, word = starts[item.start], wordX = 0, begun = word, firstOfWord = item.start;
    add(frame ? FRAME : TEXT, p, begun);
    const turn = (at) => { begun = at; add(frame ? FRAME : TEXT, p, at); };
    for (let token = item.start; token < item.stop; token++) {
      lineOf[token] = kind.length - 1;
      left[token] = Math.min(x, 65535);
      let at = starts[token];
      const stop = starts[token + 1];
      if (at === stop) x += 5; /* shown as a dot */
      while (at < stop) {
        if (newline !== -1 && newline < at) newline = text.indexOf("\n", at);
        const broken = !frame && newline >= at && newline < stop;
        const end = broken ? newline + 1 : stop;
        const piece = text.slice(at, end);
        if (/^\s/.test(piece) || at === begun) { word = at; wordX = x; firstOfWord = token; }
        const width = piece.length > LONG ? Infinity : measured(shown(broken ? piece.slice(0, -1) : piece));
        if (x + width > most && x > 0) {
          if (word > begun && x - wordX + width <= most) {
            turn(word);
            for (let t = firstOfWord; t <= token; t++) if (starts[t] >= word) { lineOf[t] = kind.length - 1; left[t] = Math.max(0, left[t] - wordX); }
            x -= wordX;
          } else {
            turn(at);
            if (at === starts[token]) { lineOf[token] = kind.length - 1; left[token] = 0; }
            x = 0;
          }
          word = begun; wordX = 0; firstOfWord = token;
        }
        if (width > most) { /* longer than a line all by itself: cut it anywhere but inside a character */
          while (end - at > LONG || measured(shown(text.slice(at, end))) > most) {
            let low = 1, high = Math.min(LONG, end - at);
            while (low < high) {
              const mid = (low + high + 1) >> 1;
              if (measured(shown(text.slice(at, at + mid))) <= most) low = mid; else high = mid - 1;
            }
            if (/[\ud800-\udbff]/.test(text[at + low - 1]) && low < end - at) low += 1;
            if (at + low >= end) break;
            at += low;
            turn(at);
          }
          x = measured(shown(text.slice(at, end)));
        } else x += width;
        at = end;
        if (broken && (at < stop || token + 1 < item.stop)) { turn(at); x = 0; word = at; wordX = 0; firstOfWord = token + 1; }
      }
      wide[token] = Math.min(65535, Math.max(1, x - left[token]));
    }
  });
  lines = { kind: Uint8Array.from(kind), part: Uint32Array.from(part), from: Uint32Array.from(from), count: kind.length, lineOf, left, wide, most };
}

/* The token that holds a place in the text. */
function tokenAt(place) {
  let low = 0, high = tokens - 1;
  while (low < high) {
    const mid = (low + high + 1) >> 1;
    if (starts[mid] <= place) low = mid; else high = mid - 1;
  }
  while (low + 1 < tokens && starts[low + 1] <= place) low++;
  return low;
}

/* Pieces of a line: [token, string] in order. A token without characters of its own (one of several for one character) has "". */
function piecesOf(line) {
  const p = lines.part[line], start = lines.from[line];
  const last = line + 1 === lines.count || lines.part[line + 1] !== p;
  const next = last ? starts[parts[p].stop] : lines.from[line + 1];
  const out = [];
  for (let token = Math.max(parts[p].start, tokenAt(start)); token < parts[p].stop && (last || starts[token] < next); token++) {
    out.push([token, text.slice(Math.max(start, starts[token]), Math.min(next, starts[token + 1]))]);
  }
  return out;
}
