// The way of every call, whatever door it came through. A new concern is a named step here.
import { create, type Message } from "@bufbuild/protobuf";
import type { Logger } from "pino";
import type { Call } from "../call.ts";
import type { Cancel } from "../cancel.ts";
import type { Clock } from "../clock.ts";
import { asFailure, Failure, type Kind } from "../failure.ts";
import { newId, type Random } from "../random.ts";
import type { Metrics } from "../telemetry.ts";
import { authorize } from "./access.ts";
import type { Identify } from "./caller.ts";
import type { Offered } from "./credentials.ts";
import type { Limits } from "./limits.ts";
import type { Method } from "./method.ts";
import { createTurns } from "./turns.ts";
import type { Validate } from "../validation.ts";

export type Incoming<Answer> = {
  method: Method;
  offered: Offered;
  /** Milliseconds left of the caller's own deadline, if it has one. */
  timeoutMs: number | undefined;
  /** Told by the door when the caller leaves, and here when time is up. */
  cancel: Cancel;
  read: () => Message | Promise<Message>;
  write: (answer: Message) => Answer;
};

/** Throws a Failure and nothing else. */
export type Dispatch = {
  <Answer>(incoming: Incoming<Answer>): Promise<Answer>;
  /** Whether too many calls are under way for another one. It is then counted as refused, and need not be made. */
  turnsAway(method: Method): boolean;
  /** How many calls are. */
  underWay(): number;
};

/** Hears of a change that somebody known was denied. Answers at once and never throws. */
export type OnDenied = (call: Call, facts: { event: string; failure: Failure; source: string }) => void;

export type DispatchParts = {
  identify: Identify;
  limits: Pick<Limits, "source" | "caller" | "attempt" | "failed">;
  validate: Validate;
  clock: Clock;
  random: Random;
  log: Logger;
  metrics: Metrics;
  onDenied: OnDenied;
};

/** Calls under way. So many wait a second or so for their turn; more would only wait for their deadline. */
export const mostUnderWay = 2500;

export function createDispatch(parts: DispatchParts): Dispatch {
  let underWay = 0;
  const admit = (source: string) => {
    if (underWay > mostUnderWay) throw tooMany();
    // Before it waits for its turn: a flooding source must not take the turns of others.
    parts.limits.source(source);
  };
  const inTurns = { ...parts, admit, turn: createTurns() };
  const dispatch = <Answer>(incoming: Incoming<Answer>): Promise<Answer> => {
    const { method, cancel } = incoming;
    const budget = Math.max(0, Math.min(incoming.timeoutMs ?? method.deadlineMs, method.deadlineMs));
    const now = parts.clock.now();
    const requestId = newId(now, parts.random);
    const timer = setTimeout(endLate, budget, cancel);
    const measure = parts.metrics.startCall(method.name);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    let isOver = false;
    underWay += 1;
    const end = (outcome: "ok" | Kind) => {
      isOver = true;
      underWay -= 1;
      clearTimeout(timer);
      measure(outcome);
    };
    const succeed = (answer: Answer) => {
      if (isOver) return;
      resolve(answer);
      end("ok");
    };
    const fail = (thrown: unknown) => {
      if (isOver) return;
      const failure = failureOf(thrown, cancel.reason());
      reject(failure);
      end(failure.kind);
      report(parts, failure, { method: method.name, requestId });
    };
    const call = { now, deadline: now + budget, cancel, requestId, method: method.name };
    // Answers when the call is cancelled even if the work does not; the work learns of it by itself.
    cancel.listen(fail);
    steps(inTurns, incoming, call).then(succeed, fail);
    return promise;
  };
  const turnsAway = ({ name }: Method): boolean => {
    if (underWay < mostUnderWay) return false;
    parts.metrics.startCall(name)("exhausted");
    parts.metrics.failures.inc({ method: name, kind: "exhausted" });
    return true;
  };
  return Object.assign(dispatch, { turnsAway, underWay: () => underWay });
}

export const tooMany = () => new Failure("exhausted", "too many calls are under way", { retryAfterMs: 250 });

/** In this order: nothing is decoded before its turn, nothing validated for a stranger, nothing run too late. */
async function steps<Answer>(
  parts: DispatchParts & { admit(source: string): void; turn: ReturnType<typeof createTurns> },
  { method, offered, read, write }: Incoming<Answer>,
  begun: Omit<Call, "caller">,
): Promise<Answer> {
  const { limits, identify, validate, clock } = parts;
  const { source } = offered;
  parts.admit(source);
  // Each of these seldom has to be waited for, and an await costs a turn of the microtasks even where there is nothing.
  const turn = parts.turn();
  if (turn !== undefined) await turn;
  inTime(begun, clock);
  const reading = read();
  const request = reading instanceof Promise ? await reading : reading;
  const known = identify({ method, offered, request, now: begun.now, cancel: begun.cancel });
  const caller = known instanceof Promise ? await known : known;
  if (caller.kind === "anonymous") limits.attempt(source, method.name);
  const call = { ...begun, caller };
  try {
    authorize(method, caller);
    limits.caller(caller, source, method.itemsOf(request));
    validate(method.desc.input, request);
    inTime(call, clock);
    return write(create(method.desc.output, await method.run(call, request)));
  } catch (thrown) {
    observe(parts, call, { failure: asFailure(thrown), method, source });
    throw thrown;
  }
}

/** Counts what strangers try in vain at a public method against their source, and tells of changes that were denied. */
function observe(
  { limits, onDenied }: DispatchParts,
  call: Call,
  { failure, method, source }: { failure: Failure; method: Method; source: string },
): void {
  if (call.caller.kind === "anonymous" && failure.kind === "unauthenticated") limits.failed(source, method.name);
  if (failure.kind === "denied" && method.audit !== "") onDenied(call, { event: method.audit, failure, source });
}

const late = () => new Failure("late", "the deadline has passed");
const endLate = (cancel: Cancel) => cancel.abort(late());

/** Asks the clock as well: after a freeze of the process its timer has not fired yet. */
function inTime({ cancel, deadline }: Pick<Call, "cancel" | "deadline">, clock: Clock): void {
  const reason = cancel.reason() ?? (clock.now() >= deadline ? late() : undefined);
  if (reason !== undefined) throw reason;
}

/** What broke off because the call was cancelled failed for the reason of that. */
function failureOf(thrown: unknown, reason: Failure | undefined): Failure {
  return reason !== undefined && !(thrown instanceof Failure) ? reason : asFailure(thrown);
}

/** The rest is the caller's own affair: debug. */
const levels: Partial<Record<Kind, "error" | "warn" | "info">> = {
  internal: "error",
  unavailable: "warn",
  unauthenticated: "info",
  badToken: "info",
  denied: "info",
  exhausted: "info",
};

function report({ log, metrics }: DispatchParts, failure: Failure, call: { method: string; requestId: string }): void {
  metrics.failures.inc({ method: call.method, kind: failure.kind });
  log[levels[failure.kind] ?? "debug"]({ ...call, err: failure }, "call failed");
}
