// What the translated modules expect of Python: values compared by what they hold, dicts and sets in the order of
// entry, negative indices, exact rounding. Lists and tuples are arrays; None is null.

// A number, text or truth is its own key; what holds values is known by them; anything else by itself.
function $key(v) {
  if (typeof v !== "object" || v === null) return typeof v === "boolean" ? Number(v) : v;
  if (Array.isArray(v)) {
    let text = "\u0000(";
    for (const part of v) text += `${$part(part)},`;
    return text;
  }
  if (v.constructor.$fields) {
    let text = `\u0000${$id(v.constructor)}{`;
    for (const name of v.constructor.$fields) text += `${$part(v[name])},`;
    return text;
  }
  if (v instanceof $Set) return `\u0000s${Array.from(v.map.keys(), $part).sort()}`;
  return v;
}
function $part(v) {
  if (typeof v === "number") return v;
  if (typeof v === "string") return `${v.length}:${v}`;
  const key = $key(v);
  return typeof key === "object" && key !== null ? `#${$id(key)}` : key;
}
const $ids = new WeakMap();
let $last = 0;
function $id(v) {
  if (!$ids.has(v)) $ids.set(v, ++$last);
  return $ids.get(v);
}

class $Dict {
  constructor() {
    this.map = new Map();
  }
  [Symbol.iterator]() {
    return this.keys()[Symbol.iterator]();
  }
  get size() {
    return this.map.size;
  }
  has(k) {
    return this.map.has($key(k));
  }
  get(k, otherwise = null) {
    const entry = this.map.get($key(k));
    return entry === undefined ? otherwise : entry[1];
  }
  at(k) {
    const entry = this.map.get($key(k));
    if (entry === undefined) throw new Error(`no key ${$key(k)}`);
    return entry[1];
  }
  set(k, v) {
    const key = $key(k);
    const entry = this.map.get(key);
    if (entry === undefined) this.map.set(key, [k, v]);
    else entry[1] = v;
  }
  setdefault(k, v = null) {
    const key = $key(k);
    let entry = this.map.get(key);
    if (entry === undefined) this.map.set(key, (entry = [k, v]));
    return entry[1];
  }
  remove(k) {
    return this.map.delete($key(k));
  }
  keys() {
    return Array.from(this.map.values(), (e) => e[0]);
  }
  values() {
    return Array.from(this.map.values(), (e) => e[1]);
  }
  items() {
    return Array.from(this.map.values(), (e) => [e[0], e[1]]);
  }
}

class $Set {
  constructor() {
    this.map = new Map();
  }
  [Symbol.iterator]() {
    return this.map.values();
  }
  get size() {
    return this.map.size;
  }
  has(v) {
    return this.map.has($key(v));
  }
  add(v) {
    const key = $key(v);
    if (!this.map.has(key)) this.map.set(key, v);
  }
  remove(v) {
    return this.map.delete($key(v));
  }
}

function $dict(entries = []) {
  const made = new $Dict();
  for (const [k, v] of entries instanceof $Dict ? entries.items() : entries) made.set(k, v);
  return made;
}
function $set(values = []) {
  const made = new $Set();
  for (const v of values) made.add(v);
  return made;
}
const $frozenset = $set;
function $fromkeys(keys, value = null) {
  const made = new $Dict();
  for (const k of keys) made.set(k, value);
  return made;
}

// ---------------------------------------------------------------- truth, equality, order

function $true(v) {
  if (typeof v === "object") {
    if (v === null) return false;
    if (Array.isArray(v)) return v.length > 0;
    if (v instanceof $Dict || v instanceof $Set) return v.size > 0;
    return true;
  }
  return Boolean(v);
}
const $bool = $true;
const $both = (a, b) => ($true(a) ? b() : a);
const $either = (a, b) => ($true(a) ? a : b());

