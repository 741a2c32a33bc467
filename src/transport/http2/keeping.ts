// What the clock does to connections: those that are silent, idle, old, or wait for their peer too long.
import { endConnection, leave, leaveFinally, resetStream } from "./closing.ts";
import { errorCodes } from "./frames.ts";
import { blockMs, pastMs, windowMs } from "./measures.ts";
import { sendPing } from "./signals.ts";
import type { Connection } from "./state.ts";

/** In milliseconds. */
export type Keeping = {
  /** Of silence before a ping, and from it to the end. */
  pingAfter: number;
  answerWithin: number;
  /** Without a stream. */
  idle: number;
  /** From the beginning to the farewell, and from that to the end. */
  age: number;
  grace: number;
};

export const keeping: Keeping = {
  pingAfter: 60_000,
  answerWithin: 10_000,
  idle: 300_000,
  // Clients come back to another process of a balanced group.
  age: 1_800_000,
  grace: 30_000,
};

const opaque = Buffer.from("alive? 1");

/** Looks after one connection; to be called about once a second, with `performance.now()`. */
export function keep(connection: Connection, limits: Keeping, now: number): void {
  const { state, block, socket } = connection;
  if (state === "closed" || state === "new") return;
  if (connection.pingedAt > 0 && now - connection.pingedAt > limits.answerWithin) return void socket.destroy();
  if (block !== undefined && now - block.since > blockMs) return endConnection(connection, errorCodes.enhanceYourCalm);
  if (connection.leavingSince > 0 && now - connection.leavingSince > limits.grace)
    return endConnection(connection, errorCodes.noError);
  if (state === "leaving" && now - connection.leavingSince > limits.answerWithin) leaveFinally(connection);
  if (isIdle(connection, limits, now) || now - connection.since > ageOf(connection, limits)) leave(connection);
  if (connection.pingedAt === 0 && now - connection.heardAt > limits.pingAfter) {
    connection.pingedAt = now;
    sendPing(connection, opaque);
  }
  for (const stream of connection.streams) {
    const isBlocked = stream.unsent !== undefined;
    if (stream.waitsSince === 0 || now - stream.waitsSince <= (isBlocked ? windowMs : pastMs)) continue;
    // Nobody has to send the rest of a request that was answered (RFC 9113 section 8.1).
    const code = isBlocked ? errorCodes.cancel : errorCodes.noError;
    resetStream(connection, { stream: stream.id, code });
  }
}

/** A tenth more or less for each, by the port it comes from: what came together need not leave together. */
const ageOf = ({ socket }: Connection, { age }: Keeping): number =>
  age * (0.9 + ((socket.remotePort ?? 0) % 100) / 500);

const isIdle = ({ streams, idleSince }: Connection, { idle }: Keeping, now: number): boolean =>
  streams.size === 0 && now - idleSince > idle;
