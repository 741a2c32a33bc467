// What a load process sends to the world: where to, the bodies of each call, and the size of a request and its answer.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tokensKept } from "../../src/tokens/signed-tokens.ts";
import { createRawCaller, pathOf, type RawCaller } from "../support/caller.ts";
import type { Bodies, Target } from "../support/load-plan.ts";
import type { World } from "../world.ts";
import {
  encoded,
  exchange,
  generateToken,
  introspect,
  introspectBatch,
  mintRefreshTokens,
  mintSeenTokens,
  mintTokens,
  refresh,
  tokenRequest,
} from "./tokens.ts";

/**
 * `introspect-one`: one token, seen before; `-seen`: many of those; `-minted`: tokens that nobody asked about yet, those
 * minted last before all others; `-first`: the same, but so long after that they are not known from their minting.
 */
export type Call =
  | "introspect-one"
  | "introspect-seen"
  | "introspect-minted"
  | "introspect-first"
  | "introspect-batch"
  | "generate-token"
  | "exchange"
  | "refresh";

export const targetOf = ({ address, caFile, authorization }: World, call: Call): Target => ({
  protocol: "grpc",
  address,
  ...(caFile !== undefined && { caFile }),
  path: pathOf(kinds[call].method),
  headers: { authorization },
});

/**
 * Writes the bodies of a run into the world's folder; `count` of them, or as many as the call needs usually. Ask anew
 * for each run of `introspect-minted` and `-first`, with more than the run can send, and of `refresh`, with one for each slot: a run
 * uses them up. Everything else may be sent again and again, for an hour.
 */
export async function bodiesOf(world: World, call: Call, count = usualCount(world, call)): Promise<Bodies> {
  const file = join(world.folder, `bodies-${call}`);
  writeBodies(file, await withCaller(world, (caller) => kinds[call].make(world, caller, count)));
  return call === "refresh" ? { file, follows: "refresh" } : { file };
}

/** Bytes of a request and its answer, without gRPC's prefix: the mean of two calls that are really made. */
export const sizesOf = (world: World, call: Call): Promise<{ request: number; answer: number }> =>
  withCaller(world, async (caller) => {
    // Neighbours, because every second user holds more roles.
    const requests = await kinds[call].make(world, caller, 2);
    const answers = await Promise.all(requests.map((request) => caller.send(pathOf(kinds[call].method), request)));
    return { request: meanLength(requests), answer: meanLength(answers) };
  });

const meanLength = (messages: readonly Uint8Array[]): number =>
  Math.round(messages.reduce((sum, { length }) => sum + length, 0) / messages.length);

/** Each with its length before it: 4 bytes, big endian. For its owner only, since there are tokens in it. */
export function writeBodies(file: string, messages: readonly Uint8Array[]): void {
  const parts = messages.flatMap((message) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    return [length, message];
  });
  writeFileSync(file, Buffer.concat(parts), { mode: 0o600 });
}

type Kind = {
  method: Parameters<typeof pathOf>[0];
  make(world: World, caller: RawCaller, count: number): Promise<Uint8Array[]>;
};

const asked = (tokens: readonly string[]) => tokens.map((token) => encoded(introspect, { token }));
const seen: Kind = { method: introspect, make: async (...about) => asked(await mintSeenTokens(...about)) };

const kinds: Record<Call, Kind> = {
  "introspect-one": seen,
  "introspect-seen": seen,
  "introspect-minted": {
    method: introspect,
    make: async (...about) => asked((await mintTokens(...about)).toReversed()),
  },
  "introspect-first": {
    method: introspect,
    make: async (world, caller, count) => {
      const tokens = await mintTokens(world, caller, count + tokensKept.max);
      return asked(tokens.slice(0, count));
    },
  },
  "introspect-batch": {
    method: introspectBatch,
    make: async (world, caller, count) => {
      const all = await mintSeenTokens(world, caller, batch * count);
      return upTo(count).map((at) => encoded(introspectBatch, { tokens: all.slice(batch * at, batch * (at + 1)) }));
    },
  },
  "generate-token": {
    method: generateToken,
    make: async (world, _caller, count) =>
      world.users.slice(0, count).map((user) => encoded(generateToken, tokenRequest(world, user))),
  },
  exchange: {
    method: exchange,
    make: async (world, _caller, count) => {
      const tokens = await Promise.all(world.users.slice(0, count).map((user) => world.upstreamToken(user)));
      return tokens.map((accessToken) => encoded(exchange, { accessToken }));
    },
  },
  refresh: {
    method: refresh,
    make: async (...about) =>
      (await mintRefreshTokens(...about)).map((refreshToken) => encoded(refresh, { refreshToken })),
  },
};

/** The most tokens that one request may carry. */
const batch = 100;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

function usualCount({ users }: World, call: Call): number {
  if (call === "generate-token" || call === "exchange") return users.length;
  return usualCounts[call];
}

const usualCounts = {
  "introspect-one": 1,
  "introspect-seen": 500,
  "introspect-minted": tokensKept.max,
  "introspect-first": 40_000,
  "introspect-batch": 5,
  refresh: 64,
};

async function withCaller<T>(world: World, work: (caller: RawCaller) => Promise<T>): Promise<T> {
  const caller = createRawCaller(world);
  try {
    return await work(caller);
  } finally {
    caller.close();
  }
}
