// What is seen, in the address: a link shows the same. Only what differs from the first picture is written.
let quiet = true; // while the page is being set up

let blocksBefore = ""; // which are open, as last written

/** Write what is seen into the address. That blocks open or close can be undone: it is a step of the browser's history. */
function remember() {
  if (quiet) return;
  const blocks = blocksInAddress();
  const parts = [...blocks];
  if (zoom !== firstZoom) parts.push(`zoom=${zoom.toFixed(2)}`);
  if (mode() !== firstMode) parts.push(`look=${mode()}`);
  if (spot !== null && document.activeElement?.closest?.(".node")) parts.push(`at=${encodeURIComponent(spot).replaceAll("%2F", "/")}`);
  const hash = parts.length ? `#${parts.join("&")}` : "";
  const step = blocks.join("&") !== blocksBefore;
  blocksBefore = blocks.join("&");
  if (hash !== location.hash) note(hash, step);
}

/** A new entry of the history, or another address of the one that is shown; ours is told from a link that is followed. */
function note(hash, step) {
  try {
    history[step ? "pushState" : "replaceState"]({ ours: true }, "", hash || location.pathname + location.search);
  } catch {
    // A page without an address of its own, as inside a notebook, keeps no state.
  }
}

/** What the address says, word by word. */
function told() {
  return new Map(
    location.hash
      .slice(1)
      .split("&")
      .filter(Boolean)
      .map((part) => [part.split("=")[0], part.slice(part.indexOf("=") + 1)]),
  );
}

/** Show what the address says. */
function recall() {
  quiet = true;
  const said = told();
  setMode(["auto", "light", "dark"].includes(said.get("look")) ? said.get("look") : firstMode);
  recallBlocks(said);
  const wanted = Number(said.get("zoom"));
  zoom = wanted > 0 ? Math.min(NEAREST, Math.max(FARTHEST, wanted)) : firstZoom;
  resize();
  if (said.has("at")) {
    const path = decode(said.get("at"));
    reveal(path);
    picture().classList.add("keyed");
    focusOn(path);
  }
  settled();
}

/** Undo or redo what opened and closed; colours and zoom stay as they are. */
function travel() {
  quiet = true;
  const said = told();
  say(recallBlocks(said));
  if (said.has("at")) focusOn(decode(said.get("at")));
  settled();
  remember();
}

function settled() {
  quiet = false;
  blocksBefore = blocksInAddress().join("&");
  note(location.hash, false);
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// ------------------------------------------------------------------------------- light and dark

const mode = () => document.documentElement.dataset.look;

function setMode(next) {
  document.documentElement.dataset.look = next;
  if (get("look")) get("look").value = next;
}

/** Whether the page is dark now. */
function isDark() {
  return mode() === "dark" || (mode() === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
}

function startState() {
  get("look")?.addEventListener("change", (event) => {
    setMode(event.target.value);
    remember();
  });
  addEventListener("popstate", (event) => event.state?.ours && travel());
  addEventListener("hashchange", () => history.state?.ours || recall());
}
