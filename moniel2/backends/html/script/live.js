// A picture that is laid out anew here whenever a block is opened or closed.
const MOST_PARTS = 1500; // more are neither read nor drawn at once
const PLENTY = 400; // as many as "open all" goes for
const { sheets: SHEETS, facts: FACTS, first: FIRST } = engine;
let opened = new Set(FIRST);
let saving = false;

const INK = {
  background: true,
  dark: null,
  font: FONT,
  inks: { values: () => Object.values(LIGHT) },
  ink(key, tint = "", on = "") {
    const inks = isDark() && saving && DARK ? DARK : LIGHT;
    if (tint || on) key += ` ${tint || on}`;
    while (!(key in inks) && key.includes(".")) key = key.slice(0, key.lastIndexOf("."));
    return inks[key] ?? inks.block;
  },
};
/** The text of the picture with these blocks open, or null if it would be too large. */
function drawn(paths) {
  return engine.draw(paths, MOST_PARTS, INK);
}

/** Draw with other blocks open; ``around`` is a path whose place on the screen stays. */
function redraw(paths, around = null) {
  const text = drawn(paths);
  if (text === null) {
    say(`That would be more than ${MOST_PARTS} boxes.`);
    return false;
  }
  opened = new Set(paths);
  const hold = document.activeElement?.closest?.(".node") ? spot : null;
  const keyed = picture().classList.contains("keyed");
  const before = new Map(Array.from(nodes, ([path, node]) => [path, node.getBoundingClientRect()]));
  const fresh = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  picture().replaceWith(fresh);
  resize();
  furnish();
  if (keyed) fresh.classList.add("keyed");
  const anchor = around !== null && before.has(around) && nodes.has(around) ? around : null;
  if (anchor !== null) {
    const was = before.get(anchor);
    const is = nodes.get(anchor).getBoundingClientRect();
    stage.scrollLeft += is.left - was.left;
    stage.scrollTop += is.top - was.top;
  }
  if (hold !== null && nodes.has(hold)) nodes.get(hold).focus({ preventScroll: true });
  if (pinned !== null && !nodes.has(pinned)) pinned = null;
  move(before);
  remember();
  return true;
}

/** Let what was there before come to its new place; what is new appears. */
function move(before) {
  if (calm.matches || quiet || nodes.size > 300) return;
  const timing = { duration: 220, easing: "ease-out" };
  for (const [path, node] of nodes) {
    const was = before.get(path);
    if (!was) {
      node.animate([{ opacity: 0 }, { opacity: 1 }], timing);
      continue;
    }
    const is = node.getBoundingClientRect();
    const [dx, dy] = [(was.left - is.left) / zoom, (was.top - is.top) / zoom];
    if (Math.abs(dx) + Math.abs(dy) < 0.5) continue;
    node.animate([{ transform: `translate(${dx}px, ${dy}px)` }, { transform: "none" }], timing);
  }
  for (const line of picture().querySelectorAll(".wire, .head, .shape")) line.animate([{ opacity: 0 }, { opacity: 1 }], timing);
}

// ------------------------------------------------------------------------- paths and sheets

/** The sheet and the slot that a path leads to, or null. */
function locate(path, sheet = 0) {
  for (const [slot, { part, opening }] of SHEETS[sheet].slots.entries()) {
    if (part.key === path) return { sheet, slot };
    if (opening && path.startsWith(`${part.key}/`)) {
      const found = locate(path.slice(part.key.length + 1), opening.sheet);
      if (found) return found;
    }
  }
  return null;
}

/** The paths of the blocks around a path, outer ones first. */
function around(path, sheet = 0, prefix = "") {
  for (const { part, opening } of SHEETS[sheet].slots) {
    const key = prefix + part.key;
    if (key === path) return [];
    if (opening && path.startsWith(`${key}/`)) {
      const inner = around(path, opening.sheet, `${key}/`);
      if (inner) return [key, ...inner];
    }
  }
  return null;
}

function canOpen(path) {
  const place = locate(path);
  return place !== null && SHEETS[place.sheet].slots[place.slot].opening !== null && SHEETS[place.sheet].slots[place.slot].opening !== undefined;
}

/** Open a closed block, or close an open one with all in it. */
function toggle(path) {
  const closing = opened.has(path);
  const next = new Set(opened);
  if (closing) for (const other of opened) if (other === path || other.startsWith(`${path}/`)) next.delete(other);
  if (!closing) next.add(path);
  if (redraw(next, path)) say(`${path} ${closing ? "closed" : "opened"}`);
}

/** Open what is around a path, so that it is seen. */
function reveal(path) {
  const closed = (around(path) ?? []).filter((p) => !opened.has(p));
  if (closed.length) redraw(new Set([...opened, ...closed]));
}

/** The blocks that "open all" opens, one level after the other as long as there aren't too many boxes. */
function plenty() {
  let level = [{ path: "", sheet: 0 }];
  const next = new Set();
  let count = SHEETS[0].slots.length;
  let held = false;
  while (level.length && !held) {
    const deeper = [];
    for (const { path, sheet } of level) {
      for (const { part, opening } of SHEETS[sheet].slots) {
        if (!opening) continue;
        count += SHEETS[opening.sheet].slots.length;
        if (count > PLENTY) {
          held = true;
          continue;
        }
        next.add(path + part.key);
        deeper.push({ path: `${path}${part.key}/`, sheet: opening.sheet });
      }
    }
    level = deeper;
  }
  return { paths: next, held };
}

