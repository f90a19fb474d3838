// Makes readable pages convenient: theme, sorting, searching, choosing, drawing figures, playing frames. No dependency
// but plotly.js, which pages with figures load beside this file.
"use strict";

const root = document.documentElement;
const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
root.classList.add("script");  // until a long table is ready only its beginning is laid out
if (stored("theme")) root.dataset.theme = stored("theme");  // at once, before anything is painted
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const isDark = () => getComputedStyle(root).colorScheme === "dark"
  || (getComputedStyle(root).colorScheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);

document.addEventListener("DOMContentLoaded", () => {
  all("button.theme").forEach(themeSwitch);
  all("table[data-sortable]").forEach(table);
  all("[data-choices]").forEach(choices);
  all(".copy").forEach(copyable);
  all("[data-player]").forEach(player);
  all(".plot").forEach(drawWhenSeen);
});

function themeSwitch(button) {
  const show = () => { button.setAttribute("aria-pressed", isDark()); };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* a page that may store nothing still switches */ }
    show();
    recolour();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { show(); recolour(); });
  show();
}

// --- tables ---------------------------------------------------------------------------------------------------------

const STEP = 200;  // rows laid out at a time: the rest follows as one scrolls, so that 10,000 rows open at once

function table(element) {
  const tools = document.querySelector(`.tools[data-for="${element.id}"]`);
  const [search, domain, count] = ["input", "select", "output"].map((name) => tools?.querySelector(name));
  const rows = all("tbody tr:not(.group)", element);
  const texts = new Map(rows.map((row) => [row, tools ? row.textContent.toLowerCase() : ""]));
  const more = document.createElement("button");
  let limit = STEP;

  function show() {
    const words = (search?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    let fitting = 0;
    for (const row of all("tbody tr:not(.group)", element)) {
      const fits = words.every((word) => texts.get(row).includes(word)) && (!domain?.value || row.dataset.domain === domain.value);
      fitting += fits;
      const hide = !fits || fitting > limit;
      if (row.hidden !== hide) row.hidden = hide;
    }
    more.hidden = fitting <= limit;
    more.textContent = `Show more of ${fitting} rows`;
    if (count) count.textContent = fitting === rows.length ? `${rows.length} rows` : `${fitting} of ${rows.length} rows`;
  }
  const again = () => { limit = STEP; show(); };

  sortable(element, again);
  more.type = "button";
  more.addEventListener("click", () => { limit += STEP; show(); });
  (element.closest(".scroll") ?? element).after(more);
  new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) more.click(); },
    { rootMargin: "800px" }).observe(more);
  let waiting = 0;
  search?.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(again, 120); });
  domain?.addEventListener("change", again);
  if (tools) tools.hidden = false;
  show();
  element.dataset.ready = "";
}

function sortable(element, done) {
  const heads = all("thead th", element);
  heads.forEach((head, column) => {
    if (!head.textContent.trim() || head.dataset.fixed !== undefined) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const first = head.dataset.first ?? "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((h) => { if (h.hasAttribute("aria-sort")) h.setAttribute("aria-sort", "none"); });
      head.setAttribute("aria-sort", order);
      all("tbody", element).forEach((body) => sortRows(body, column, order === "ascending" ? 1 : -1));
      done();
    });
  });
}

function sortRows(body, column, sign) {
  const rows = all("tr:not(.group)", body).map((row) => {
    const cell = row.cells[column];
    const text = cell ? cell.dataset.v ?? cell.textContent.trim().replace(/^–$/, "") : "";
    return { row, text, value: text === "" ? NaN : Number(text) };
  });
  const isNumeric = rows.every(({ text, value }) => text === "" || !Number.isNaN(value));
  const order = new Intl.Collator(undefined, { numeric: true });
  rows.sort((a, b) => (a.text === "") - (b.text === "")  // what is unknown comes last either way
    || sign * (isNumeric ? a.value - b.value || 0 : order.compare(a.text, b.text)));
  const place = document.createComment("");
  body.replaceWith(place);  // moving thousands of rows is quick only where nothing is styled
  body.append(...rows.map(({ row }) => row));
  place.replaceWith(body);
}

