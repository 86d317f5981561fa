"use strict";
(() => {
  const root = document.documentElement;
  const $ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const specs = JSON.parse(document.getElementById("figures").textContent);

  /* ---- theme: as the system, light or dark; ?theme=dark sets it from outside ---- */
  const themes = ["", "light", "dark"];
  const says = { "": "as the system", light: "light", dark: "dark" };
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = () => { try { return localStorage.getItem("emovec-theme") || ""; } catch { return ""; } };
  const remember = (theme) => { try { localStorage.setItem("emovec-theme", theme); } catch { /* a page from a file */ } };
  const asked = new URLSearchParams(location.search).get("theme");
  const setTheme = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    button.textContent = `Theme: ${says[theme]}`;
  };
  setTheme(themes.includes(asked) ? asked : themes.includes(remembered()) ? remembered() : "");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "") + 1) % themes.length];
    remember(next);
    setTheme(next);
    redraw();
  });
  system.addEventListener("change", () => redraw());

  /* ---- colours: "@name", "@name/alpha" and scales "@name" with a list, from the style sheet ---- */
  let palette = {};
  const scales = ["pleasure", "coolwarm", "sequential"];
  function readPalette() {
    const style = getComputedStyle(root);
    palette = { get: (name) => style.getPropertyValue(`--${name}`).trim() };
  }
  function colour(token) {
    const [name, alpha] = token.slice(1).split("/");
    const value = palette.get(name);
    if (scales.includes(name)) {
      const stops = value.split(",");
      return stops.map((stop, i) => [i / (stops.length - 1), stop.trim()]);
    }
    if (!alpha) return value;
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(value.slice(i, i + 2), 16));
    return `rgba(${r},${g},${b},${alpha})`;
  }
  const COLOUR_KEYS = new Set(["color", "colorscale", "fillcolor"]);
  function resolve(value, key) {
    if (typeof value === "string") return COLOUR_KEYS.has(key) && value.startsWith("@") ? colour(value) : value;
    if (Array.isArray(value)) return value.map((item) => resolve(item, key));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, item]) => [k, resolve(item, k)]));
    }
    return value;
  }
  const merge = (base, over) => {
    const out = { ...base };
    for (const [key, value] of Object.entries(over)) {
      const both = value && typeof value === "object" && !Array.isArray(value) && out[key];
      out[key] = both ? merge(out[key], value) : value;
    }
    return out;
  };

  /* ---- figures ---- */
  const font = getComputedStyle(document.body).fontFamily;
  const narrow = () => innerWidth < 704;
  function baseLayout() {
    const get = palette.get;
    const axis = {
      gridcolor: get("grid"), zerolinecolor: get("rule"), linecolor: get("rule"), tickcolor: get("rule"), zeroline: false,
      automargin: true, title: { standoff: 8, font: { size: 12, color: get("muted") } }, tickfont: { size: 11, color: get("muted") },
    };
    return {
      font: { family: font, size: 12, color: get("ink") },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 48, r: 12, t: 28, b: 44 }, xaxis: { ...axis }, yaxis: { ...axis },
      showlegend: false, legend: { font: { size: 12, color: get("ink") }, bgcolor: "rgba(0,0,0,0)" },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: get("muted"), activecolor: get("ink") },
      hoverlabel: { bgcolor: get("raised"), bordercolor: get("rule"), font: { family: font, size: 13, color: get("ink") }, align: "left" },
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", hovermode: "closest", bargap: 0.35,
    };
  }
  const config = {
    displayModeBar: narrow() ? false : "hover", displaylogo: false, responsive: true, showSendToCloud: false, showEditInChartStudio: false,
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]], /* none that sends data anywhere */
    toImageButtonOptions: { format: "svg" },
  };
  const drawn = new Map();
  const valueOf = (section, label) =>
    $(`fieldset[data-choice="${CSS.escape(label)}"] input:checked`, section).map((input) => input.value)[0] ?? "";
  const keyOf = (element) => {
    const labels = element.dataset.choices ? element.dataset.choices.split("|") : [];
    return labels.map((label) => valueOf(element.closest("section"), label)).join("|");
  };

  function draw(spec, width) {
    const figure = document.getElementById(spec.id);
    const plot = figure.querySelector(".plot");
    const frame = spec.frames[keyOf(figure)];
    drawn.set(spec.id, spec);
    if (!frame) {
      Plotly.purge(plot);
      plot.textContent = "Not measured for this choice.";
      return;
    }
    if (!plot.classList.contains("js-plotly-plot")) plot.textContent = "";
    const layout = merge(baseLayout(), resolve(frame.layout));
    const data = resolve(frame.data);
    for (const trace of data) {
      if (trace.meta?.names) trace.text = trace.meta.names.map(() => " "); /* not "": plotly.js issue 5360 */
      const scaled = trace.colorbar ? trace : trace.marker?.colorbar ? trace.marker : null;
      if (!scaled) continue;
      scaled.colorbar = merge({ tickfont: { size: 11, color: palette.get("muted") } }, scaled.colorbar);
      if (narrow() && !width) {
        Object.assign(scaled.colorbar, { orientation: "h", len: 0.8, x: 0.5, xanchor: "center", yref: "container", y: 0, yanchor: "bottom" });
        layout.margin = { ...layout.margin, b: 120 };
      }
    }
    if (layout.showlegend && !layout.legend.orientation && (narrow() || data.length < 4)) {
      Object.assign(layout.legend, narrow() && data.length > 4
        ? { orientation: "h", y: -0.05, yanchor: "top" } : { orientation: "h", y: 1.01, yanchor: "bottom", x: 0 });
    }
    if (width) Object.assign(layout, { width, height: spec.square ? Math.min(width * 0.94, 620) : undefined, autosize: false });
    Plotly.react(plot, data, layout, config).then(() => placeNames(plot));
    if (!plot.dataset.wired) {
      plot.dataset.wired = "yes";
      let pending = 0;
      plot.on("plotly_relayout", () => { clearTimeout(pending); pending = setTimeout(() => placeNames(plot), 60); });
    }
  }

  /* Names beside points, as many as fit without touching each other: those to be shown first, then by rank. */
  function placeNames(plot) {
    const full = plot._fullLayout;
    const traces = (plot.data || []).map((trace, index) => ({ trace, index })).filter(({ trace }) => trace.meta?.names);
    if (!traces.length || !full?.xaxis) return;
    const { xaxis, yaxis } = full;
    const points = [];
    for (const { trace, index } of traces) {
      const shown = trace.visible !== "legendonly";
      const xs = plot._fullData[index].x, ys = plot._fullData[index].y;
      trace.meta.names.forEach((name, i) => {
        const x = xaxis.l2p(xs[i]), y = yaxis.l2p(ys[i]);
        if (shown && x >= 0 && y >= 0 && x <= xaxis._length && y <= yaxis._length) {
          points.push({ index, i, name, x, y, first: trace.meta.first ? 0 : 1, rank: trace.meta.rank ? trace.meta.rank[i] : i });
        }
      });
    }
    const boxes = points.map(({ x, y }) => [x - 4, y - 4, x + 4, y + 4]);
    const free = (box, own) => boxes.every((other, k) =>
      k === own || box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
    const text = new Map(traces.map(({ trace, index }) => [index, trace.meta.names.map(() => " ")]));
    const where = new Map(traces.map(({ trace, index }) => [index, trace.meta.names.map(() => "middle right")]));
    points.map((point, k) => ({ ...point, k })).sort((a, b) => a.first - b.first || a.rank - b.rank || a.k - b.k).forEach((point) => {
      const w = point.name.length * 6.2 + 3, h = 13;
      const { x, y } = point;
      const options = [
        ["middle right", [x + 6, y - h / 2, x + 6 + w, y + h / 2]], ["middle left", [x - 6 - w, y - h / 2, x - 6, y + h / 2]],
        ["top center", [x - w / 2, y - 6 - h, x + w / 2, y - 6]], ["bottom center", [x - w / 2, y + 6, x + w / 2, y + 6 + h]],
        ["top left", [x - 5 - w, y - 4 - h, x - 5, y - 4]], ["bottom right", [x + 5, y + 4, x + 5 + w, y + 4 + h]],
      ];
      const found = options.find(([, box]) => box[0] >= 0 && box[2] <= xaxis._length && box[1] >= 0 && box[3] <= yaxis._length && free(box, point.k));
      if (!found) return;
      boxes.push(found[1]);
      text.get(point.index)[point.i] = point.name;
      where.get(point.index)[point.i] = found[0];
    });
    const data = plot.data.map((trace, k) => (text.has(k) ? { ...trace, text: text.get(k), textposition: where.get(k) } : trace));
    Plotly.react(plot, data, plot.layout, config);
  }

  function redraw(width) {
    readPalette();
    drawn.forEach((spec) => draw(spec, width));
  }
  readPalette();
  if (specs.length) {
    const byId = new Map(specs.map((spec) => [spec.id, spec]));
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        watcher.unobserve(entry.target);
        if (!drawn.has(entry.target.id)) draw(byId.get(entry.target.id));
      }
    }, { rootMargin: "800px" });
    specs.forEach((spec) => watcher.observe(document.getElementById(spec.id)));
    const rest = () => {
      const next = specs.find((spec) => !drawn.has(spec.id));
      if (!next) return;
      draw(next);
      setTimeout(rest, 30);
    };
    setTimeout(rest, 1200);
  }

  /* ---- switches: one for a section, for all its figures and listings ---- */
  $(".switches input").forEach((input) => input.addEventListener("change", () => {
    const section = input.closest("section");
    $("figure[data-choices]", section).forEach((figure) => { if (drawn.has(figure.id)) draw(drawn.get(figure.id)); });
    $(".listing[data-choices]", section).forEach(pick);
  }));
  function pick(listing) {
    const key = keyOf(listing);
    if (listing.dataset.choices) $("tbody", listing).forEach((body) => { body.hidden = body.dataset.key !== key; });
  }
  $(".search input").forEach((input) => input.addEventListener("input", () => {
    const want = input.value.trim().toLowerCase();
    $("tr[data-find]", input.closest(".listing")).forEach((row) => { row.hidden = !row.dataset.find.includes(want); });
  }));

  /* ---- scoreboard filter ---- */
  const status = document.getElementById("shown");
  $(".tally button").forEach((chosen) => chosen.addEventListener("click", () => {
    const want = chosen.dataset.filter;
    $(".tally button").forEach((other) => other.setAttribute("aria-pressed", String(other === chosen)));
    let count = 0;
    $(".board tbody").forEach((body) => {
      const rows = $("tr[data-verdict]", body);
      rows.forEach((row) => row.classList.toggle("out", Boolean(want) && row.dataset.verdict !== want));
      const left = rows.filter((row) => !row.classList.contains("out")).length;
      body.classList.toggle("out", left === 0);
      count += left;
    });
    status.textContent = `${count} claims shown`;
  }));

  /* ---- where the reader is ---- */
  const links = new Map($(".rail a").map((link) => [link.hash.slice(1), link]));
  const here = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) links.forEach((link, id) => (id === target.id ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  $("main > section[id]").forEach((section) => here.observe(section));

  /* ---- print: light, everything drawn, as wide as the paper ---- */
  let before = null;
  addEventListener("beforeprint", () => {
    before = root.dataset.theme || "";
    root.dataset.theme = "light";
    specs.forEach((spec) => drawn.set(spec.id, spec));
    redraw(660);
  });
  addEventListener("afterprint", () => { setTheme(before || ""); redraw(); });
})();
