// How much one source and one application may ask for, and how often they may fail to authenticate. In memory.
import { LRUCache } from "lru-cache";
import { createBudget } from "../budget.ts";
import type { Caller } from "../call.ts";

/** Calls a second. */
export type LimitSettings = { perSource: number; perClient: number };

/** Every method that takes from a budget throws Failure `exhausted`, with the time to wait, when nothing is left. */
export type Limits = {
  source(source: string): void;
  /** `items` is what the call asks for: a batch costs as much as its items one by one. */
  caller(caller: Caller, source: string, items: number): void;
  /** Before a secret is looked at: has this source failed too often, for this application or altogether? */
  attempt(source: string, clientId: string): void;
  failed(source: string, clientId: string): void;
  succeeded(source: string, clientId: string): void;
};

/** Wrong secrets a minute: of one application from one source, and from one source altogether. */
export const failuresPerPair = 10;
export const failuresPerSource = 100;

/**
 * Failures are counted by source, so that nobody can lock an application out from elsewhere (RFC 6749 section 2.3.1);
 * and an application that lately succeeded from a source is not held liable for others behind the same address.
 */
export function createLimits({ perSource, perClient }: LimitSettings): Limits {
  const sources = createBudget({ points: perSource, seconds: 1 });
  const clients = createBudget({ points: perClient, seconds: 1 });
  const pairs = createBudget({ points: failuresPerPair, seconds: 60 });
  const failing = createBudget({ points: failuresPerSource, seconds: 60 });
  const proven = new LRUCache<string, true>({ max: 10_000, ttl: 3_600_000 });
  return {
    source: (source) => sources.take(networkOf(source)),
    caller(caller, source, items) {
      if (caller.kind === "anonymous") return;
      const { id } = caller.client.application;
      // A public application proves nothing: whoever names it spends the budget of its own source only.
      const named = caller.kind === "client" && caller.proof === "public";
      // Never more than the whole budget, or a large batch could never be served at all.
      clients.take(named ? pairOf(source, id) : id, Math.min(items, perClient));
    },
    attempt(source, clientId) {
      const pair = pairOf(source, clientId);
      // Who lately succeeded goes on: secrets are 256 random bits, and a lock would only serve to lock others out.
      if (proven.has(pair)) return;
      pairs.check(pair);
      failing.check(networkOf(source));
    },
    failed(source, clientId) {
      pairs.add(pairOf(source, clientId));
      failing.add(networkOf(source));
    },
    succeeded: (source, clientId) => void proven.set(pairOf(source, clientId), true),
  };
}

/** The largest request, in bytes, at every door. */
export const largestRequest = 262_144;

/** An IPv4 address as such, where a socket for both families writes it as IPv6. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, "");

/** What one party is known to hold: an IPv4 address, or the /64 of an IPv6 address. */
export function networkOf(source: string): string {
  if (!source.includes(":")) return source;
  const [head = "", tail] = source.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => "0");
  return [...groups, ...zeros, ...rest].slice(0, 4).join(":");
}

const pairOf = (source: string, clientId: string) => `${networkOf(source)} ${clientId}`;
