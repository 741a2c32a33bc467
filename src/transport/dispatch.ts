// The way of every call, whatever door it came through. A new concern is a named step here.
import { create, type Message } from "@bufbuild/protobuf";
import type { Logger } from "pino";
import type { Call } from "../call.ts";
import type { Clock } from "../clock.ts";
import { asFailure, Failure, type Kind } from "../failure.ts";
import { newId, type Random } from "../random.ts";
import type { Metrics } from "../telemetry.ts";
import { authorize } from "./access.ts";
import type { Identify } from "./caller.ts";
import type { Offered } from "./credentials.ts";
import type { Limits } from "./limits.ts";
import type { Method } from "./method.ts";
import type { Validate } from "../validation.ts";

export type Incoming<Answer> = {
  method: Method;
  offered: Offered;
  /** Milliseconds left of the caller's own deadline. */
  timeoutMs?: number;
  /** Aborted by the door when the caller leaves, and here when time is up. */
  cancel: AbortController;
  read: () => Message | Promise<Message>;
  write: (answer: Message) => Answer;
};

/** Throws a Failure and nothing else. */
export type Dispatch = <Answer>(incoming: Incoming<Answer>) => Promise<Answer>;

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
export const mostUnderWay = 4000;

export function createDispatch(parts: DispatchParts): Dispatch {
  let underWay = 0;
  return async (incoming) => {
    const { method, cancel } = incoming;
    const budget = Math.max(0, Math.min(incoming.timeoutMs ?? method.deadlineMs, method.deadlineMs));
    const now = parts.clock.now();
    const call = { now, deadline: now + budget, signal: cancel.signal, requestId: newId(now, parts.random) };
    const timer = setTimeout(() => cancel.abort(late()), budget);
    const measure = parts.metrics.startCall(method.name);
    underWay += 1;
    try {
      if (underWay > mostUnderWay) throw tooMany();
      const answer = await unlessAborted(cancel.signal, () => steps(parts, incoming, { ...call, method: method.name }));
      measure("ok");
      return answer;
    } catch (thrown) {
      const failure = failureOf(thrown, cancel.signal);
      measure(failure.kind);
      report(parts, failure, { method: method.name, requestId: call.requestId });
      throw failure;
    } finally {
      underWay -= 1;
      clearTimeout(timer);
    }
  };
}

const tooMany = () => new Failure("exhausted", "too many calls are under way", { retryAfterMs: 250 });

/** In this order: nothing is decoded for a flooding source, nothing validated for a stranger, nothing run too late. */
async function steps<Answer>(
  parts: DispatchParts,
  { method, offered, read, write }: Incoming<Answer>,
  call: Omit<Call, "caller">,
): Promise<Answer> {
  const { limits, identify, validate, clock } = parts;
  inTime(call, clock);
  await limits.source(offered.source);
  const request = await read();
  const caller = await identify({ method, offered, request, now: call.now, signal: call.signal });
  const { source } = offered;
  return observed(parts, { ...call, caller }, { method, source }, async () => {
    authorize(method, caller);
    await limits.caller(caller, source, method.itemsOf(request));
    validate(method.desc.input, request);
    inTime(call, clock);
    return write(create(method.desc.output, await method.run({ ...call, caller }, request)));
  });
}

/** Counts what strangers try in vain at a public method against their source, and tells of changes that were denied. */
async function observed<Answer>(
  { limits, onDenied }: DispatchParts,
  call: Call,
  { method, source }: { method: Method; source: string },
  work: () => Promise<Answer>,
): Promise<Answer> {
  const { kind } = call.caller;
  if (kind === "anonymous") await limits.attempt(source, method.name);
  try {
    return await work();
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (kind === "anonymous" && failure.kind === "unauthenticated") await limits.failed(source, method.name);
    if (failure.kind === "denied" && method.audit !== "") onDenied(call, { event: method.audit, failure, source });
    throw thrown;
  }
}

const late = () => new Failure("late", "the deadline has passed");

/** Asks the clock as well as the signal: after a freeze of the process its timer has not fired yet. */
function inTime({ signal, deadline }: Pick<Call, "signal" | "deadline">, clock: Clock): void {
  signal.throwIfAborted();
  if (clock.now() >= deadline) throw late();
}

/** Answers when the signal aborts even if the work does not; the work learns of it by the same signal. */
function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return Promise.race([work(), promise]);
}

/** What broke off because of the signal failed for the signal's reason. */
function failureOf(thrown: unknown, { aborted, reason }: AbortSignal): Failure {
  return aborted && !(thrown instanceof Failure) ? asFailure(reason) : asFailure(thrown);
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
