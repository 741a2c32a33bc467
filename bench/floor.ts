// The floor: what a bare gRPC server with the bare primitives of a call costs in Node, and nothing else. A process of
// its own; its options are JSON, as an argument or on stdin; it prints {"port":…} when it listens, and ends on SIGTERM.
import { text } from "node:stream/consumers";
import { serveFloor } from "./floor/serve.ts";
import type { FloorOptions } from "./floor/start.ts";

// From start.ts, in the shape they share.
const options = JSON.parse(process.argv[2] ?? (await text(process.stdin))) as FloorOptions;
const { port, close } = await serveFloor(options);
process.stdout.write(`${JSON.stringify({ port })}\n`);
process.once("SIGTERM", close);
