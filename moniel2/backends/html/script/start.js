// Everything is there: take the page over from the still picture.
function save() {
  const link = make("a", {
    href: URL.createObjectURL(new Blob([saved()], { type: "image/svg+xml" })),
    download: `${document.title.replace(/[^\p{L}\p{N}._-]+/gu, "_") || "network"}.svg`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

document.documentElement.classList.add("live");
for (const hidden of document.querySelectorAll("[data-live]")) hidden.hidden = false;
const firstMode = mode();
furnish();
let firstZoom = comfortable();
startStage();
startNodes();
startSearch();
startState();
get("save").addEventListener("click", save);
recall();
// A page in a frame may get its size late; until somebody zooms, the picture follows it.
new ResizeObserver(() => {
  if (zoom !== firstZoom) return;
  zoom = firstZoom = comfortable();
  resize();
}).observe(stage);
