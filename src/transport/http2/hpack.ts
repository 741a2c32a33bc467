// Header compression (RFC 7541): reading what a peer compressed, and writing fields without compressing them.
import { type Field, fieldOf } from "./fields.ts";
import { errorCodes, ProtocolFault } from "./frames.ts";
import { staticTable } from "./hpack-tables.ts";
import { decodeHuffman } from "./huffman.ts";

/** Bytes of a connection's dynamic table: what every peer may use unless told otherwise. */
const tableBytes = 4096;

/** Reads the field blocks of one connection, all of them and in their order. */
export type FieldDecoder = (bytes: Buffer, from: number, to: number) => { fields: Field[]; size: number };

const constants: readonly Field[] = staticTable.map(([name, value]) => fieldOf(name, value));

/** Beyond `mostBytes` fields are still read, for the next block needs them, but not kept: `size` tells. */
export function createFieldDecoder(mostBytes: number): FieldDecoder {
  const table = createTable();
  return (bytes, from, to) => {
    const reader: Reader = { bytes, at: from, to };
    const fields: Field[] = [];
    let size = 0;
    let begun = false;
    while (reader.at < to) {
      const first = bytes[reader.at] ?? 0;
      if ((first & 0xe0) === 0x20) {
        if (begun) throw broken("the size of the table changes within a block");
        table.resize(readInteger(reader, 5));
        continue;
      }
      begun = true;
      const field = first >= 0x80 ? table.at(readInteger(reader, 7)) : readLiteral(reader, first, table);
      size += field.size;
      if (size <= mostBytes) fields.push(field);
    }
    return { fields, size };
  };
}

/** Fields in the order they are given, as literals that enter no table. */
export function encodeFields(fields: Iterable<readonly [name: string, value: string]>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) parts.push(Buffer.from([0]), encodeText(name), encodeText(value));
  return Buffer.concat(parts);
}

/** Tells the peer that its dynamic table stays empty; stands before the first block (RFC 7541 section 4.2). */
export const noTable = Buffer.from([0x20]);

type Reader = { readonly bytes: Buffer; at: number; readonly to: number };
type Table = ReturnType<typeof createTable>;

const broken = (message: string) => new ProtocolFault(errorCodes.compressionError, message);

/** Static entries, then the newest of the dynamic ones. Those lie here with the oldest first. */
function createTable() {
  const entries: Field[] = [];
  let most = tableBytes;
  let size = 0;
  const evict = (limit: number) => {
    while (size > limit) size -= entries.shift()?.size ?? size;
  };
  return {
    at(index: number): Field {
      const field =
        index <= constants.length ? constants[index - 1] : entries[entries.length + constants.length - index];
      if (field === undefined) throw broken("an index beyond the table");
      return field;
    },
    add(field: Field): void {
      evict(Math.max(0, most - field.size));
      if (field.size > most) return;
      entries.push(field);
      size += field.size;
    },
    resize(bytes: number): void {
      if (bytes > tableBytes) throw broken("a larger table than was allowed");
      most = bytes;
      evict(most);
    },
  };
}

/** RFC 7541 section 6.2: with indexing, without, and never indexed. */
function readLiteral(reader: Reader, first: number, table: Table): Field {
  const isIndexed = first >= 0x40;
  const index = readInteger(reader, isIndexed ? 6 : 4);
  const name = index === 0 ? readText(reader) : table.at(index).name;
  const field = fieldOf(name, readText(reader));
  if (isIndexed) table.add(field);
  return field;
}

/** RFC 7541 section 5.1; none that can be meant needs more than four bytes beyond the first. */
function readInteger(reader: Reader, prefixBits: number): number {
  const mask = (1 << prefixBits) - 1;
  let value = readByte(reader) & mask;
  if (value < mask) return value;
  for (let shift = 0; shift <= 21; shift += 7) {
    const byte = readByte(reader);
    value += (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw broken("an integer that is too large");
}

function readByte(reader: Reader): number {
  if (reader.at >= reader.to) throw broken("a block that breaks off");
  const byte = reader.bytes[reader.at] ?? 0;
  reader.at += 1;
  return byte;
}

/** RFC 7541 section 5.2. */
function readText(reader: Reader): string {
  const isHuffman = (reader.bytes[reader.at] ?? 0) >= 0x80;
  const length = readInteger(reader, 7);
  const from = reader.at;
  const to = from + length;
  if (to > reader.to) throw broken("a block that breaks off");
  reader.at = to;
  const text = isHuffman ? decodeHuffman(reader.bytes, from, to) : reader.bytes.toString("latin1", from, to);
  if (text === undefined) throw broken("a text in no code");
  return text;
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([encodeInteger(bytes.length), bytes]);
}

/** With seven bits in the first byte, the eighth of which says that no code is used. */
function encodeInteger(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
