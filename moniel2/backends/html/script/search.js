// Search for a node by its path, type, arguments or `///` text; what is found inside closed blocks is opened.
const MOST = 40;
let hits = [];
let chosen = -1;

/** A text as it is searched: letters without case, and `3x3`, as keys have it, is `3×3`. */
function folded(text) {
  return text.toLowerCase().replaceAll("×", "x");
}

function searchFor(text) {
  const words = folded(text).split(/\s+/).filter(Boolean);
  hits = words.length ? findNodes(words, MOST) : [];
  chosen = -1;
  const list = get("hits");
  list.replaceChildren(
    ...hits.map((hit, k) => {
      const item = make("li", { id: `hit-${k}`, role: "option", "aria-selected": "false" }, `${hit.name} `);
      item.append(make("small", {}, hit.path));
      item.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        take(k);
      });
      return item;
    }),
  );
  list.hidden = !hits.length;
  get("find").setAttribute("aria-expanded", String(hits.length > 0));
  get("find").removeAttribute("aria-activedescendant");
  if (words.length) say(hits.length ? `${hits.length}${hits.length === MOST ? " or more" : ""} found` : "nothing found");
  else say("");
}

function choose(k) {
  get("hits").children[chosen]?.setAttribute("aria-selected", "false");
  chosen = (k + hits.length) % hits.length;
  const item = get("hits").children[chosen];
  item.setAttribute("aria-selected", "true");
  item.scrollIntoView({ block: "nearest" });
  get("find").setAttribute("aria-activedescendant", item.id);
}

function take(k) {
  const hit = hits[k];
  closeHits();
  reveal(hit.path);
  focusOn(hit.path, true);
}

function closeHits() {
  get("hits").hidden = true;
  get("find").setAttribute("aria-expanded", "false");
  get("find").removeAttribute("aria-activedescendant");
}

function startSearch() {
  const field = get("find");
  field.addEventListener("input", () => searchFor(field.value));
  field.addEventListener("blur", closeHits);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (get("hits").hidden) field.value = "";
      closeHits();
      say("");
    } else if (!hits.length) return;
    else if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? hits.length - 1 : chosen - 1);
    else if (event.key === "Enter") take(Math.max(chosen, 0));
    else return;
    event.preventDefault();
  });
}
