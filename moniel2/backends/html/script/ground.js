// Small things that every other part of the page uses.
const SVG = "http://www.w3.org/2000/svg";
const get = (id) => document.getElementById(id);
const stage = get("stage");
const picture = () => stage.querySelector("svg");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Make an element: attributes by name, text as text. */
function make(tag, attributes = {}, text = null, space = null) {
  const element = space ? document.createElementNS(space, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  return element;
}

/** Tell those who see it and those who hear it. */
function say(text) {
  get("status").textContent = text;
}

/** The last part of a path as a reader says it. */
function lastOf(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}
