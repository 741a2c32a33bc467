// The control socket: how `tessera apply`, `export` and `keys` reach a running instance. A Unix socket in the data folder
// that only its owner may open; one JSON request, one JSON answer.
import { rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { asFailure, Failure, type Kind, type Violation } from "./failure.ts";
import type { Operate, OperatorRequest } from "./operate.ts";

type Answer = { lines: string[] } | { kind: Kind; message: string; violations: readonly Violation[] };

const pathIn = (dataDir: string): string => join(dataDir, "control.sock");

/** Bytes. A request of an operator is small; a declaration is the largest. */
const largestRequest = 16 * 1024 * 1024;

/** The store's lock has to be held: it says that no other instance lives in this folder. */
export async function listenForControl(dataDir: string, operate: Operate): Promise<{ close(): void }> {
  const path = pathIn(dataDir);
  // What a killed instance left behind.
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    received(socket, largestRequest).then(
      async (request) => socket.end(JSON.stringify(await answer(operate, request))),
      () => socket.destroy(),
    );
  });
  await bind(server, path);
  return { close: () => server.close() };
}

/**
 * Sends a request to the instance that runs on this data folder. Undefined when none does. Throws the Failure that it
 * answers, denied if it belongs to somebody else, unavailable if it ends without an answer.
 */
export async function askRunning(dataDir: string, request: OperatorRequest): Promise<string[] | undefined> {
  const sent = JSON.stringify(request);
  if (Buffer.byteLength(sent) > largestRequest) throw new Failure("invalid", "the files are larger than 16 MiB");
  const socket = await connected(pathIn(dataDir));
  if (socket === undefined) return undefined;
  socket.end(sent);
  const answered = await received(socket, Number.POSITIVE_INFINITY).catch(() => "");
  socket.destroy();
  if (answered === "") throw new Failure("unavailable", "the running instance ended without an answer");
  const parsed = JSON.parse(answered) as Answer;
  if ("lines" in parsed) return parsed.lines;
  throw new Failure(parsed.kind, parsed.message, { violations: parsed.violations });
}

/** Whether an instance runs on this data folder. */
export async function isRunning(dataDir: string): Promise<boolean> {
  const socket = await connected(pathIn(dataDir));
  socket?.destroy();
  return socket !== undefined;
}

/** The socket has its mode from the moment it exists, so nobody else connects before it is set. */
async function bind(server: Server, path: string): Promise<void> {
  const bound = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", resolve);
  });
  const before = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  await bound;
}

/** What the other side sends until it ends, as text; the socket stays open for an answer. Throws beyond `limit` bytes. */
async function received(socket: Socket, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const sent: AsyncIterable<Buffer> = socket.iterator({ destroyOnReturn: false });
  for await (const chunk of sent) {
    size += chunk.length;
    if (size > limit) throw new Failure("invalid", "the request is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function connected(path: string): Promise<Socket | undefined> {
  const socket = createConnection({ path, allowHalfOpen: true });
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    socket.once("connect", () => resolve(undefined));
    socket.once("error", resolve);
  });
  if (error === undefined) return socket;
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED") return undefined;
  throw new Failure("denied", "the control socket of the running instance cannot be opened", { cause: error });
}

async function answer(operate: Operate, request: string): Promise<Answer> {
  try {
    return { lines: await operate(JSON.parse(request) as OperatorRequest) };
  } catch (thrown) {
    const { kind, message, violations } = asFailure(thrown);
    return { kind, message, violations };
  }
}
