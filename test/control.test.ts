// The control socket: who may open it, and what it does with requests, failures and too much of both.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { askRunning, listenForControl } from "../src/control.ts";
import { Failure } from "../src/failure.ts";
import type { Operate, OperatorRequest } from "../src/operate.ts";
import { refusalOf, temporaryFolder } from "./support/opened.ts";

const listKeys: OperatorRequest = { command: "list-keys" };
const applyOf = (file: string): OperatorRequest => ({
  command: "apply",
  files: [{ name: "f", documents: [file] }],
  prune: false,
});

async function listening(operate: Operate = async ({ command }) => [command], folder = temporaryFolder()) {
  const control = await listenForControl(folder, operate);
  onTestFinished(() => control.close());
  return { folder, control, path: join(folder, "control.sock") };
}

/** A folder with the socket of a process that was killed while it listened. */
async function killedIn(folder: string): Promise<string> {
  const path = join(folder, "control.sock");
  const program = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("listening"))`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(statSync(path).isSocket()).toBe(true);
  return folder;
}

/** Sends bytes as they are and answers what comes back before the connection ends. */
async function send(path: string, bytes: string): Promise<string> {
  const socket = createConnection({ path, allowHalfOpen: true });
  socket.on("error", () => undefined);
  socket.end(bytes);
  return text(socket).catch(() => "");
}

describe("the control socket", () => {
  it("carries a request to the running instance and its lines back", async () => {
    const asked: OperatorRequest[] = [];
    const { folder } = await listening(async (request) => {
      asked.push(request);
      return ["one", "two"];
    });
    const request = applyOf("tenant: { name: Ærø 🦊 }");
    expect(await askRunning(folder, request)).toEqual(["one", "two"]);
    expect(asked).toEqual([request]);
  });

  it("is for its owner only, and leaves the process's own mask as it was", async () => {
    const before = process.umask();
    const { path } = await listening();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(process.umask()).toBe(before);
  });

  it("takes the place of one that a killed instance left behind", async () => {
    const { folder } = await listening(async () => ["the second"], await killedIn(temporaryFolder()));
    expect(await askRunning(folder, listKeys)).toEqual(["the second"]);
  });

  it("serves several at once", async () => {
    const { folder } = await listening(async (request) => [JSON.stringify(request)]);
    const requests = Array.from({ length: 10 }, (_, i) => applyOf(String(i)));
    const answers = await Promise.all(requests.map((request) => askRunning(folder, request)));
    expect(answers).toEqual(requests.map((request) => [JSON.stringify(request)]));
  });
});

describe("when nobody runs", () => {
  it("the answer is undefined: in an empty folder, after an end, and after a kill", async () => {
    const { folder, control } = await listening();
    control.close();
    expect(await askRunning(folder, listKeys)).toBeUndefined();
    expect(await askRunning(temporaryFolder(), listKeys)).toBeUndefined();
    expect(await askRunning(await killedIn(temporaryFolder()), listKeys)).toBeUndefined();
  });
});

describe("a failure", () => {
  it("arrives with its kind, message and violations, and nothing else", async () => {
    const violations = [{ field: "tenant.name", description: "is needed", rule: "required" }];
    const { folder } = await listening(async () => {
      throw new Failure("invalid", "refused", { violations, cause: "the secret reason" });
    });
    expect(await refusalOf(askRunning(folder, listKeys))).toEqual({ kind: "invalid", message: "refused", violations });
    expect(await send(join(folder, "control.sock"), JSON.stringify(listKeys))).not.toContain("secret reason");
  });

  it("that is a defect arrives without what it says", async () => {
    const { folder } = await listening(async () => {
      throw new Error("hunter2");
    });
    expect(await refusalOf(askRunning(folder, listKeys))).toMatchObject({
      kind: "internal",
      message: "internal error",
    });
  });

  it("to read a request does no harm to the next one", async () => {
    const { folder, path } = await listening();
    for (const bytes of ["", "{", "null", "\0"]) expect(await send(path, bytes)).not.toContain('"lines"');
    expect(await askRunning(folder, listKeys)).toEqual(["list-keys"]);
  });

  it("of an instance that ends in the middle is told as such", async () => {
    const folder = temporaryFolder();
    const dying = createServer((socket) => socket.destroy());
    onTestFinished(() => void dying.close());
    await once(dying.listen(join(folder, "control.sock")), "listening");
    expect(await refusalOf(askRunning(folder, listKeys))).toMatchObject({ kind: "unavailable" });
  });
});

describe("a request", () => {
  const largest = 16 * 1024 * 1024;

  it("of 16 MiB is read, one byte more is cut without an answer", async () => {
    let read = 0;
    const { path } = await listening(async (request) => {
      read += 1;
      return [request.command];
    });
    const empty = JSON.stringify(applyOf("")).length;
    expect(await send(path, JSON.stringify(applyOf("x".repeat(largest - empty))))).toContain('"lines"');
    expect(await send(path, JSON.stringify(applyOf("x".repeat(largest - empty + 1))))).toBe("");
    expect(read).toBe(1);
  });

  it("that is too large is refused before it is sent, in bytes and not characters", async () => {
    const { folder } = await listening(async () => []);
    const empty = JSON.stringify(applyOf("")).length;
    expect(await askRunning(folder, applyOf("x".repeat(largest - empty)))).toEqual([]);
    const wide = applyOf("ø".repeat((largest - empty) / 2 + 1));
    expect(await refusalOf(askRunning(folder, wide))).toMatchObject({ kind: "invalid" });
  });
});
