// The figure's nodes: pointed at, focused, opened and closed. One of them is in the order of tabs; arrows lead to others.
let nodes = new Map(); // path -> the element that stands for it
let spot = null; // the path in the order of tabs
let pinned = null; // the path whose facts stay

function furnish() {
  const svg = picture();
  svg.setAttribute("role", "group");
  svg.removeAttribute("aria-describedby");
  nodes = new Map();
  for (const group of svg.querySelectorAll("g[data-path]")) {
    const path = group.dataset.path;
    if (!group.matches(".op, .block, .port") || nodes.has(path)) continue;
    const node = group.matches(".open") ? handleOf(group) : group;
    const opens = node !== group || (group.matches(".closed") && canOpen(path));
    node.classList.add("node");
    node.setAttribute("tabindex", "-1");
    node.setAttribute("aria-label", labelOf(group, path));
    if (opens) {
      node.classList.add("handle");
      node.setAttribute("role", "button");
      node.setAttribute("aria-expanded", String(node !== group));
    } else {
      node.setAttribute("role", "img");
    }
    node.addEventListener("pointerenter", () => point(path));
    node.addEventListener("pointerleave", settle);
    node.addEventListener("focus", () => attend(path));
    node.addEventListener("click", () => press(path, opens));
    nodes.set(path, node);
  }
  if (spot === null || !nodes.has(spot)) spot = nodes.keys().next().value ?? null;
  nodes.get(spot)?.setAttribute("tabindex", "0");
  wireUp();
}

/** The frame and title of an open block as one thing to press, with what is inside left out of it. */
function handleOf(group) {
  const handle = make("g", {}, null, SVG);
  const title = group.querySelector(":scope > title");
  const own = Array.from(group.children).filter((c) => c.matches(".frame, .title, .subtitle, .repeat"));
  own[0].before(handle);
  handle.append(...own);
  if (title) handle.prepend(title);
  return handle;
}

function labelOf(group, path) {
  const words = Array.from(group.children).filter((c) => c.matches("text")).map((t) => t.textContent);
  const title = group.querySelector("title")?.textContent ?? "";
  const shown = words.join(" ").trim();
  return shown && !title.includes(shown) ? `${shown}. ${title}` : title || shown || lastOf(path);
}

function point(path) {
  light(netsAt(path), factsOf(path));
  showFacts(factsOf(path));
}

/** Back to what is pinned or focused. */
function settle() {
  const active = document.activeElement?.closest?.(".node");
  const path = pinned ?? (active ? pathOf(active) : null);
  if (path !== null && nodes.has(path)) {
    light(netsAt(path));
    showFacts(factsOf(path));
  } else {
    unlight();
    showHelp();
  }
}

function pathOf(element) {
  for (const [path, node] of nodes) if (node === element) return path;
  return null;
}

function attend(path) {
  nodes.get(spot)?.setAttribute("tabindex", "-1");
  for (const old of picture().querySelectorAll(".spot")) old.classList.remove("spot");
  spot = path;
  const node = nodes.get(path);
  node.setAttribute("tabindex", "0");
  node.classList.add("spot");
  light(netsAt(path));
  showFacts(factsOf(path));
  remember();
}

function press(path, opens) {
  if (stage.classList.contains("dragged")) return;
  if (opens) toggle(path);
  else pinned = pinned === path ? null : path;
  settle();
}

function focusOn(path, found = false) {
  const node = nodes.get(path);
  if (!node) return;
  for (const old of picture().querySelectorAll(".found")) old.classList.remove("found");
  if (found) node.classList.add("found");
  node.focus({ preventScroll: true });
  bringIntoView(node);
}

const WAYS = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] };

/** The nearest node that way, those straight ahead first. */
function neighbour(path, [dx, dy]) {
  const here = middleOf(nodes.get(path));
  let best = null;
  let least = Infinity;
  for (const [other, node] of nodes) {
    if (other === path) continue;
    const there = middleOf(node);
    const ahead = (there.x - here.x) * dx + (there.y - here.y) * dy;
    const aside = Math.abs((there.x - here.x) * dy) + Math.abs((there.y - here.y) * dx);
    const far = ahead + 2.5 * aside;
    if (ahead > 1 && far < least) [best, least] = [other, far];
  }
  return best;
}

/** The place of a node; an open block's is its title. */
function middleOf(node) {
  const box = node.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.top + (node.getAttribute("aria-expanded") === "true" ? 10 : box.height / 2) };
}

function startNodes() {
  stage.addEventListener("keydown", (event) => {
    picture().classList.add("keyed");
    const node = event.target.closest?.(".node");
    if (!node) return;
    const path = pathOf(node);
    if (event.key === "Enter" || event.key === " ") {
      press(path, node.getAttribute("role") === "button");
    } else if (event.key in WAYS) {
      const other = neighbour(path, WAYS[event.key]);
      if (other !== null) focusOn(other);
    } else if (event.key === "Escape") {
      pinned = null;
      settle();
    } else {
      return;
    }
    event.preventDefault();
  });
  stage.addEventListener("pointerdown", () => picture().classList.remove("keyed"));
  stage.addEventListener("focusout", () => setTimeout(settle));
}
