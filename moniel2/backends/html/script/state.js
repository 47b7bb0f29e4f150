// What is seen, in the address: a link shows the same. Only what differs from the first picture is written.
let quiet = true; // while the page is being set up

function remember() {
  if (quiet) return;
  const parts = [...blocksInAddress()];
  if (zoom !== firstZoom) parts.push(`zoom=${zoom.toFixed(2)}`);
  if (mode() !== firstMode) parts.push(`look=${mode()}`);
  if (spot !== null && document.activeElement?.closest?.(".node")) parts.push(`at=${encodeURIComponent(spot).replaceAll("%2F", "/")}`);
  const hash = parts.length ? `#${parts.join("&")}` : "";
  if (hash === location.hash) return;
  try {
    history.replaceState(null, "", hash || location.pathname + location.search);
  } catch {
    // A page without an address of its own, as inside a notebook, keeps no state.
  }
}

/** Show what the address says. */
function recall() {
  quiet = true;
  const told = new Map(
    location.hash
      .slice(1)
      .split("&")
      .filter(Boolean)
      .map((part) => [part.split("=")[0], part.slice(part.indexOf("=") + 1)]),
  );
  setMode(["auto", "light", "dark"].includes(told.get("look")) ? told.get("look") : firstMode);
  recallBlocks(told);
  const wanted = Number(told.get("zoom"));
  zoom = wanted > 0 ? Math.min(NEAREST, Math.max(FARTHEST, wanted)) : firstZoom;
  resize();
  if (told.has("at")) {
    const path = decode(told.get("at"));
    reveal(path);
    picture().classList.add("keyed");
    focusOn(path);
  }
  quiet = false;
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
  addEventListener("hashchange", recall);
}
