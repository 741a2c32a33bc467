// The Huffman code of HPACK (RFC 7541 section 5.2), read four bits at a time.
import { codeLengths } from "./hpack-tables.ts";

const endOfText = 256;
const mostPadding = 7;

/** A step by four bits: the node that is reached (or none, where there is no such code), and the symbol that was passed. */
type Steps = { next: Int16Array; symbol: Int16Array; mayEnd: Uint8Array };

const none = -1;
const steps: Steps = stepsOf(treeOf(codeLengths));

/** The text in these bytes, a character for each octet; undefined if they are no such text. */
export function decodeHuffman(bytes: Buffer, from: number, to: number): string | undefined {
  const { next, symbol, mayEnd } = steps;
  // The shortest code has five bits.
  const text = Buffer.allocUnsafe(Math.ceil(((to - from) * 8) / 5));
  let length = 0;
  let node = 0;
  for (let half = 2 * from; half < 2 * to; half += 1) {
    const byte = bytes[half >> 1] ?? 0;
    const step = node * 16 + (half % 2 === 0 ? byte >> 4 : byte & 15);
    const passed = symbol[step] ?? none;
    if (passed !== none) {
      text[length] = passed;
      length += 1;
    }
    node = next[step] ?? none;
    if (node === none) return undefined;
  }
  return mayEnd[node] === 1 ? text.toString("latin1", 0, length) : undefined;
}

type Node = [number | Node | undefined, number | Node | undefined];

/** Shorter codes first, and those of a length by their symbol. */
function treeOf(lengths: readonly number[]): Node {
  const root: Node = [undefined, undefined];
  const symbols = lengths.map((length, symbol) => ({ length, symbol })).sort((a, b) => a.length - b.length);
  let code = 0;
  let before = 0;
  for (const { length, symbol } of symbols) {
    code *= 2 ** (length - before);
    let node = root;
    for (let bit = length - 1; bit > 0; bit -= 1) node = branch(node, (code >>> bit) & 1);
    node[code & 1] = symbol;
    code += 1;
    before = length;
  }
  return root;
}

function branch(node: Node, bit: number): Node {
  const next = node[bit];
  if (Array.isArray(next)) return next;
  const made: Node = [undefined, undefined];
  node[bit] = made;
  return made;
}

function stepsOf(root: Node): Steps {
  const nodes: Node[] = [root];
  for (const node of nodes) nodes.push(...node.filter((next) => Array.isArray(next)));
  const place = new Map(nodes.map((node, at) => [node, at]));
  const next = new Int16Array(nodes.length * 16).fill(none);
  const symbol = new Int16Array(nodes.length * 16).fill(none);
  for (const [at, node] of nodes.entries()) {
    for (let four = 0; four < 16; four += 1) {
      const end = walk(root, node, four);
      next[at * 16 + four] = end.node === undefined ? none : (place.get(end.node) ?? none);
      symbol[at * 16 + four] = end.symbol;
    }
  }
  return { next, symbol, mayEnd: endsOf(root, nodes) };
}

/** At most one symbol ends within four bits. The end of the text is no symbol that may be sent. */
function walk(root: Node, from: Node, four: number): { node: Node | undefined; symbol: number } {
  let node = from;
  let symbol = none;
  for (let bit = 3; bit >= 0; bit -= 1) {
    const next = node[(four >> bit) & 1];
    if (next === undefined || next === endOfText) return { node: undefined, symbol };
    if (typeof next === "number") symbol = next;
    node = typeof next === "number" ? root : next;
  }
  return { node, symbol };
}

/** A text ends between two symbols, but for fewer than eight bits that are all one. */
function endsOf(root: Node, nodes: readonly Node[]): Uint8Array {
  const mayEnd = new Uint8Array(nodes.length);
  let node: Node | number | undefined = root;
  for (let bits = 0; bits <= mostPadding && Array.isArray(node); bits += 1) {
    mayEnd[nodes.indexOf(node)] = 1;
    node = node[1];
  }
  return mayEnd;
}
