// `tessera export` as a command: from a stopped instance and from a running one, to a file and to standard output.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { listenForControl } from "../src/control.ts";
import { writeExport } from "../src/export-file.ts";
import { Failure } from "../src/failure.ts";
import { createOperate, type OperatorRequest } from "../src/operate.ts";
import { runToEnd } from "./support/command.ts";
import { openInstance, refusalOf, temporaryFolder } from "./support/opened.ts";

const acme = "tenant: { name: acme }\nusers: [{ username: ada }]";

describe("the command", () => {
  it("asks a running instance, and opens the store of a stopped one: the same text", { timeout: 60_000 }, async () => {
    const { parts, apply, dataDir } = await openInstance();
    await apply(acme);
    const words = ["export", "--tenant", "acme", "--dev", "--data-dir", dataDir];
    const control = await listenForControl(dataDir, createOperate(parts, "unused"));
    const running = await runToEnd(words);
    control.close();
    await parts.store.close();
    const stopped = await runToEnd(words);
    expect(running).toMatchObject({ code: 0, out: expect.stringContaining("\nusers:\n") });
    expect(stopped).toEqual(running);
    expect(await runToEnd(["export", "--tenant", "nobody", "--dev", "--data-dir", dataDir])).toMatchObject({
      code: 1,
      out: "",
      err: "there is no tenant of this name\n",
    });
  });
});

/** Answers these parts, the last of them with the end. */
function answering(...parts: string[][]) {
  const asked: OperatorRequest[] = [];
  const operate = async (request: OperatorRequest) => {
    asked.push(request);
    const lines = parts[asked.length - 1];
    if (lines === undefined) throw new Failure("unavailable", "the running instance has ended");
    return [...lines, asked.length === parts.length ? "" : `part ${asked.length + 1}`];
  };
  return { asked, operate };
}

describe("a file", () => {
  it("is there once it is whole, for its owner only", async () => {
    const output = join(temporaryFolder(), "out.yaml");
    const { asked, operate } = answering(["a", "b"], [], ["c"]);
    await writeExport(operate, { tenant: "acme", output });
    expect(readFileSync(output, "utf8")).toBe("a\nb\nc\n");
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(asked.map((request) => "from" in request && request.from)).toEqual(["", "part 2", "part 3"]);
  });

  it("is not there where the parts stop coming", async () => {
    const output = join(temporaryFolder(), "out.yaml");
    const { operate } = answering(["a"]);
    const failing = async (request: OperatorRequest) => {
      const lines = await operate(request);
      return [...lines.slice(0, -1), "part 2"];
    };
    expect(await refusalOf(writeExport(failing, { tenant: "acme", output }))).toMatchObject({ kind: "unavailable" });
    expect(existsSync(output)).toBe(false);
  });
});

describe("standard output", () => {
  it("gets a part when it has taken the one before", async () => {
    let waiting: (() => void) | undefined;
    let written = "";
    const out = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        written += String(chunk);
        waiting = done;
      },
    });
    onTestFinished(() => void out.destroy());
    const { asked, operate } = answering(["a"], ["b"]);
    const done = writeExport(operate, { tenant: "", output: "" }, out);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    await turn();
    expect([written, asked.length]).toEqual(["a\n", 1]);
    waiting?.();
    await turn();
    expect([written, asked.length]).toEqual(["a\nb\n", 2]);
    waiting?.();
    await done;
  });
});
