// The control socket: how `tessera apply` and `tessera keys` reach a running instance. A Unix socket in the data folder
// that only its owner may open; one JSON request, one JSON answer.
import { chmodSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { asFailure, Failure, type Violation } from "./failure.ts";
import type { Operate, OperatorRequest } from "./operate.ts";

type Answer = { lines: string[] } | { message: string; violations: readonly Violation[] };

const pathIn = (dataDir: string): string => join(dataDir, "control.sock");

/** A request of an operator is small; a declaration is the largest. */
const largestRequest = 16 * 1024 * 1024;

export async function listenForControl(dataDir: string, operate: Operate): Promise<{ close(): void }> {
  const path = pathIn(dataDir);
  // What a killed instance left behind; the store's lock says that nobody else is alive.
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    let received = 0;
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received > largestRequest) socket.destroy();
    });
    void text(socket).then(
      async (request) => socket.end(JSON.stringify(await answer(operate, request))),
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return { close: () => server.close() };
}

/** Sends a request to the instance that runs on this data folder. Undefined when none does. */
export async function askRunning(dataDir: string, request: OperatorRequest): Promise<string[] | undefined> {
  const socket = createConnection({ path: pathIn(dataDir), allowHalfOpen: true });
  const connected = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  if (!connected) return undefined;
  socket.end(JSON.stringify(request));
  const answered = JSON.parse(await text(socket)) as Answer;
  if ("lines" in answered) return answered.lines;
  throw new Failure("precondition", answered.message, { violations: answered.violations });
}

async function answer(operate: Operate, request: string): Promise<Answer> {
  try {
    return { lines: await operate(JSON.parse(request) as OperatorRequest) };
  } catch (thrown) {
    const { message, violations } = asFailure(thrown);
    return { message, violations };
  }
}