function $eq(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Number(a) === Number(b) && typeof a !== "string" && typeof b !== "string" && a !== null && b !== null;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!$eq(a[i], b[i])) return false;
    return true;
  }
  if (a instanceof $Set) return b instanceof $Set && a.size === b.size && Array.from(a).every((v) => b.has(v));
  if (a instanceof $Dict) return b instanceof $Dict && a.size === b.size && a.items().every(([k, v]) => b.has(k) && $eq(v, b.get(k)));
  const fields = a.constructor.$fields;
  return Boolean(fields) && a.constructor === b.constructor && fields.every((name) => $eq(a[name], b[name]));
}
function $cmp(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string") {
    if (a === b) return 0;
    if (!/[\ud800-\udfff]/.test(a + b)) return a < b ? -1 : 1;
    return $cmp(Array.from(a, (c) => c.codePointAt(0)), Array.from(b, (c) => c.codePointAt(0)));
  }
  if (Array.isArray(a)) {
    const shared = Math.min(a.length, b.length);
    for (let i = 0; i < shared; i++) {
      const order = $cmp(a[i], b[i]);
      if (order) return order;
    }
    return a.length - b.length;
  }
  return Number(a) - Number(b);
}
const $lt = (a, b) => (typeof a === "number" ? a < b : $cmp(a, b) < 0);
const $le = (a, b) => (typeof a === "number" ? a <= b : $cmp(a, b) <= 0);
const $gt = (a, b) => (typeof a === "number" ? a > b : $cmp(a, b) > 0);
const $ge = (a, b) => (typeof a === "number" ? a >= b : $cmp(a, b) >= 0);
function $in(v, where) {
  if (typeof where === "string") return where.includes(v);
  if (where instanceof $Set || where instanceof $Dict) return where.has(v);
  if (Array.isArray(where) && (typeof v === "number" || typeof v === "string")) return where.includes(v);
  for (const other of where) if ($eq(other, v)) return true;
  return false;
}

// ---------------------------------------------------------------- operators

function $add(a, b) {
  if (typeof a === "number" || typeof a === "string") return a + b;
  return Array.isArray(a) ? a.concat(b) : Number(a) + Number(b);
}
function $iadd(a, b) {
  if (!Array.isArray(a)) return $add(a, b);
  for (const v of b) a.push(v);
  return a;
}
function $sub(a, b) {
  if (typeof a === "number") return a - b;
  if (a instanceof $Set) return $set(Array.from(a).filter((v) => !b.has(v)));
  return Number(a) - Number(b);
}
function $mul(a, b) {
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (Array.isArray(b) || typeof b === "string") [a, b] = [b, a];
  if (typeof a === "string") return a.repeat(Math.max(0, b));
  if (!Array.isArray(a)) return Number(a) * Number(b);
  const made = [];
  for (let i = 0; i < b; i++) for (const v of a) made.push(v);
  return made;
}
function $mod(a, b) {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}
// Whole numbers with more bits than a bitwise operator takes are big ones.
const $small = (n) => typeof n === "number" && n >= -0x40000000 && n < 0x40000000;
const $plain = (n) => (n >= -0x40000000n && n < 0x40000000n ? Number(n) : n);
function $or(a, b) {
  if ($small(a) && $small(b)) return a | b;
  if (a instanceof $Set) return $set([...a, ...b]);
  if (a instanceof $Dict) return $dict([...a.items(), ...b.items()]);
  return $plain(BigInt(a) | BigInt(b));
}
function $ior(a, b) {
  if (a instanceof $Set) for (const v of b) a.add(v);
  else return $or(a, b);
  return a;
}
function $and(a, b) {
  if ($small(a) && $small(b)) return a & b;
  if (a instanceof $Set) return $set(Array.from(a).filter((v) => b.has(v)));
  return $plain(BigInt(a) & BigInt(b));
}
const $shl = (a, b) => $plain(BigInt(a) << BigInt(b));
const $shr = (a, b) => (typeof a === "number" ? a >> Math.min(b, 31) : $plain(a >> BigInt(b)));

// ---------------------------------------------------------------- places

function $at(o, i) {
  if (Array.isArray(o)) return i < 0 ? o[o.length + i] : o[i];
  return typeof o === "string" ? $at(Array.from(o), i) : o.at(i);
}
function $put(o, i, v) {
  if (Array.isArray(o)) o[i < 0 ? o.length + i : i] = v;
  else o.set(i, v);
}
function $delete(o, i) {
  if (Array.isArray(o)) o.splice(i, 1);
  else o.remove(i);
}
function $slice(o, low, high, step = 1) {
  const text = typeof o === "string";
  const all = text ? Array.from(o) : o;
  let made;
  if (step === 1) made = all.slice(low ?? 0, high ?? all.length);
  else {
    made = [];
    const bound = (i, otherwise) => (i === null ? otherwise : i < 0 ? i + all.length : i);
    if (step > 0) for (let i = bound(low, 0); i < Math.min(bound(high, all.length), all.length); i += step) made.push(all[i]);
    else for (let i = Math.min(bound(low, all.length - 1), all.length - 1); i > bound(high, -1); i += step) made.push(all[i]);
  }
  return text ? made.join("") : made;
}

// ---------------------------------------------------------------- going through things

