// Starting, by the real command: what is refused and in which words, what a start leaves as it was, what dev mode says.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runToEnd } from "../support/command.ts";
import { claimsOf } from "../support/histories.ts";
import { callTrpc, devToken, type Service, startService } from "../support/service.ts";

const ports = ["--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tessera-start-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a setting that cannot be used is refused by its name, with exit code 2, and nothing is written:", () => {
  const dev = ["--dev", "--data-dir", "unused"];
  const kekFile = ["--kek-file", "unused"];
  const refused: [what: string, words: string[], env: Record<string, string>, key: string][] = [
    ["a lifetime beyond its limit", [...dev, "--access-token-ttl", "86401"], {}, "access_token_ttl"],
    ["a text for a number", [...dev, "--shutdown-grace", "soon"], {}, "shutdown_grace"],
    ["an unknown variable", dev, { TESSERA_HTTP_ADRESS: "127.0.0.1:0" }, "TESSERA_HTTP_ADRESS"],
    ["PostgreSQL, which is not served yet", [...dev, "--database-url", "postgres://db.test/a"], {}, "database_url"],
    ["no issuer outside dev mode", kekFile, {}, "issuer"],
    ["no key-encryption key outside dev mode", ["--issuer", "https://auth.test"], {}, "kek_file"],
    ["N7-01: plaintext gRPC off loopback", [...dev, "--grpc-address", "0.0.0.0:0"], {}, "grpc_address"],
    ["N7-01: plaintext HTTP off loopback", [...dev, "--http-address", "[::]:0"], {}, "http_address"],
    ["a certificate without its key", [...dev, "--tls-cert-file", "cert.pem"], {}, "tls_key_file"],
  ];

  it.each(refused)("%s", async (_what, words, env, key) => {
    const data = join(folder, "refused");
    const { code, out, err } = await runToEnd(["serve", ...ports, ...words, "--data-dir", data], env);
    expect(err).toContain(key);
    expect(err).not.toMatch(/\n\s+at /);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(readdirSync(folder)).not.toContain("refused");
  });

  it("N7-01: with the explicit flag, or on loopback, the same addresses are taken", async () => {
    const open = ["--dev", "--grpc-address", "0.0.0.0:0", "--http-address", "[::]:0", "--allow-plaintext"];
    expect(await runToEnd(["config", "print", ...open])).toMatchObject({ code: 0 });
    expect(await runToEnd(["config", "print", "--dev", ...ports])).toMatchObject({ code: 0 });
  });

  it("a declaration that leads nowhere, by file and place", async () => {
    const file = join(folder, "wrong.json");
    writeFileSync(
      file,
      JSON.stringify({ tenant: { name: "a" }, scopes: [{ resourceId: "https://no.test", name: "x" }] }),
    );
    const data = join(folder, "declared");
    const { code, err } = await runToEnd(["serve", "--dev", ...ports, "--data-dir", data, "--apply", file]);
    expect(err).toContain("wrong.json");
    expect(err).toContain("scopes[0]");
    expect(code).toBe(1);
  });
});

it("makes the folder of the checkpoints, so that the trail is signed from the first row on", async () => {
  const checkpoints = join(folder, "elsewhere", "signed", "checkpoints.jsonl");
  const service = await startService({
    dataDir: join(folder, "signed"),
    env: { TESSERA_AUDIT_CHECKPOINT_FILE: checkpoints },
  });
  await service.stop();
  expect(readFileSync(checkpoints, "utf8")).toMatch(/^ey[\w-]+\./);
  expect(statSync(join(folder, "elsewhere", "signed")).mode & 0o777).toBe(0o700);
});

it("refuses a folder that cannot be made in one line that names it, and ends", async () => {
  const file = join(folder, "a-file");
  writeFileSync(file, "");
  const elsewhere = ["--audit-checkpoint-file", join(file, "below", "checkpoints.jsonl")];
  const refused = await runToEnd(["serve", "--dev", ...ports, "--data-dir", join(folder, "no-folder"), ...elsewhere]);
  expect(refused).toMatchObject({ code: 1, err: `the folder ${join(file, "below")} cannot be made: ENOTDIR\n` });
});

