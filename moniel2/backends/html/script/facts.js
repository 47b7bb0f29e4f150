// The panel beside the figure: what is pointed at, in full.
const HELP = get("facts").innerHTML;

function showFacts(facts) {
  const rows = facts.rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
  const parts = [make("h2", {}, facts.title)];
  if (rows.length) {
    const list = make("dl");
    list.append(...rows);
    parts.push(list);
  }
  if (facts.doc) parts.push(prose(facts.doc));
  get("facts").replaceChildren(...parts);
}

/** A paragraph; what stands between backticks is code. */
function prose(text) {
  const paragraph = make("p");
  for (const [k, piece] of text.split(/`([^`]*)`/).entries()) paragraph.append(k % 2 ? make("code", {}, piece) : piece);
  return paragraph;
}

function showHelp() {
  get("facts").innerHTML = HELP;
}