const $iter = (v) => v[Symbol.iterator]();
const $len = (v) => (v.length !== undefined ? (typeof v === "string" ? Array.from(v).length : v.length) : v.size);
const $list = (v = []) => Array.from(v);
const $tuple = $list;
const $map = (values, f) => {
  if (typeof values === "function") [values, f] = [f, values];
  const made = [];
  for (const v of values) made.push(f(v));
  return made;
};
const $reversed = (v) => Array.from(v).reverse();
function $range(a, b, step = 1) {
  if (b === undefined) [a, b] = [0, a];
  const made = [];
  if (step > 0) for (let i = a; i < b; i += step) made.push(i);
  else for (let i = a; i > b; i += step) made.push(i);
  return made;
}
function $enumerate(values, start = 0) {
  const made = [];
  for (const v of values) made.push([start + made.length, v]);
  return made;
}
// The same for a list that may grow while it is gone through.
function* $numbered(values, start = 0) {
  for (const v of values) yield [start++, v];
}
function $zip(...all) {
  const lists = all.map((v) => (Array.isArray(v) ? v : Array.from(v)));
  const made = [];
  const shortest = Math.min(...lists.map((v) => v.length));
  for (let i = 0; i < shortest; i++) made.push(lists.map((v) => v[i]));
  return made;
}
function $pairwise(values) {
  const all = Array.from(values);
  const made = [];
  for (let i = 1; i < all.length; i++) made.push([all[i - 1], all[i]]);
  return made;
}
function $any(values) {
  for (const v of values) if ($true(v)) return true;
  return false;
}
function $all(values) {
  for (const v of values) if (!$true(v)) return false;
  return true;
}
function $sum(values, start = 0) {
  let total = start;
  for (const v of values) total += Number(v);
  return total;
}
const $beginning = new WeakMap();
function $next(source, otherwise) {
  let from = source;
  if (typeof source.next !== "function") {
    // A list that stands for a generator is begun once.
    if (!$beginning.has(source)) $beginning.set(source, source[Symbol.iterator]());
    from = $beginning.get(source);
  }
  const { value, done } = from.next();
  if (!done) return value;
  if (otherwise === undefined) throw new Error("nothing is left");
  return otherwise;
}

function $max(...values) {
  return $maxOf(values);
}
function $min(...values) {
  return $minOf(values);
}
function $maxOf(values, { key = null, default: otherwise } = {}) {
  return $extreme(values, key, otherwise, 1);
}
function $minOf(values, { key = null, default: otherwise } = {}) {
  return $extreme(values, key, otherwise, -1);
}
function $extreme(values, key, otherwise, sign) {
  let best;
  let most;
  for (const v of values) {
    const rank = key ? key(v) : v;
    if (most === undefined || $cmp(rank, most) * sign > 0) [best, most] = [v, rank];
  }
  if (most !== undefined) return best;
  if (otherwise === undefined) throw new Error("the most of nothing");
  return otherwise;
}
function $sorted(values, { key = null, reverse = false } = {}) {
  return $sort(Array.from(values), { key, reverse });
}
function $sort(list, { key = null, reverse = false } = {}) {
  const sign = reverse ? -1 : 1;
  const ranked = list.map((v) => [key ? key(v) : v, v]);
  ranked.sort((a, b) => sign * $cmp(a[0], b[0]));
  for (let i = 0; i < ranked.length; i++) list[i] = ranked[i][1];
  return list;
}

// ---------------------------------------------------------------- numbers and texts

const $abs = Math.abs;
const $sqrt = Math.sqrt;
const $hypot = (a, b) => (a === 0 ? Math.abs(b) : b === 0 ? Math.abs(a) : Math.sqrt(a * a + b * b));
const $float = (v) => (v === "inf" ? Infinity : Number(v));
const $int = (v) => Math.trunc(Number(v));
// To even where it is exactly halfway. Only multiples of an eighth can be that at two digits.
function $fixed(value, digits) {
  const text = value.toFixed(digits);
  if (digits === 2 && Number.isInteger(value * 8) && !Number.isInteger(value * 4)) {
    const below = Math.floor(value * 100);
    return ((below % 2 === 0 ? below : below + 1) / 100).toFixed(2);
  }
  return text;
}
function $round(value, digits = null) {
  if (digits === null) {
    const below = Math.floor(value);
    const rest = value - below;
    return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  }
  return Math.abs(value) >= 1e20 ? value : Number($fixed(value, digits));
}
const $str = (v) => (v === null ? "None" : v === true ? "True" : v === false ? "False" : String(v));
function $isa(v, kind) {
  if (kind === "str") return typeof v === "string";
  if (kind === "bool") return typeof v === "boolean";
  if (kind === "int") return typeof v === "boolean" || Number.isInteger(v);
  if (kind === "float") return typeof v === "number";
  if (kind === "dict") return v instanceof $Dict;
  return Array.isArray(v);
}
function $replace(o, changes) {
  return Object.assign(Object.create(Object.getPrototypeOf(o)), o, changes);
}
const $error = (v) => (v instanceof Error ? v : new Error(String(v?.message ?? v)));

// ---------------------------------------------------------------- bisect and heaps

