// What a use-case is and what it is told about the call it serves. Every door makes a Call; no use-case sees a door.
import type { DescMessage, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Cancel } from "./cancel.ts";
import { Failure } from "./failure.ts";
import type { Row } from "./store/tables.ts";
import type { AccessClaims } from "./tokens/mint.ts";

/** An application with the two things above it that can be disabled. */
export type ClientState = {
  application: Omit<Row<"application">, "customData">;
  project: Pick<Row<"project">, "id" | "disabled">;
  tenant: Pick<Row<"tenant">, "id" | "disabled" | "policyEpoch">;
};

export type Caller =
  | { kind: "anonymous" }
  /**
   * An application: `proof` says how it showed who it is. A public one only named itself. `permissions` are those of its
   * machine roles; read only for a method that asks for permissions.
   */
  | {
      kind: "client";
      client: ClientState;
      proof: "secret" | "certificate" | "public";
      permissions: ReadonlySet<string>;
    }
  /** The holder of a live access token for the management resource, with its live permissions. */
  | { kind: "user"; client: ClientState; claims: AccessClaims; permissions: ReadonlySet<string> };

export type Call = {
  caller: Caller;
  /** Milliseconds, read once for the whole call. */
  now: number;
  /** When the deadline passes or the caller leaves. */
  cancel: Cancel;
  /** Milliseconds since 1970. No work starts after it. */
  deadline: number;
  requestId: string;
  /** Fully qualified method name, for the audit. */
  method: string;
};

/** It may answer the same frozen message again and again: a door may then keep what it made of it. */
export type UseCase<I extends DescMessage, O extends DescMessage> = (
  call: Call,
  request: MessageShape<I>,
) => Promise<MessageInitShape<O>>;

/** One use-case per method of the service: none missing, none extra. */
export type UseCases<S extends DescService> = {
  [K in keyof S["method"]]: UseCase<S["method"][K]["input"], S["method"][K]["output"]>;
};

export type Served = { desc: DescService; useCases: Readonly<Record<string, UseCase<DescMessage, DescMessage>>> };

/** Pairs a service with its use-cases, all of them and no other; here their types are erased for the generic doors. */
export const serve = <S extends DescService>(desc: S, useCases: UseCases<S>): Served => ({
  desc,
  useCases,
});

/** The application that calls, whatever it proved itself with. The contract's `access` has said which kinds may come. */
export function callingClient(call: Pick<Call, "caller">): ClientState {
  if (call.caller.kind === "anonymous") throw new Failure("unauthenticated", "the client is not authenticated");
  return call.caller.client;
}
