"use strict";
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("data").textContent);
  const byName = new Map(data.emotions.map((e) => [e.name, e]));
  const at = (id) => document.getElementById(id);

  /* ---- theme: as the system, light or dark; ?theme=dark sets it from outside ---- */
  const themes = ["", "light", "dark"];
  const says = { "": "as the system", light: "light", dark: "dark" };
  const button = at("theme");
  const setTheme = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    button.textContent = `Theme: ${says[theme]}`;
  };
  const remembered = () => { try { return localStorage.getItem("emovec-theme") || ""; } catch { return ""; } };
  const asked = new URLSearchParams(location.search).get("theme");
  setTheme(themes.includes(asked) ? asked : themes.includes(remembered()) ? remembered() : "");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "") + 1) % themes.length];
    try { localStorage.setItem("emovec-theme", next); } catch { /* a page from a file */ }
    setTheme(next);
  });

  /* ---- elements; text goes in as text only ---- */
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const signed = (x) => (x === null ? "–" : (x < 0 ? "−" : "+") + Math.abs(x).toFixed(3));
  const visible = (text) => text.replace(/\r?\n[\s]*/g, " ⏎ ").replace(/\t/g, " ");
  const height = (e, score) => (e.sd ? (score - e.mean) / e.sd : 0);
  const p90 = data.percentiles.indexOf(90);

  function tokens(e, snippet) {
    const line = make("p", "text");
    line.dir = "auto";
    if (snippet.before) line.append(make("span", "around", "…" + visible(snippet.before)));
    snippet.tokens.forEach((token, i) => {
      const value = snippet.values[i] / 1000;
      const one = make("span", `tok ${value >= 0 ? "up" : "down"}${value > e.marks[p90] ? " mark" : ""}`, visible(token));
      one.style.setProperty("--v", Math.min(1, Math.abs(value) / e.scale).toFixed(3));
      one.title = signed(value);
      line.append(one);
    });
    if (snippet.after) line.append(make("span", "around", visible(snippet.after) + "…"));
    return line;
  }
  function facts(...parts) {
    const line = make("div", "facts-line");
    parts.filter(Boolean).forEach((part, i) => line.append(make(i ? "span" : "b", "", part)));
    return line;
  }

  /* ---- distribution: bars on a root scale, so that the tails are seen; percentiles; the top snippets as ticks ---- */
  function spread(e) {
    const svg = at("spread");
    const W = 720, H = 150, base = 118;
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    svg.replaceChildren();
    const add = (tag, attributes, text) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      Object.entries(attributes).forEach(([k, v]) => element.setAttribute(k, v));
      if (text !== undefined) element.textContent = text;
      svg.append(element);
    };
    const { low, width, counts } = e.bars;
    if (!counts.length) { at("spread-says").textContent = "No token was counted."; return; }
    const high = low + width * counts.length;
    const x = (v) => 8 + ((v - low) / (high - low)) * (W - 16);
    const most = Math.sqrt(Math.max(...counts));
    counts.forEach((count, i) => {
      if (!count) return;
      const h = Math.max(1, (Math.sqrt(count) / most) * (base - 26));
      add("rect", { class: "column", x: x(low + i * width), y: base - h, width: Math.max(0.6, x(low + width) - x(low) - 0.6), height: h });
    });
    add("line", { class: "line", x1: 8, x2: W - 8, y1: base, y2: base });
    let previous = -99;
    [50, 90, 99, 99.9].forEach((q) => {
      const value = e.marks[data.percentiles.indexOf(q)];
      add("line", { class: "line dash", x1: x(value), x2: x(value), y1: 18, y2: base });
      if (x(value) - previous > 34) { add("text", { x: x(value), y: 12, "text-anchor": "middle" }, `${q} %`); previous = x(value); }
    });
    e.snippets.forEach((s) => add("line", { class: "tick", x1: x(s.score), x2: x(s.score), y1: base, y2: base + 9 }));
    [low, high].forEach((v, i) => add("text", { x: i ? W - 8 : 8, y: H - 6, "text-anchor": i ? "end" : "start" }, signed(v)));
    if (low < 0 && high > 0 && x(0) > 60 && x(0) < W - 60) add("text", { x: x(0), y: H - 6, "text-anchor": "middle" }, "0");
    const marks = data.percentiles.map((q, i) => `${q}th ${signed(e.marks[i])}`).filter((_, i) => [4, 6, 8, 9].includes(i));
    at("spread-says").textContent =
      `${data.measure} of every counted token: mean ${signed(e.mean)}, standard deviation ${e.sd === null ? "–" : e.sd.toFixed(3)}; percentiles ${marks.join(", ")}; ` +
      `lowest ${signed(e.least)}, highest ${signed(e.most)}. Heights are square roots of counts; red ticks: means of the top snippets.`;
    svg.setAttribute("aria-label", `Distribution of the reading of ${e.name} over all counted tokens`);
  }

  /* ---- one emotion ---- */
  function show(e) {
    at("overview").hidden = Boolean(e);
    at("one").hidden = !e;
    links.forEach((link, name) => {
      if ((e ? e.name : "") === name) { link.setAttribute("aria-current", "true"); link.scrollIntoView({ block: "nearest", inline: "nearest" }); } else link.removeAttribute("aria-current");
    });
    if (!e) return;
    at("one-title").textContent = e.name;
    spread(e);
    at("snippets").replaceChildren(...e.snippets.map((s) => {
      const item = make("li");
      item.append(facts(signed(s.score), `${height(e, s.score).toFixed(1)} sd`, s.where, s.role === "text" ? "" : s.role, `from token ${s.start.toLocaleString("en")}`), tokens(e, s));
      return item;
    }));
    at("transcripts").replaceChildren(...e.transcripts.map((t) => {
      const item = make("li");
      item.append(
        facts(signed(t.score), t.where, `${t.averaged.toLocaleString("en")} of ${t.tokens.toLocaleString("en")} tokens averaged`),
        make("p", "text opening", visible(t.opening) + "…"),
      );
      if (t.peak) item.append(tokens(e, t.peak));
      return item;
    }));
    ["snippets", "transcripts"].forEach((id) => {
      if (!at(id).children.length) at(id).append(make("li", "", "None is long enough."));
    });
  }

  /* ---- the list of emotions, the overview, the address ---- */
  const links = new Map();
  const entry = (name, text) => {
    const item = make("li"), link = make("a", "", text);
    link.href = "#" + encodeURIComponent(name);
    item.dataset.find = text.toLowerCase();
    item.append(link);
    links.set(name, link);
    at("emotions").append(item);
  };
  entry("", "all emotions");
  data.emotions.forEach((e) => {
    entry(e.name, e.name);
    const row = make("tr"), head = make("th"), link = make("a", "", e.name);
    head.scope = "row";
    link.href = "#" + encodeURIComponent(e.name);
    head.append(link);
    const best = e.snippets[0];
    row.append(head, make("td", "n", best ? `${height(e, best.score).toFixed(1)} sd` : ""), make("td", "text", best ? visible(best.tokens.join("")).trim() : "none"));
    at("all").append(row);
  });
  at("find").addEventListener("input", (event) => {
    const want = event.target.value.trim().toLowerCase();
    [...at("emotions").children].forEach((item) => { item.hidden = !item.dataset.find.includes(want); });
  });
  at("find").addEventListener("keydown", (event) => {
    const first = [...at("emotions").children].find((item) => !item.hidden);
    if (event.key === "Enter" && first) location.hash = first.firstChild.hash;
  });
  const follow = (top) => {
    let name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch { /* not one of ours */ }
    show(byName.get(name));
    if (top) scrollTo(0, 0);
  };
  addEventListener("hashchange", () => follow(true));
  follow(false);
})();
