// The command line: which action is told what, what is said about mistakes, and the launcher in front of it.
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Actions, runCommand } from "../src/cli.ts";
import { flagName, keyNames } from "../src/config/keys.ts";
import { Failure } from "../src/failure.ts";
import { sources } from "./support/settings.ts";

/** Runs words and tells which actions were called, what was written, and the exit code. */
async function run(words: string, env: Record<string, string> = {}, replaced: Partial<Actions> = {}) {
  const calls: [string, ...unknown[]][] = [];
  const record =
    (name: keyof Actions) =>
    async (...given: unknown[]): Promise<void> =>
      void calls.push([name, ...given]);
  const actions: Actions = {
    serve: record("serve"),
    apply: record("apply"),
    export: record("export"),
    listKeys: record("listKeys"),
    rotateKeys: record("rotateKeys"),
    revokeKey: record("revokeKey"),
    rewrapKeys: record("rewrapKeys"),
    verifyAudit: record("verifyAudit"),
    healthcheck: record("healthcheck"),
    ...replaced,
  };
  const written = { out: "", err: "" };
  const code = await runCommand(words.split(" ").filter(Boolean), actions, {
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    sourcesOf: (flags) => sources({ flags, env }),
  });
  return { code, calls, ...written };
}

describe("commands", () => {
  it.each([
    ["", "serve", []],
    ["serve", "serve", []],
    ["apply a.yaml b.yaml", "apply", [["a.yaml", "b.yaml"], false]],
    ["apply --prune a.yaml", "apply", [["a.yaml"], true]],
    ["export --tenant harbour", "export", [{ tenant: "harbour", output: "" }]],
    ["export --all --output o.yaml", "export", [{ tenant: "", output: "o.yaml" }]],
    ["keys list", "listKeys", []],
    ["keys rotate", "rotateKeys", []],
    ["keys revoke k1", "revokeKey", ["k1"]],
    ["keys rewrap /run/new", "rewrapKeys", ["/run/new"]],
    ["audit verify", "verifyAudit", []],
    ["healthcheck", "healthcheck", []],
  ])("%j runs %s with the settings", async (words, action, rest) => {
    const { code, calls } = await run(`${words} --dev --log-level warn`);
    expect(calls).toEqual([
      [action, expect.objectContaining({ dev: true, log: { format: "pretty", level: "warn" } }), ...rest],
    ]);
    expect(code).toBe(0);
  });

  it("config print writes what is in effect and runs nothing", async () => {
    const { code, out, calls } = await run("config print --dev", { TESSERA_LOG_LEVEL: "warn" });
    expect(out).toContain("log_level: warn  # environment TESSERA_LOG_LEVEL");
    expect([code, calls]).toEqual([0, []]);
  });

  it("a switch does not take the word after it, and can be turned off", async () => {
    const { calls } = await run("apply --dev --no-reflection a.yaml", { TESSERA_REFLECTION: "true" });
    expect(calls).toEqual([
      ["apply", expect.objectContaining({ grpc: expect.objectContaining({ reflection: false }) }), ["a.yaml"], false],
    ]);
  });

  it("a list flag may be given more than once", async () => {
    const { calls } = await run("--dev --apply a.yaml --apply b.yaml");
    expect(calls).toEqual([["serve", expect.objectContaining({ apply: ["a.yaml", "b.yaml"] })]]);
  });
});

describe("help", () => {
  it("names every command and answers 0", async () => {
    const { code, out } = await run("--help");
    for (const name of ["serve", "apply", "export", "healthcheck", "keys", "audit", "config"])
      expect(out).toContain(`\n  ${name}`);
    expect(code).toBe(0);
  });

  it("of serve has a flag for every key", async () => {
    const { out } = await run("serve --help");
    for (const name of keyNames) expect(out).toContain(`\n  ${flagName(name)}`);
  });
});

