// What the process says about itself: a log that cannot carry a secret or be forged, and metrics.
import { type DestinationStream, type LogFn, type Logger, pino } from "pino";
import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";
import { Failure, type Kind } from "./failure.ts";

export type LogSettings = {
  format: "json" | "pretty";
  level: "debug" | "info" | "warn" | "error";
  /** Standard output if absent. */
  destination?: DestinationStream;
};

/** Errors go under `err`: kind, reason and cause, and the stack only of what is no Failure. */
export function createLog({ format, level, destination = process.stdout }: LogSettings): Logger {
  const print = format === "pretty" ? prettyLine : (line: string) => line;
  return pino(
    {
      level,
      base: null,
      redact: { paths: redacted, censor: "[redacted]" },
      serializers: { err: describeError },
      hooks: { logMethod: sparing },
    },
    { write: (line) => destination.write(print(harmless(line))) },
  );
}

export type Metrics = {
  registry: Registry;
  /** Measures the time of a call until it is told how that ended: "ok", or the kind of its failure. */
  startCall(method: string): (outcome: "ok" | Kind) => void;
  failures: Counter<"method" | "kind">;
};

/** `process` adds memory, event loop and garbage collection. */
export function createMetrics(options: { process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry });
  const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  const registers = [registry];
  const calls = new Histogram({
    name: "tessera_call_duration_seconds",
    help: "Duration of calls.",
    labelNames: ["method", "outcome"],
    buckets,
    registers,
  });
  return {
    registry,
    startCall: timerOf(calls),
    failures: new Counter({
      name: "tessera_call_failures_total",
      help: "Calls that failed.",
      labelNames: ["method", "kind"],
      registers,
    }),
  };
}

/** Finding the series of two labels costs more than counting in it, so each is found once. */
function timerOf(calls: Histogram<"method" | "outcome">): Metrics["startCall"] {
  const series = new Map<string, Histogram.Internal<"method" | "outcome">>();
  return (method) => {
    const start = performance.now();
    return (outcome) => {
      const name = `${method} ${outcome}`;
      const known = series.get(name) ?? calls.labels(method, outcome);
      series.set(name, known);
      known.observe((performance.now() - start) / 1000);
    };
  };
}

const secretNames = [
  "authorization",
  "cookie",
  "password",
  "secret",
  "secret_id",
  "client_secret",
  "token",
  "access_token",
  "refresh_token",
  "subject_token",
  "actor_token",
  "id_token",
  "oidc_token",
  "assertion",
  "kek",
];
const redacted = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** Anything in the form of a JWT or of a secret that Tessera makes, wherever it stands. */
const tokens = /\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)*|\b(?:rt|pat|sub|tsk)_[\w-]{20,}/g;

// JSON escapes the C0 controls itself. What is left: DEL and C1 (terminals obey them), bidi and line separators.
const deceiving = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The last step of every line, so that no caller of the log can forget it. */
const harmless = (line: string): string =>
  line
    .replace(tokens, "[redacted]")
    .replace(deceiving, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** What was thrown may be anything, even what no line can hold. That costs its description, and not whoever logs it. */
function sparing(this: Logger, args: Parameters<LogFn>, write: LogFn): void {
  try {
    write.apply(this, args);
  } catch {
    const [facts] = args;
    write.call(this, { ...(typeof facts === "object" && facts), err: undefined }, "a failure could not be described");
  }
}

function describeError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return typeof thrown === "string" ? { message: thrown } : { type: typeof thrown };
  const cause = thrown.cause === undefined ? {} : { cause: describeError(thrown.cause) };
  if (thrown instanceof Failure) {
    const { kind, reason, message, violations } = thrown;
    return { kind, reason, message, ...(violations.length > 0 && { violations }), ...cause };
  }
  const code = "code" in thrown && typeof thrown.code === "string" ? { code: thrown.code } : {};
  const stack = (thrown.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  return { type: thrown.name, message: firstLine(thrown.message), ...code, ...cause, stack: stack.join("\n") };
}

/** Database drivers put the parameters of the query into the lines that follow. */
const firstLine = (message: string): string => (message.split("\n", 1)[0] ?? "").slice(0, 300);

const levels: Record<number, string> = { 20: "DEBUG", 30: "INFO ", 40: "WARN ", 50: "ERROR", 60: "FATAL" };

/** `12:00:00.000 INFO  message {"method":…}`: for eyes, and still one line for one event. */
function prettyLine(line: string): string {
  const { time, level, msg = "", ...rest } = JSON.parse(line) as { time: number; level: number; msg?: string };
  const clock = new Date(time).toISOString().slice(11, 23);
  const text = JSON.stringify(msg).slice(1, -1);
  const more = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : "";
  return `${harmless(`${clock} ${levels[level] ?? level} ${text}${more}`)}\n`;
}