// --- one panel of several -------------------------------------------------------------------------------------------

function choices(box) {
  const selects = all("select[data-choice]", box);
  const panels = all("[data-panel]", box);
  const show = () => {
    const key = selects.map((select) => select.value).sort((a, b) => a - b).join("-");
    panels.forEach((panel) => { panel.hidden = panel.dataset.panel !== key; });
    box.querySelector("[data-none]")?.toggleAttribute("hidden", panels.some((panel) => !panel.hidden));
  };
  selects.forEach((select) => select.addEventListener("change", show));
  all(".tools", box).forEach((tools) => { tools.hidden = false; });
  show();
}

function copyable(box) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const code = box.querySelector("pre");
    try {
      await navigator.clipboard.writeText(code.textContent.trim());
      button.textContent = "Copied";
    } catch {  // no clipboard here: at least select it
      getSelection().selectAllChildren(code);
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  box.append(button);
}

// --- frames of an episode -------------------------------------------------------------------------------------------

function player(box) {
  const frames = all(".frame", box);
  if (frames.length < 2) return;
  const bar = box.querySelector(".player");
  const [play, range, output] = ["button", "input", "output"].map((name) => bar.querySelector(name));
  let timer = 0;
  const show = () => {
    frames.forEach((frame, k) => { frame.hidden = k !== Number(range.value); });
    output.textContent = `frame ${Number(range.value) + 1} of ${frames.length}`;
  };
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; };
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(range.value) === frames.length - 1) range.value = 0;
    play.textContent = "Pause";
    timer = setInterval(() => {
      if (Number(range.value) === frames.length - 1) return stop();
      range.value = Number(range.value) + 1;
      show();
    }, Math.max(60, Math.min(900, 20000 / frames.length)));
  });
  range.max = frames.length - 1;
  range.value = 0;
  range.addEventListener("input", () => { stop(); show(); });
  bar.hidden = false;
  show();
}

// --- figures --------------------------------------------------------------------------------------------------------

const drawn = new Set();

function colours() {
  const style = getComputedStyle(document.body);
  const probe = (name) => {  // light-dark() is only resolved where it is used
    const span = document.createElement("span");
    span.style.color = `var(${name})`;
    document.body.append(span);
    const found = getComputedStyle(span).color;
    span.remove();
    return found;
  };
  const [ink, soft, line, raised] = ["--ink", "--soft", "--line", "--raised"].map(probe);
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: soft, zerolinewidth: 1, color: soft };
  return { font: { family: style.fontFamily, size: 12.5, color: ink }, axis,
    hoverlabel: { bgcolor: raised, bordercolor: line, font: { color: ink } } };
}

function drawWhenSeen(plot) {
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    const { data, layout } = JSON.parse(plot.querySelector("script").textContent);
    const { font, hoverlabel, axis } = colours();
    for (const name of Object.keys(layout).filter((key) => /^[xy]axis/.test(key))) layout[name] = { ...axis, ...layout[name] };
    for (const name of ["xaxis", "yaxis"]) layout[name] ??= axis;
    Plotly.newPlot(plot, data, { ...layout, font, hoverlabel }, { responsive: true, displayModeBar: false });
    drawn.add(plot);
  }, { rootMargin: "300px" });
  watch.observe(plot);
}

function recolour() {
  const { font, hoverlabel, axis } = colours();
  for (const plot of drawn) {
    const change = { font, hoverlabel };
    for (const name of Object.keys(plot.layout).filter((key) => /^[xy]axis/.test(key))) {
      for (const [key, value] of Object.entries(axis)) change[`${name}.${key}`] = value;
    }
    Plotly.relayout(plot, change);
  }
}
