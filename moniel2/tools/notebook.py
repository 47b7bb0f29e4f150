"""A picture in a notebook: an image that every notebook shows, and the page with blocks to open on top of it.

An untrusted notebook takes scripts and inline SVG out, so the picture comes first as an image. Where scripts may run, a
button under it puts the page in its place, in a frame of its own that can reach nothing of the notebook.
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from html import escape

BUTTON = "Open and close blocks"


def notebook_html(svg: str, page: bytes, name: str) -> str:
    """The HTML of one output. ``page`` is the picture's page, ``name`` what it shows."""
    image = b64encode(svg.encode("utf-8")).decode("ascii")
    alt = escape(name, quote=True)
    packed = b64encode(gzip.compress(page, 9, mtime=0)).decode("ascii")
    return (
        f'<img alt="{alt}" style="max-width: 100%" src="data:image/svg+xml;base64,{image}">'
        f'<script type="text/plain">{packed}</script><script>{_SCRIPT}</script>'
    )


# The page is unpacked when it is asked for. Nothing here leaves the notebook: the text is in it already.
_SCRIPT = (
    """
(() => {
  const packed = document.currentScript.previousElementSibling;
  const image = packed.previousElementSibling;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "moniel2-open";
  button.textContent = "%s";
  button.style.display = "block";
  button.onclick = async () => {
    const bytes = Uint8Array.from(atob(packed.textContent), (c) => c.charCodeAt(0));
    const text = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts allow-downloads");
    frame.title = image.alt;
    frame.style.cssText = "width: 100%%; height: 640px; border: 0";
    frame.srcdoc = await text;
    image.replaceWith(frame);
    button.remove();
  };
  image.after(button);
})();
""".strip().replace("\n  ", "\n")
    % BUTTON
)