function openAll() {
  const { paths, held } = plenty();
  redraw(paths);
  say(held ? "Opened as much as can be looked at; click a block to open it." : "All blocks are open.");
}

function sameAs(paths) {
  return paths.size === opened.size && [...paths].every((p) => opened.has(p));
}

function blocksInAddress() {
  const first = new Set(FIRST);
  const list = (paths) => paths.map((p) => encodeURIComponent(p).replaceAll("%2F", "/")).join(",");
  if (sameAs(first)) return [];
  if (!opened.size) return ["open=none"];
  if (sameAs(plenty().paths)) return ["open=all"];
  const more = [...opened].filter((p) => !first.has(p)).sort();
  const less = FIRST.filter((p) => !opened.has(p));
  return [...(more.length ? [`open=${list(more)}`] : []), ...(less.length ? [`close=${list(less)}`] : [])];
}

/** Open what an address says; what that changed, in words. */
function recallBlocks(told) {
  const list = (name) => (told.get(name) ?? "").split(",").filter(Boolean).map(decode);
  let next = new Set(FIRST);
  if (told.get("open") === "all") next = plenty().paths;
  if (told.get("open") === "none") next = new Set();
  for (const path of list("close")) next.delete(path);
  for (const path of list("open")) if (canOpen(path)) next.add(path);
  const was = opened;
  if (sameAs(next) || !redraw(next)) return "";
  const changed = [...was, ...next].filter((p) => was.has(p) !== next.has(p));
  const [path] = changed;
  return changed.length === 1 ? `${path} ${next.has(path) ? "opened" : "closed"}` : `${changed.length} blocks opened or closed`;
}

// ------------------------------------------------------------------------------------- facts

function factsOf(path) {
  const port = path.match(/^(?:(.*)\/)?(in|out):([^/]*)$/);
  if (port) return portFacts(port[1] ?? "", port[2], port[3]);
  const place = locate(path);
  if (!place) return { title: path, rows: [], doc: "", output: "" };
  const [title, rows, doc, output] = FACTS[place.sheet][place.slot];
  return { title, rows: [["path", path], ...rows], doc, output };
}

function portFacts(path, side, name) {
  const place = path ? locate(path) : null;
  const sheet = path ? SHEETS[SHEETS[place?.sheet ?? 0].slots[place?.slot ?? 0].opening?.sheet ?? 0] : SHEETS[0];
  const port = (side === "in" ? sheet.inputs : sheet.outputs).find((p, k) => p.name === name || String(k) === name);
  const shape = port ? port.title.slice(port.title.indexOf(": ") + 2) : "";
  return { title: side === "in" ? "Input" : "Output", rows: [["name", name], ["shape", shape]], doc: "", output: shape };
}

// ------------------------------------------------------------------------------------ search

let haystacks = null; // of each sheet and slot: what can be found there
const held = new Map(); // whether a word is found anywhere in a sheet

function haystack(sheet, slot) {
  haystacks ??= SHEETS.map((s, n) =>
    s.slots.map(({ part, opening }, k) => {
      const [title, rows, doc] = FACTS[n][k];
      return folded([part.key, part.first, part.second, opening?.part.first ?? "", title, doc, ...rows.flat()].join("\n"));
    }),
  );
  return haystacks[sheet][slot];
}

function holds(sheet, word) {
  const key = `${sheet} ${word}`;
  if (!held.has(key)) {
    held.set(key, false);
    const found = SHEETS[sheet].slots.some((s, k) => haystack(sheet, k).includes(word) || (s.opening && holds(s.opening.sheet, word)));
    held.set(key, found);
  }
  return held.get(key);
}

/** Nodes that hold all words, some of them perhaps in the names of the blocks around. */
function findNodes(words, most) {
  const found = [];
  const walk = (sheet, prefix, left) => {
    for (const [k, { part, opening }] of SHEETS[sheet].slots.entries()) {
      if (found.length >= most) return;
      const path = prefix + part.key;
      const hay = haystack(sheet, k);
      if (left.every((w) => hay.includes(w))) found.push({ path, name: `${part.first}${part.repeat > 1 ? ` ×${part.repeat}` : ""}` });
      if (!opening) continue;
      const rest = left.filter((w) => !folded(part.key).includes(w));
      if (rest.length && rest.every((w) => holds(opening.sheet, w))) walk(opening.sheet, `${path}/`, rest);
    }
  };
  walk(0, "", words);
  // What is called so comes before what only speaks of it.
  const rank = ({ path, name }) => {
    const [own, key] = [folded(name), folded(lastOf(path))];
    const named = words.filter((w) => own.includes(w) || key.includes(w)).length;
    if (named < words.length) return named ? 2 : 3;
    return words.every((w) => own.startsWith(w) || key.startsWith(w)) ? 0 : 1;
  };
  return found.sort((a, b) => rank(a) - rank(b));
}

/** The picture as a file, in the colours that are seen. */
function saved() {
  saving = true;
  const text = drawn(opened);
  saving = false;
  return text;
}

get("open-all").addEventListener("click", openAll);
get("close-all").addEventListener("click", () => {
  redraw(new Set());
  say("All blocks are closed.");
});
get("as-first").addEventListener("click", () => {
  redraw(new Set(FIRST));
  say("As at first.");
});
