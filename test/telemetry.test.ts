// The log: nothing secret gets in, and nothing in it can pretend to be another line.
import { describe, expect, it } from "vitest";
import { badToken, Failure } from "../src/failure.ts";
import { createLog, createMetrics, type LogSettings } from "../src/telemetry.ts";

function capture(settings: Partial<LogSettings> = {}) {
  const lines: string[] = [];
  const log = createLog({
    format: "json",
    level: "debug",
    destination: { write: (line) => void lines.push(line) },
    ...settings,
  });
  return { log, text: () => lines.join(""), lines };
}

const formats = ["json", "pretty"] as const;

describe("a secret", () => {
  it("N8-03: is redacted under every name it goes by, down to the third level", () => {
    for (const format of formats) {
      const { log, text } = capture({ format });
      const names = ["authorization", "cookie", "secret_id", "client_secret", "access_token", "refresh_token", "token"];
      for (const name of names) log.info({ [name]: "canary", a: { [name]: "canary", b: { [name]: "canary" } } }, "x");
      expect(text()).not.toContain("canary");
      expect(text()).toContain("[redacted]");
    }
  });

  it("N8-03: is recognised by its form, wherever it stands", () => {
    const body = "A".repeat(43);
    const secrets = [`eyJhbGciOiJub25lIn0.${body}.${body}`, `rt_${body}`, `pat_${body}`, `sub_${body}`, `tsk_${body}`];
    for (const format of formats) {
      const { log, text } = capture({ format });
      for (const secret of secrets) {
        log.info(
          { note: `got ${secret}`, err: new Error(`bad ${secret}`, { cause: secret }) },
          `failed with ${secret}`,
        );
      }
      expect(text()).not.toContain(body);
    }
  });

  it("N8-03: in the parameters of a failed query is cut off with them", () => {
    const { log, text } = capture();
    const query = new Error("Failed query: select 1 where digest = ?\nparams: canary");
    log.error({ err: new Failure("internal", "internal error", { cause: query }) }, "x");
    expect(text()).toContain("Failed query");
    expect(text()).not.toContain("canary");
  });
});

describe("a line", () => {
  it("N8-03: stays one line, whatever it is told", () => {
    for (const format of formats) {
      const { log, lines } = capture({ format });
      log.warn({ name: "a\r\nb\u001b[2Kc" }, "one\ntwo\u001b[31m");
      expect(lines).toHaveLength(1);
      const controls = (lines[0] ?? "")
        .trimEnd()
        .split("")
        .filter((unit) => unit < " ");
      expect(controls).toEqual([]);
    }
  });

  it("N8-03: neither commands a terminal nor turns the direction of its text", () => {
    for (const format of formats) {
      const { log, text } = capture({ format });
      log.warn({ name: "\u009b31m \u202e reversed \u2066 \u200f \u2028 \u007f" }, "\u202etxet");
      expect(text()).not.toMatch(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
      expect(text()).toContain("\\u202e");
    }
  });

  it("is JSON with level, time and message, or for eyes the same in text", () => {
    const json = capture();
    json.log.info({ port: 1 }, "listening");
    expect(JSON.parse(json.text())).toEqual({ level: 30, time: expect.any(Number), port: 1, msg: "listening" });
    const pretty = capture({ format: "pretty" });
    pretty.log.info({ port: 1 }, "listening");
    expect(pretty.text()).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}listening \{"port":1\}\n$/);
  });

  it("below the level is not written", () => {
    const { log, text } = capture({ level: "warn" });
    log.info("quiet");
    log.warn("loud");
    expect(text()).toContain("loud");
    expect(text()).not.toContain("quiet");
  });
});

describe("an error", () => {
  it("shows kind, reason and the chain of causes, and a stack only where it is a defect", () => {
    const { log, lines } = capture();
    log.info({ err: badToken(new Failure("denied", "because", { cause: "of this" })) }, "x");
    log.error({ err: new RangeError("defect") }, "x");
    const [refused = "", defect = ""] = lines;
    expect(JSON.parse(refused)).toMatchObject({
      err: { kind: "badToken", reason: "BAD_TOKEN", cause: { kind: "denied", cause: { message: "of this" } } },
    });
    expect(refused).not.toContain("stack");
    expect(JSON.parse(defect)).toMatchObject({
      err: { type: "RangeError", message: "defect", stack: expect.stringContaining("at ") },
    });
  });

  it("that cannot be described costs its description, and neither its line nor whoever logs it", () => {
    const { log, lines } = capture();
    const endless = new Error("its own cause");
    endless.cause = endless;
    log.error({ err: endless, request_id: "r1" }, "x");
    const [line = ""] = lines;
    expect(lines).toHaveLength(1);
    expect(JSON.parse(line)).toMatchObject({ level: 50, request_id: "r1", msg: "a failure could not be described" });
    expect(line).not.toContain("its own cause");
  });
});

describe("metrics", () => {
  it("belong to one service: two in a process do not add up", async () => {
    const [one, two] = [createMetrics(), createMetrics({ process: true })];
    one.failures.inc({ method: "m", kind: "late" });
    expect(await two.registry.getSingleMetricAsString("tessera_call_failures_total")).not.toContain("late");
    expect(await two.registry.metrics()).toContain("nodejs_eventloop_lag");
  });
});
