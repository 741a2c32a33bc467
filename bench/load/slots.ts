// The slots of a plan: each is one call under way at a time, on its connection, with the bodies it sends.
import { readFileSync } from "node:fs";
import type { LoadPlan } from "../support/load-plan.ts";
import { openGrpc } from "./grpc.ts";
import { openHttp1 } from "./http1.ts";
import { beginChain } from "./refresh-chain.ts";

/**
 * `message` is empty unless the wire was opened to collect answers, and the answer was good. `sent` is when the connection
 * had room for the call, in milliseconds of the monotonic clock.
 */
export type Answer = { outcome: string; message: Buffer; sent: number };
/** Hears exactly once. */
export type Answered = (answer: Answer) => void;

/** A connection that opens again by itself after it was closed. `body` is as `frame` made it. */
export type Wire = {
  frame(message: Uint8Array): Buffer;
  send(body: Buffer, answered: Answered): void;
  /** Whatever still waits for room is answered with "unsent". */
  giveUp(): void;
  close(): void;
};

export type Slot = { call(answered: Answered): void };

/** Throws where no connection can be made, or a chain would have to serve two slots. */
export async function openSlots(plan: LoadPlan): Promise<{ slots: Slot[]; giveUp(): void; close(): void }> {
  const { target, bodies, connections } = plan;
  const collect = bodies.follows !== undefined;
  const open = target.protocol === "grpc" ? openGrpc : openHttp1;
  const wires = await Promise.all(Array.from({ length: connections }, () => open(target, { collect })));
  const streams = target.protocol === "grpc" ? plan.streams : 1;
  // Connections in turn, so that a few calls under way are not all on one of them.
  const places = Array.from({ length: streams }, () => wires).flat();
  const messages = readBodies(bodies.file);
  const slots = collect ? chainSlots(places, messages) : turnSlots(places, messages);
  return {
    slots,
    giveUp: () => wires.forEach((wire) => wire.giveUp()),
    close: () => wires.forEach((wire) => wire.close()),
  };
}

/** Each message with its length before it (4 bytes, big endian). */
export function readBodies(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw new Error(`${file} ends within a body`);
    messages.push(bytes.subarray(at + 4, end));
    at = end;
  }
  if (messages.length === 0) throw new Error(`${file} holds no body`);
  return messages;
}

function turnSlots(places: readonly Wire[], messages: readonly Buffer[]): Slot[] {
  const frames = messages.map((message) => places[0]?.frame(message) ?? message);
  let turn = 0;
  const next = (): Buffer => {
    const frame = frames[turn % frames.length];
    turn += 1;
    return frame ?? Buffer.alloc(0);
  };
  return places.map((wire) => ({ call: (answered) => wire.send(next(), answered) }));
}

function chainSlots(places: readonly Wire[], messages: readonly Buffer[]): Slot[] {
  if (messages.length < places.length)
    throw new Error(`${places.length} slots need a chain each; there are ${messages.length}`);
  return places.map((wire, at) => {
    const chain = beginChain(messages[at] ?? Buffer.alloc(0));
    let body = wire.frame(chain.request());
    return {
      call: (answered) =>
        wire.send(body, (answer) => {
          // After a failure the last good token is sent again, which is a legal retry.
          if (answer.outcome === "OK") body = wire.frame(chain.follow(answer.message));
          answered(answer);
        }),
    };
  });
}
