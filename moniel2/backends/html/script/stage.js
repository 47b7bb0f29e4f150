// Zoom and pan. The picture scrolls in its stage, so that wheel, touch and keys pan it as they pan any page.
const NEAREST = 8;
const FARTHEST = 0.05;
let zoom = 1;

/** The picture's size at zoom 1. */
function natural() {
  const box = picture().viewBox.baseVal;
  return { w: box.width, h: box.height };
}

/** Zoom so that the point under (x, y) of the window stays where it is; the middle of the stage by default. */
function zoomTo(wanted, x = null, y = null) {
  const next = Math.min(NEAREST, Math.max(FARTHEST, wanted));
  const frame = stage.getBoundingClientRect();
  x = x ?? frame.left + frame.width / 2;
  y = y ?? frame.top + frame.height / 2;
  const before = picture().getBoundingClientRect();
  const at = [(x - before.left) / before.width, (y - before.top) / before.height];
  zoom = next;
  resize();
  const after = picture().getBoundingClientRect();
  stage.scrollLeft += after.left + at[0] * after.width - x;
  stage.scrollTop += after.top + at[1] * after.height - y;
  remember();
}

function resize() {
  const { w, h } = natural();
  picture().style.width = `${w * zoom}px`;
  picture().style.height = `${h * zoom}px`;
  get("level").textContent = `${Math.round(zoom * 100)} %`;
}

/** The zoom at which all of it is seen; small pictures aren't blown up much. */
function whole() {
  const { w, h } = natural();
  return Math.min(1.6, (stage.clientWidth - 4) / w, (stage.clientHeight - 4) / h);
}

/** The zoom to begin with: as wide as the stage, but letters stay readable. */
function comfortable() {
  const { w } = natural();
  return Math.max(0.5, Math.min(1.25, (stage.clientWidth - 4) / w));
}

function bringIntoView(element) {
  const frame = stage.getBoundingClientRect();
  const box = element.getBoundingClientRect();
  const margin = 24;
  if (box.left < frame.left + margin || box.width > frame.width) stage.scrollLeft += box.left - frame.left - margin;
  else if (box.right > frame.right - margin) stage.scrollLeft += box.right - frame.right + margin;
  if (box.top < frame.top + margin || box.height > frame.height) stage.scrollTop += box.top - frame.top - margin;
  else if (box.bottom > frame.bottom - margin) stage.scrollTop += box.bottom - frame.bottom + margin;
}

/** Two fingers zoom the picture as they zoom a map: what is between them stays between them. */
function startPinch() {
  let last = null;
  const grip = ([a, b]) => ({
    x: (a.clientX + b.clientX) / 2,
    y: (a.clientY + b.clientY) / 2,
    wide: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1,
  });
  const begin = ({ touches }) => {
    last = touches.length === 2 ? grip(touches) : null;
  };
  for (const name of ["touchstart", "touchend", "touchcancel"]) stage.addEventListener(name, begin, { passive: true });
  stage.addEventListener(
    "touchmove",
    (event) => {
      if (!last || event.touches.length !== 2) return;
      event.preventDefault();
      const now = grip(event.touches);
      stage.scrollLeft += last.x - now.x;
      stage.scrollTop += last.y - now.y;
      zoomTo((zoom * now.wide) / last.wide, now.x, now.y);
      last = now;
    },
    { passive: false },
  );
}

function startStage() {
  get("closer").addEventListener("click", () => zoomTo(zoom * 1.25));
  get("farther").addEventListener("click", () => zoomTo(zoom / 1.25));
  get("fit").addEventListener("click", () => zoomTo(whole()));
  stage.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoomTo(zoom * Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0025)), event.clientX, event.clientY);
    },
    { passive: false },
  );
  startPinch();
  let drag = null;
  stage.addEventListener("pointerdown", (event) => {
    const frame = stage.getBoundingClientRect();
    const onBar = event.clientX > frame.left + stage.clientWidth || event.clientY > frame.top + stage.clientHeight;
    // Fingers pan by themselves, and so do scroll bars.
    if (event.pointerType === "touch" || event.button !== 0 || onBar) return;
    drag = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop };
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    // A hand that trembles while it presses a block doesn't drag.
    if (!stage.classList.contains("dragged") && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 4) return;
    stage.classList.add("dragged");
    stage.scrollLeft = drag.left + drag.x - event.clientX;
    stage.scrollTop = drag.top + drag.y - event.clientY;
  });
  const letGo = () => {
    drag = null;
    // The click that ends a drag, which comes after this, is no press.
    setTimeout(() => stage.classList.remove("dragged"));
  };
  addEventListener("pointerup", letGo);
  addEventListener("pointercancel", letGo);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, select")) return;
    if (event.key === "+" || event.key === "=") zoomTo(zoom * 1.25);
    else if (event.key === "-") zoomTo(zoom / 1.25);
    else if (event.key === "0") zoomTo(whole());
    else if (event.key === "/") get("find").focus();
    else return;
    event.preventDefault();
  });
}
