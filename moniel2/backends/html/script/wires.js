// Which lines are one tensor. A line that ends where another begins, on a block's frame, is the same tensor.
let strands = []; // {line, head, source, target, start, end, net}
let nets = []; // of each net: its strands

function wireUp() {
  const byLine = new Map();
  strands = [];
  for (const path of picture().querySelectorAll("path[data-source]")) {
    if (path.classList.contains("head")) {
      const mate = strands[strands.length - 1];
      if (mate && mate.source === path.dataset.source && mate.target === path.dataset.target) mate.head = path;
      continue;
    }
    const numbers = path.getAttribute("d").match(/-?[\d.]+/g).map(Number);
    const strand = {
      line: path,
      head: null,
      source: path.dataset.source,
      target: path.dataset.target,
      start: numbers.slice(0, 2),
      end: numbers.slice(-2),
      net: -1,
    };
    byLine.set(path, strand);
    strands.push(strand);
  }
  join();
  addReach(byLine);
}

/** Number the nets: what leaves one place, and what goes on through frames. */
function join() {
  const parent = strands.map((_, k) => k);
  const find = (k) => {
    while (parent[k] !== k) k = parent[k] = parent[parent[k]];
    return k;
  };
  const first = new Map();
  const key = (place, [x, y]) => `${place}\n${Math.round(x * 2)}\n${Math.round(y * 2)}`;
  strands.forEach((strand, k) => {
    const start = key(strand.source, strand.start);
    if (first.has(start)) parent[find(k)] = find(first.get(start));
    else first.set(start, k);
  });
  const frames = new Set(Array.from(picture().querySelectorAll("g.block.open"), (g) => g.dataset.path));
  const near = (a, b) => Math.abs(a[0] - b[0]) < 0.6 && Math.abs(a[1] - b[1]) < 0.6;
  const into = new Map();
  const out = new Map();
  strands.forEach((strand, k) => {
    const port = /^(.*)\/(in|out):[^/]*$/;
    const from = strand.source.match(port);
    const to = strand.target.match(port);
    if (from && from[2] === "in") (into.get(from[1]) ?? into.set(from[1], []).get(from[1])).push(k);
    if (to && to[2] === "out") (out.get(to[1]) ?? out.set(to[1], []).get(to[1])).push(k);
  });
  strands.forEach((strand, k) => {
    if (frames.has(strand.target))
      for (const inner of into.get(strand.target) ?? [])
        if (near(strand.end, strands[inner].start)) parent[find(inner)] = find(k);
    if (frames.has(strand.source))
      for (const inner of out.get(strand.source) ?? [])
        if (near(strand.start, strands[inner].end)) parent[find(k)] = find(inner);
  });
  nets = [];
  const number = new Map();
  strands.forEach((strand, k) => {
    const root = find(k);
    if (!number.has(root)) number.set(root, nets.push([]) - 1);
    strand.net = number.get(root);
    nets[strand.net].push(strand);
  });
}

/** A wide invisible line on each wire, so that it can be pointed at. */
function addReach(byLine) {
  for (const [line, strand] of byLine) {
    const wide = make("path", { class: "reach", d: line.getAttribute("d") }, null, SVG);
    wide.addEventListener("pointerenter", () => light([strand.net], describeNet(strand.net)));
    wide.addEventListener("pointerleave", settle);
    line.after(wide);
  }
}

/** The nets that enter or leave a node. */
function netsAt(path) {
  return [...new Set(strands.filter((s) => s.source === path || s.target === path).map((s) => s.net))];
}

function light(which, about = null) {
  unlight();
  if (!which.length) return;
  picture().classList.add("lit-on");
  for (const strand of which.flatMap((n) => nets[n])) {
    strand.line.classList.add("lit");
    strand.head?.classList.add("lit");
  }
  if (about) showFacts(about);
}

function unlight() {
  picture().classList.remove("lit-on");
  for (const lit of picture().querySelectorAll(".lit")) lit.classList.remove("lit");
}

/** Where a tensor comes from and where it goes. */
function describeNet(net) {
  const frames = new Set(Array.from(picture().querySelectorAll("g.block.open"), (g) => g.dataset.path));
  const inner = (path) => frames.has(path.match(/^(.*)\/(?:in|out):[^/]*$/)?.[1]);
  const ends = (side) => [...new Set(nets[net].map((s) => s[side]).filter((p) => !frames.has(p) && !inner(p)))];
  const rows = [];
  if (ends("source").length) rows.push(["from", ends("source").join(", ")]);
  if (ends("target").length) rows.push(["to", ends("target").join(", ")]);
  const source = ends("source")[0];
  const shape = source === undefined ? "" : factsOf(source).output;
  if (shape) rows.unshift(["shape", shape]);
  return { title: "Tensor", rows, doc: "" };
}
