// A bare grpc-js server: bytes in, the work of the call, constant bytes out.
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type handleUnaryCall, Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import { createCryptography } from "./cryptography.ts";
import { openRows } from "./rows.ts";
import type { FloorCall, FloorOptions, FloorWork } from "./start.ts";

/** Listens on loopback, on a port of its own. */
export async function serveFloor({ folder, tls, calls }: FloorOptions): Promise<{ port: number; close(): void }> {
  // A folder may serve one floor after another; each begins with an empty file.
  const rows = await openRows(join(mkdtempSync(join(folder, "floor-")), "floor.db"));
  const work: Work = { ...createCryptography(), row: rows.insert, "row-update": rows.update };
  const server = new Server({ "grpc.enable_channelz": 0 });
  for (const call of calls) server.addService(rawDefinition(call.path), { call: handlerOf(call, work) });
  const port = await bind(server, credentialsOf(tls));
  const close = () => {
    server.forceShutdown();
    rows.close();
  };
  return { port, close };
}

/** Those that wait for a commit answer with a promise. */
type Work = Readonly<Record<FloorWork, () => void | Promise<void>>>;

/** Bytes are a message as they are. */
export const asIs = (bytes: Buffer): Buffer => bytes;

/** One unary method `call` whose messages are bytes. */
export const rawDefinition = (path: string) =>
  ({
    call: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  }) satisfies ServiceDefinition;

function handlerOf({ answerBytes, does }: FloorCall, work: Work): handleUnaryCall<Buffer, Buffer> {
  const answer = Buffer.alloc(answerBytes, "floor");
  const steps = does.map((name) => work[name]);
  return (_call, done) => {
    // Promises only where something is waited for: without them a call costs less.
    const waited = steps.map((step) => step()).filter((outcome) => outcome instanceof Promise);
    if (waited.length === 0) return done(null, answer);
    Promise.all(waited).then(
      () => done(null, answer),
      (cause: Error) => done(cause),
    );
  };
}

function credentialsOf(tls: FloorOptions["tls"]): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { cert_chain: readFileSync(tls.cert), private_key: readFileSync(tls.key) };
  return ServerCredentials.createSsl(null, [pair]);
}

function bind(server: Server, credentials: ServerCredentials): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync("127.0.0.1:0", credentials, (error, port) => (error ? reject(error) : resolve(port)));
  return promise;
}