function $bisect_left(values, v) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ($lt(values[middle], v)) low = middle + 1;
    else high = middle;
  }
  return low;
}
function $bisect_right(values, v) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ($lt(v, values[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}
function $heapify(heap) {
  $sort(heap);
}
function $heappush(heap, v) {
  let i = heap.length;
  heap.push(v);
  while (i > 0) {
    const above = (i - 1) >> 1;
    if ($cmp(heap[above], heap[i]) <= 0) return;
    [heap[above], heap[i]] = [heap[i], heap[above]];
    i = above;
  }
}
function $heappop(heap) {
  const top = heap[0];
  const last = heap.pop();
  if (!heap.length) return top;
  heap[0] = last;
  for (let i = 0; ; ) {
    let least = i;
    for (const below of [2 * i + 1, 2 * i + 2]) if (below < heap.length && $cmp(heap[below], heap[least]) < 0) least = below;
    if (least === i) return top;
    [heap[least], heap[i]] = [heap[i], heap[least]];
    i = least;
  }
}

// ---------------------------------------------------------------- methods of lists, dicts, sets and texts

const $m_append = (o, v) => void o.push(v);
const $m_extend = (o, values) => void $iadd(o, values);
const $m_insert = (o, i, v) => void o.splice(i, 0, v);
const $m_index = (o, v) => o.findIndex((other) => $eq(other, v));
const $m_count = (o, v) => (typeof o === "string" ? o.split(v).length - 1 : o.filter((other) => $eq(other, v)).length);
const $m_reverse = (o) => void o.reverse();
const $m_sort = (o) => void $sort(o);
const $m_copy = (o) => (Array.isArray(o) ? o.slice() : o instanceof $Set ? $set(o) : $dict(o));
const $m_clear = (o) => void (Array.isArray(o) ? (o.length = 0) : o.map.clear());
const $m_remove = (o, v) => void (Array.isArray(o) ? o.splice($m_index(o, v), 1) : o.remove(v));
const $m_discard = (o, v) => void o.remove(v);
const $m_add = (o, v) => void o.add(v);
const $m_get = (o, k, otherwise = null) => o.get(k, otherwise);
const $m_setdefault = (o, k, v = null) => o.setdefault(k, v);
const $m_items = (o) => o.items();
const $m_keys = (o) => o.keys();
const $m_values = (o) => o.values();
const $m_union = (o, v) => $or(o, $set(v));
function $m_update(o, more) {
  if (o instanceof $Set) for (const v of more) o.add(v);
  else for (const [k, v] of more instanceof $Dict ? more.items() : more) o.set(k, v);
}
function $m_pop(o, k, otherwise) {
  if (Array.isArray(o)) return k === undefined ? o.pop() : o.splice(k < 0 ? o.length + k : k, 1)[0];
  const found = otherwise === undefined ? o.at(k) : o.get(k, otherwise);
  o.remove(k);
  return found;
}
const $m_join = (o, values) => Array.from(values).join(o);
const $m_replace = (o, a, b) => o.split(a).join(b);
const $m_startswith = (o, v) => (Array.isArray(v) ? v.some((x) => o.startsWith(x)) : o.startsWith(v));
const $m_endswith = (o, v) => (Array.isArray(v) ? v.some((x) => o.endsWith(x)) : o.endsWith(v));
const $m_lower = (o) => o.toLowerCase();
const $m_upper = (o) => o.toUpperCase();
const $m_isdigit = (o) => /^\p{Nd}+$/u.test(o);
function $m_lstrip(o, what = null) {
  if (what === null) return o.replace(/^\s+/, "");
  let start = 0;
  while (start < o.length && what.includes(o[start])) start++;
  return o.slice(start);
}
function $m_rstrip(o, what = null) {
  if (what === null) return o.replace(/\s+$/, "");
  let end = o.length;
  while (end > 0 && what.includes(o[end - 1])) end--;
  return o.slice(0, end);
}
const $m_strip = (o, what = null) => $m_lstrip($m_rstrip(o, what), what);
function $m_split(o, by = null) {
  return by === null ? o.split(/\s+/).filter(Boolean) : o.split(by);
}
function $m_partition(o, by) {
  const at = o.indexOf(by);
  return at < 0 ? [o, "", ""] : [o.slice(0, at), by, o.slice(at + by.length)];
}
function $m_rpartition(o, by) {
  const at = o.lastIndexOf(by);
  return at < 0 ? ["", "", o] : [o.slice(0, at), by, o.slice(at + by.length)];
}

// Characters that no table of widths has: those of this page's texts, filled in by the page.
const $unicodedata = {
  marks: "",
  wide: "",
  combining: (c) => ($unicodedata.marks.includes(c) ? 1 : 0),
  east_asian_width: (c) => ($unicodedata.wide.includes(c) ? "W" : "N"),
};
