// Reads every example of the project with the grammar: no word is left without a colour, nothing is
// taken for an error, and every bracket, text and comment that is opened is closed.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
const textmate = require("vscode-textmate");
const oniguruma = require("vscode-oniguruma");

const here = import.meta.dirname;
const wasm = fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));

const file = path.join(here, "../syntaxes/moniel2.tmLanguage.json");
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => textmate.parseRawGrammar(fs.readFileSync(file, "utf8"), file),
});
const grammar = await registry.loadGrammar("source.moniel2");

const examples = path.join(here, "../../examples");
const names = fs.readdirSync(examples).filter((name) => name.endsWith(".nn"));
const faults = [];
for (const name of names) {
  let stack = textmate.INITIAL;
  const lines = fs.readFileSync(path.join(examples, name), "utf8").split("\n");
  lines.forEach((line, number) => {
    const read = grammar.tokenizeLine(line, stack);
    stack = read.ruleStack;
    for (const token of read.tokens) {
      const text = line.slice(token.startIndex, token.endIndex);
      const scope = token.scopes[token.scopes.length - 1];
      const bare = scope === "source.moniel2" || scope.startsWith("meta.");
      if (scope.startsWith("invalid") || (bare && text.trim() !== "")) {
        faults.push(`${name}:${number + 1}:${token.startIndex + 1}: \`${text}\` is ${scope}`);
      }
    }
  });
  const left = grammar.tokenizeLine("", stack).tokens[0].scopes;
  if (left.length > 1 || stack.depth > 1) faults.push(`${name}: ends inside ${left.join(" ")}`);
}
for (const fault of faults) console.error(fault);
console.log(`${names.length} examples, ${faults.length} faults`);
process.exit(faults.length > 0 || names.length === 0 ? 1 : 0);
