// Lets streams come and go on an old connection, and prints by how many bytes the old generation grew. Its own process,
// because what V8 has learned from other code decides what is promoted. Usage: node --expose-gc open-streams-child.ts list|map
import { getHeapSpaceStatistics } from "node:v8";
import { createOpenStreams } from "../../../src/transport/http2/open-streams.ts";
import type { Stream } from "../../../src/transport/http2/state.ts";

/** Open at a time, and all. */
const [width, count] = [16, 2000];

function collect(): void {
  globalThis.gc?.({ type: "minor" });
}

const oldBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === "old_space")?.space_used_size ?? Number.NaN;

const list = createOpenStreams();
const map = new Map<number, Stream>();
const { add, remove } =
  process.argv[2] === "map"
    ? { add: (stream: Stream) => map.set(stream.id, stream), remove: ({ id }: Stream) => map.delete(id) }
    : list;

const open: Stream[] = [];
function openOne(id: number): void {
  // With as much as a request has.
  const stream = { id, fields: Array.from({ length: 500 }, () => id) } as unknown as Stream;
  open.push(stream);
  add(stream);
}

for (let at = 0; at < width; at += 1) openOne(2 * at + 1);
// What is old already when the requests come.
for (let times = 0; times < 3; times += 1) collect();
const before = oldBytes();
for (let at = width; at < count; at += 1) {
  const [oldest] = open.splice(0, 1);
  if (oldest !== undefined) remove(oldest);
  openOne(2 * at + 1);
  if (at % 32 === 0) collect();
}
process.stdout.write(String(oldBytes() - before));