describe("a service in dev mode", { timeout: 60_000 }, () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ dataDir: join(folder, "dev") });
  });
  afterAll(async () => {
    await service.stop();
  });
  const restarted = async (change: () => void = () => undefined) => {
    await service.stop();
    change();
    service = await startService({ dataDir: service.dataDir });
  };

  it("says where it is, that it is no place for real users, and what to try; and no secret", () => {
    const printed = service.output();
    const { grpc, http, upstream, client_secret } = service.dev;
    for (const text of [grpc, http, upstream.issuer, `${http}/.well-known/jwks.json`, "DEV MODE", "npm run demo"])
      expect(printed).toContain(text);
    expect(printed).not.toContain(client_secret);
  });

  it("issues tokens in the name that it publishes, byte for byte", async () => {
    const { dev } = service;
    const answer = await callTrpc(dev, "auth.exchange", { access_token: await devToken(dev) });
    const published = await fetch(`${dev.http}/.well-known/oauth-authorization-server`);
    const { issuer } = (await published.json()) as { issuer: string };
    expect(claimsOf(String(answer["token"]))).toMatchObject({ iss: dev.issuer });
    expect([issuer, dev.issuer]).toEqual([dev.http, dev.http]);
  });

  it("started again, keeps the demo's ids and its secret working, and the tokens of before", async () => {
    const before = service.dev;
    const first = await callTrpc(before, "auth.exchange", { access_token: await devToken(before) });
    await restarted();
    const { client_id, client_secret, tenant_id } = before;
    expect(service.dev).toMatchObject({ client_id, client_secret, tenant_id });
    const moved = { ...before, http: service.dev.http };
    expect(await callTrpc(moved, "auth.refresh", { refresh_token: first["refresh_token"] })).toBeTruthy();
  });

  it("F20: refuses a second process on its data, which says who holds it, and is not disturbed", async () => {
    const second = await runToEnd(["serve", "--dev", ...ports, "--data-dir", service.dataDir]);
    expect(second.code).toBe(1);
    expect(second.err).toMatch(new RegExp(`in use by process ${service.child.pid}, started 20\\d\\d-`));
    expect(second.err.trim().split("\n")).toHaveLength(1);
    expect(await callTrpc(service.dev, "auth.introspect", { token: "x" })).toEqual({ active: false });
  });

  it("N8-07: whatever nobody caught ends the process, with a line in the log", async () => {
    const fault = "data:text/javascript,setTimeout(()=>{throw new Error('nobody caught this')},1500)";
    const words = ["serve", "--dev", ...ports, "--data-dir", join(folder, "fault"), "--log-format", "json"];
    const ended = await runToEnd(words, { NODE_OPTIONS: `--import "${fault}"` });
    expect(ended.code).toBe(70);
    expect(ended.out).toContain("nobody caught this");
  });

  it("refuses an address that is taken in one line that names the key, and ends", async () => {
    const data = join(folder, "taken");
    const words = ["--grpc-address", service.dev.grpc, "--http-address", "127.0.0.1:0", "--data-dir", data];
    const second = await runToEnd(["serve", "--dev", ...words]);
    expect(second).toMatchObject({ code: 1, err: "grpc_address cannot be listened on: EADDRINUSE\n" });
  });

  it("F20: a process that was killed leaves no lock behind", async () => {
    service.child.kill("SIGKILL");
    await restarted();
    expect(await callTrpc(service.dev, "auth.introspect", { token: "x" })).toEqual({ active: false });
  });

  it("answers the health check of containers while it runs, and not afterwards", async () => {
    const check = ["healthcheck", "--dev", "--http-address", new URL(service.dev.http).host];
    expect(await runToEnd(check)).toMatchObject({ code: 0 });
    await service.stop();
    expect(await runToEnd(check)).toMatchObject({ code: 1, err: expect.stringContaining("/readyz") });
    await restarted();
  });

  it("N8-06: with a wrong key-encryption key refuses to start, says so, and changes nothing", async () => {
    const kek = join(service.dataDir, "kek");
    const right = readFileSync(kek);
    const { refresh_token } = await callTrpc(service.dev, "auth.exchange", {
      access_token: await devToken(service.dev),
    });
    await service.stop();
    writeFileSync(kek, `${randomBytes(32).toString("base64")}\n`);
    const before = digestOf(service.dataDir);
    const refused = await runToEnd(["serve", "--dev", ...ports, "--data-dir", service.dataDir]);
    expect(refused.err).toBe("the key encryption key does not fit this store: it opens none of its keys\n");
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(digestOf(service.dataDir)).toBe(before);
    writeFileSync(kek, "too short\n");
    const short = await runToEnd(["serve", "--dev", ...ports, "--data-dir", service.dataDir]);
    expect(short.err).toContain("does not hold 32 bytes");
    await restarted(() => writeFileSync(kek, right));
    expect(await callTrpc(service.dev, "auth.refresh", { refresh_token })).toBeTruthy();
  });

  it("N8-06: without its key-encryption key refuses to start as well, and opens nothing with a new one", async () => {
    const kek = join(service.dataDir, "kek");
    const right = readFileSync(kek);
    await service.stop();
    rmSync(kek);
    const before = digestOf(service.dataDir);
    const refused = await runToEnd(["serve", "--dev", ...ports, "--data-dir", service.dataDir]);
    expect(refused.code).toBe(1);
    expect(digestOf(service.dataDir)).toBe(before);
    await restarted(() => writeFileSync(kek, right));
    expect(await callTrpc(service.dev, "auth.introspect", { token: "x" })).toEqual({ active: false });
  });
});

/** Of every row but the clock's high-water mark, which moves with every opening. */
function digestOf(dataDir: string): string {
  const file = new Sqlite(join(dataDir, "tessera.db"));
  const names = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
  const rows = names.map((name) => file.prepare(`SELECT * FROM "${name}"`).all() as { name?: unknown }[]);
  file.close();
  const kept = rows.flat().filter((row) => row.name !== "clock_high_water");
  return createHash("sha256").update(JSON.stringify(kept)).digest("hex");
}
