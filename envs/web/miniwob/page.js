// Runs in a MiniWoB page before its own scripts: time that passes only when told, random numbers that begin alike, and
// `arena`, through which the environment begins an episode, finds elements and reads what the page shows.
(() => {
  "use strict";
  const START = Date.UTC(2020, 0, 15, 12); // the date in every episode
  const FRAME = 16; // ms between animation frames
  const MOST_CALLS = 100000; // timers in one advance; more is a page that never rests
  const nativeFrame = window.requestAnimationFrame.bind(window);
  const NativeDate = Date;

  let now = 0;
  let lastTimer = 0;
  const timers = new Map(); // id -> {at, every, call}
  const schedule = (call, delay, every) => {
    const wait = Math.max(1, Number(delay) || 0);
    timers.set(++lastTimer, { at: now + wait, every: every ? wait : 0, call });
    return lastTimer;
  };
  const code = (f, given) => () => (typeof f === "function" ? f.apply(window, given) : window.eval(String(f)));
  window.setTimeout = (f, delay, ...given) => schedule(code(f, given), delay, false);
  window.setInterval = (f, delay, ...given) => schedule(code(f, given), delay, true);
  window.clearTimeout = window.clearInterval = window.cancelAnimationFrame = (id) => void timers.delete(id);
  window.requestAnimationFrame = (f) => schedule(() => f(now), FRAME - (now % FRAME), false);
  performance.now = () => now;
  window.Date = new Proxy(NativeDate, {
    construct: (target, given, as) => Reflect.construct(target, given.length ? given : [START + now], as),
    apply: () => new NativeDate(START + now).toString(),
    get: (target, name) => (name === "now" ? () => START + now : Reflect.get(target, name)),
  });

  let state = 1;
  Math.random = () => { // mulberry32; until the page's own generator is seeded
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  const advance = (ms) => {
    const end = now + ms;
    for (let calls = 0; calls < MOST_CALLS; calls++) {
      let first = null;
      for (const [id, timer] of timers) {
        if (timer.at <= end && (first === null || timer.at < timers.get(first).at)) first = id;
      }
      if (first === null) {
        now = end;
        return;
      }
      const timer = timers.get(first);
      now = Math.max(now, timer.at);
      if (timer.every) timer.at = now + timer.every;
      else timers.delete(first);
      try {
        timer.call();
      } catch (error) {
        console.error(error); // as a browser does: the others still run
      }
    }
    throw new Error("the page's timers never rest");
  };

  let parts = []; // what is numbered: elements and pieces of text; a number is kept for the whole episode
  const numbers = new WeakMap();
  const number = (node) => {
    if (!numbers.has(node)) numbers.set(node, parts.push(node));
    return numbers.get(node);
  };
  const box = (node) => {
    if (node instanceof Element) return node.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(node);
    return range.getBoundingClientRect();
  };
  const HIDDEN = new Set(["reward-display", "sync-task-cover", "click-canvas", "query"]);
  const SKIPPED = new Set(["script", "style", "option", "optgroup", "defs"]);
  const words = (text) => text.replace(/\s+/g, " ").trim();

  const describe = (node, style) => {
    const tag = node.tagName.toLowerCase();
    const shown = { tag, id: node.id, classes: words(node.getAttribute("class") || "") };
    if (node instanceof HTMLInputElement) {
      shown.tag += "_" + node.type;
      if (node.type === "checkbox" || node.type === "radio") shown.checked = node.checked;
      else shown.value = node.value;
    } else if (node instanceof HTMLTextAreaElement) shown.value = node.value;
    else if (node instanceof HTMLSelectElement) {
      shown.value = [...node.selectedOptions].map((option) => words(option.text)).join(", ");
      shown.options = [...node.options].map((option) => words(option.text));
    } else if (node instanceof SVGElement) {
      if (tag !== "svg" && tag !== "g") shown.color = style.fill === "none" ? style.stroke : style.fill;
    } else if (style.backgroundColor !== "rgba(0, 0, 0, 0)") shown.color = style.backgroundColor;
    if (node === document.activeElement && node !== document.body) shown.focused = true;
    if (node.scrollHeight > node.clientHeight + 1 && /auto|scroll/.test(style.overflowY)) {
      shown.scroll = [Math.round(node.scrollTop), node.scrollHeight - node.clientHeight];
    }
    if (node.dataset && node.dataset.tampered) shown.clicked = true;
    return shown;
  };

  const walk = (node, depth, found) => {
    if (HIDDEN.has(node.id) || SKIPPED.has(node.tagName.toLowerCase())) return;
    const rect = node.getBoundingClientRect();
    const style = window.getComputedStyle(node);
    if (style.visibility === "hidden" || style.display === "none") return;
    const inside = [...node.childNodes].filter((c) => c instanceof Element || (c instanceof Text && words(c.data)));
    const isText = inside.length > 0 && inside.every((child) => child instanceof Text);
    const isShown = rect.width > 0 && rect.height > 0 && node !== document.body;
    if (isShown) {
      const shown = describe(node, style);
      if (isText && node.tagName !== "TEXTAREA") shown.text = words(inside.map((child) => child.data).join(" "));
      found.push({ ref: number(node), depth, ...shown, box: place(rect) });
    }
    if (isText || node instanceof HTMLSelectElement) return;
    for (const child of inside) {
      if (child instanceof Element) walk(child, depth + (isShown ? 1 : 0), found);
      else {
        const piece = box(child);
        if (piece.width > 0 && piece.height > 0) {
          found.push({ ref: number(child), depth: depth + 1, tag: "t", text: words(child.data), box: place(piece) });
        }
      }
    }
  };
  const place = (rect) => [rect.left, rect.top, rect.width, rect.height].map(Math.round);

  // Loads the pictures that style sheets name: one that first comes under the mouse has no size until it is there, and a
  // click meanwhile meets what lies behind.
  const pictures = [];
  const loadPictures = () => {
    for (const sheet of document.styleSheets) {
      let rules = [];
      try {
        rules = [...sheet.cssRules];
      } catch {
        continue; // another file's, which a page of files may not read
      }
      for (const [, address] of rules.map((rule) => rule.cssText).join("").matchAll(/url\("([^"]+)"\)/g)) {
        const picture = new Image();
        picture.src = address;
        pictures.push(picture); // kept, so that it stays in the cache
      }
    }
    return Promise.allSettled(pictures.map((picture) => picture.decode()));
  };

  const STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }";
  window.arena = {
    advance,
    async begin(seed, mode) {
      await loadPictures();
      const style = document.createElement("style");
      style.textContent = STILL;
      document.head.appendChild(style);
      core.EPISODE_MAX_TIME = 1e9; // steps are counted instead
      core.setDataMode(mode);
      Math.seedrandom(seed);
      core.startEpisodeReal();
    },
    isReady: () => WOB_TASK_READY,
    // One painted frame, in which scroll events and the like are sent.
    frame: () => new Promise((done) => nativeFrame(() => done())),
    // What the page shows: the task, its elements in reading order, whether it is done and what it paid.
    show() {
      const elements = [];
      if (!WOB_DONE_GLOBAL) walk(document.body, 0, elements);
      const reward = WOB_DONE_GLOBAL ? Number(WOB_RAW_REWARD_GLOBAL) : 0;
      const told = core.getUtterance(); // some tasks tell their fields too
      return { utterance: told.utterance ?? told, elements, done: WOB_DONE_GLOBAL, reward };
    },
    // The point to click for a number, after it was scrolled into view; null where there is no such element any more.
    point(ref) {
      const node = parts[ref - 1];
      if (!node || !node.isConnected) return null;
      const element = node instanceof Element ? node : node.parentElement;
      let rect = box(node);
      if (rect.top < 0 || rect.left < 0 || rect.bottom > innerHeight || rect.right > innerWidth || isCovered(element)) {
        element.scrollIntoView({ block: "nearest", inline: "nearest" });
        rect = box(node);
      }
      return [rect.left + rect.width / 2, rect.top + rect.height / 2, !isCovered(element)];
    },
    // Clicks an element that something else covers.
    press(ref) {
      const node = parts[ref - 1];
      const element = node instanceof Element ? node : node.parentElement;
      if (element instanceof SVGElement) {
        for (const name of ["mousedown", "mouseup", "click"]) element.dispatchEvent(new Event(name));
      } else {
        element.click();
        element.focus();
      }
    },
    kind(ref) {
      const node = parts[ref - 1];
      if (node instanceof HTMLInputElement) return node.readOnly || node.disabled ? "fixed" : node.type;
      if (node instanceof HTMLTextAreaElement) return "textarea";
      if (node instanceof HTMLSelectElement) return "select";
      return node instanceof HTMLElement && node.isContentEditable ? "editable" : "";
    },
    // Marks all that a field holds, so that typing replaces it.
    mark(ref) {
      const node = parts[ref - 1];
      node.focus();
      if (node.select) node.select();
      else window.getSelection().selectAllChildren(node);
    },
    set(ref, value) {
      const node = parts[ref - 1];
      node.focus();
      node.value = value;
      for (const name of ["input", "change"]) node.dispatchEvent(new Event(name, { bubbles: true }));
      return node.value === value;
    },
    choose(ref, label) {
      const node = parts[ref - 1];
      const option = [...node.options].find((one) => words(one.text) === label);
      if (!option) return false;
      option.selected = true;
      for (const name of ["input", "change"]) node.dispatchEvent(new Event(name, { bubbles: true }));
      return true;
    },
    scroll(ref, pixels) {
      const node = parts[ref - 1];
      if (!node || !node.isConnected) return false;
      (node instanceof Element ? node : node.parentElement).scrollTop += pixels;
      return true;
    },
    // The marked text, of the page or of the field that is written in.
    copied() {
      const field = document.activeElement;
      if (field && typeof field.selectionStart === "number") {
        return field.value.slice(field.selectionStart, field.selectionEnd);
      }
      return String(window.getSelection());
    },
  };

  const isCovered = (element) => {
    const rect = element.getBoundingClientRect();
    const top = document.elementFromPoint(rect.left + rect.width / 2, rect.top + rect.height / 2);
    return top === null || !(element.contains(top) || top.contains(element));
  };
})();
