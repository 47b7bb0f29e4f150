// A picture that can't be laid out anew here: what is drawn is all there is.
const titles = new Map();
for (const element of picture().querySelectorAll("g[data-path] > title")) titles.set(element.parentNode.dataset.path, element.textContent);

function canOpen() {
  return false;
}

function toggle() {}
function reveal() {}
const recallBlocks = () => "";

function blocksInAddress() {
  return [];
}

/** What a node is called: `Conv` of `block/conv: Conv(channels = 64) → [B, 64, 8, 8]`, of several in a row all. */
function calledBy(path) {
  const port = path.match(/(?:^|\/)(?:in|out):([^/]*)$/);
  if (port) return port[1];
  const calls = (titles.get(path) ?? "").split("; ").map((call) => call.replace(/^[^(]*?: /, ""));
  return calls.map((call) => call.replace(/ *(\(| → ).*$/s, "")).join(" · ") || lastOf(path);
}

function factsOf(path) {
  const text = titles.get(path) ?? "";
  const output = text.includes("→") ? text.slice(text.lastIndexOf("→") + 1).trim() : "";
  return { title: calledBy(path), rows: [["path", path]], doc: text.replaceAll("; ", "\n"), output };
}

function findNodes(words, most) {
  const found = [];
  for (const [path, title] of titles) {
    const text = folded(`${path} ${title}`);
    if (nodes.has(path) && words.every((w) => text.includes(w))) found.push({ path, name: calledBy(path) });
    if (found.length === most) break;
  }
  return found;
}

/** The picture as a file. */
function saved() {
  picture().classList.add("saving");
  unlight();
  const copy = picture().cloneNode(true);
  if (isDark()) {
    // What the page's rules paint is written on each thing: a file of its own has no rules.
    const painted = picture().querySelectorAll("[fill], [stroke]");
    for (const [k, element] of copy.querySelectorAll("[fill], [stroke]").entries())
      for (const name of ["fill", "stroke"])
        if (element.hasAttribute(name)) element.setAttribute(name, getComputedStyle(painted[k])[name]);
  }
  picture().classList.remove("saving");
  copy.removeAttribute("class");
  for (const added of copy.querySelectorAll(".reach")) added.remove();
  for (const node of [copy, ...copy.querySelectorAll("*")])
    for (const name of ["tabindex", "role", "aria-label", "aria-expanded", "style"]) node.removeAttribute(name);
  return new XMLSerializer().serializeToString(copy);
}