describe("mistakes", () => {
  it("refused settings are told in full, with exit code 2 and no action", async () => {
    const { code, err, calls } = await run("serve --access-token-ttl 15m");
    expect(err).toMatch(/^The configuration was refused:\n {2}access_token_ttl \(flag --access-token-ttl\): must/);
    expect(err).not.toContain("    at ");
    expect([code, calls]).toEqual([2, []]);
  });

  it.each([
    ["serve --grpc-adress x", "--grpc-address"],
    ["bogus", "unknown command 'bogus'"],
    ["apply --dev", "missing required argument"],
    ["export --dev", "name a tenant"],
    ["export --all --tenant a", "cannot be used with"],
    ["keys revoke --dev", "missing required argument"],
    ["keys bogus", "unknown command"],
    ["serve --data-dir", "argument missing"],
  ])("%j is refused with a word about it", async (words, says) => {
    const { code, err, calls } = await run(words);
    expect(err).toContain(says);
    expect([code, calls]).toEqual([2, []]);
  });

  it("a failure of the action is one message and exit code 1", async () => {
    const violations = [{ field: "tenant", description: "is required", rule: "required" }];
    const fail = async () => Promise.reject(new Failure("invalid", "the declaration was refused", { violations }));
    const { code, err } = await run("apply --dev a.yaml", {}, { apply: fail });
    expect(err).toBe("the declaration was refused\n  tenant: is required\n");
    expect(code).toBe(1);
  });

  it("a defect is not dressed up as a failure", async () => {
    const fail = async () => Promise.reject(new TypeError("a defect"));
    await expect(run("--dev", {}, { serve: fail })).rejects.toThrow(TypeError);
  });
});

describe("the launcher", () => {
  let folder: string;
  const platform = `${process.platform}-${process.arch}`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tessera-launcher-"));
    for (const name of ["app/bin", "app/src", "lone/bin"]) await mkdir(join(folder, name), { recursive: true });
    for (const place of ["app", "lone"]) await copyFile("bin/tessera.js", join(folder, place, "bin/tessera.js"));
    for (const place of ["app", "lone"]) await writeFile(join(folder, place, "package.json"), '{"type":"module"}');
    await writeFile(
      join(folder, "app/src/main.ts"),
      "const words: string[] = process.argv.slice(2);\nconsole.log('main', words);",
    );
    // Stands for the pinned Node: tells its arguments and ends as the last of them says.
    const pinned = join(folder, `app/node_modules/node-${platform}/bin`);
    await mkdir(pinned, { recursive: true });
    const script = `#!/bin/sh
echo "pinned $*"
case "$*" in
  *wait*) trap 'echo stopped; exit 9' TERM; kill -TERM $PPID; while :; do sleep 0.05; done ;;
  *killed*) kill -KILL $$ ;;
esac
exit 7
`;
    await writeFile(join(pinned, "node"), script, { mode: 0o755 });
    await writeFile(
      join(folder, "old.mjs"),
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });",
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  const launch = (place: string, words: string[], old: boolean) =>
    new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
      const preload = old ? ["--import", join(folder, "old.mjs")] : [];
      const args = [...preload, join(folder, place, "bin/tessera.js"), ...words];
      execFile(process.execPath, args, (error, out, err) => resolve({ code: error?.code ?? 0, out, err }));
    });

  it("runs the service itself on a new Node", async () => {
    expect(await launch("app", ["serve", "--dev"], false)).toMatchObject({
      code: 0,
      out: "main [ 'serve', '--dev' ]\n",
    });
  });

  it("hands its words to the pinned Node on an old one, and keeps the exit code", async () => {
    const { code, out } = await launch("app", ["serve", "--dev"], true);
    expect(out).toMatch(/^pinned .*bin\/tessera\.js serve --dev\n$/);
    expect(code).toBe(7);
  });

  it("forwards a signal and waits for the end", async () => {
    expect(await launch("app", ["wait"], true)).toMatchObject({ code: 9, out: expect.stringContaining("stopped") });
  });

  it("reports a killed child as a shell does", async () => {
    expect((await launch("app", ["killed"], true)).code).toBe(137);
  });

  it("I-NODE-01: says what is missing when there is no Node to run on", async () => {
    const { code, err } = await launch("lone", [], true);
    expect(err).toContain(
      `Tessera needs Node 24.14.1 or newer. This is Node 20.20.2, and none is installed for ${platform}.`,
    );
    expect(code).toBe(1);
  });
});
