// A whole service in this process: real store, real keys, real doors on loopback, an upstream issuer, and two tenants
// that are alike but for their names. Time can be moved; everything else is as in production.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, createApp } from "../../src/app.ts";
import { loadSettings } from "../../src/config.ts";
import { type Opened, openParts } from "../../src/open.ts";
import type { Parts } from "../../src/parts.ts";
import { newId, systemRandom } from "../../src/random.ts";
import { applyDeclaration, readDeclarations, readDocuments } from "../../src/resources/index.ts";
import { createLog } from "../../src/telemetry.ts";
import { type Declared, declare } from "./fixture.ts";
import { claimsAt, newKey, signToken, startIssuer, type TestKey, type UpstreamIssuer } from "./upstream-issuer.ts";

export type Credential = { basic: [id: string, secret: string]; origin?: string } | { bearer: string } | "none";

export type Fixture = {
  id: string;
  /** The declaration in force; change it and apply it again. */
  declared: ReturnType<typeof declare>;
  /** Ids by "type name", for example "application backend". */
  ids: ReadonlyMap<string, string>;
  /** By application (the last one made), and by "application / name". */
  secrets: Map<string, string>;
  /** HTTP Basic of a confidential application. */
  as(application: string): Credential;
  apply(change?: (declared: ReturnType<typeof declare>) => void, options?: { prune?: boolean }): Promise<void>;
};

export type World = {
  parts: Parts;
  app: App;
  grpc: string;
  http: string;
  red: Fixture;
  blue: Fixture;
  /** One more tenant like these two. */
  tenant(name: string): Promise<Fixture>;
  upstream: UpstreamIssuer;
  /** The folder of the service, and the key-encryption key it was given. */
  dataDir: string;
  kek: string;
  /** An ES256 token of the upstream issuer for a user of a tenant; claims can be changed or, as undefined, left out. */
  token(tenant: Fixture, username: string, claims?: Record<string, unknown>, header?: Record<string, unknown>): string;
  /** Moves the clock of the service. */
  advance(ms: number): void;
  /** Stops the clock, an hour ahead: from now on only `advance` moves it. */
  hold(): void;
  now(): number;
  /** All log lines so far. */
  log(): string;
  restart(): Promise<void>;
  close(): Promise<void>;
};

export type WorldOptions = { flags?: Record<string, string | boolean> };

export async function createWorld({ flags = {} }: WorldOptions = {}): Promise<World> {
  const dataDir = mkdtempSync(join(tmpdir(), "tessera-world-"));
  const kek = randomBytes(32).toString("base64");
  const upstream = await startIssuer([newKey("ES256")]);
  const settings = loadSettings({
    flags: {
      "data-dir": dataDir,
      issuer: "http://127.0.0.1:8080",
      "grpc-address": "127.0.0.1:0",
      "http-address": "127.0.0.1:0",
      "rate-limit-per-source": "100000",
      "rate-limit-per-client": "100000",
      "outbound-allow": "127.0.0.0/8",
      dev: true,
      ...flags,
    },
    env: { TESSERA_KEK: kek },
    readFile: () => "",
  });
  let offset = 0;
  let held: number | undefined;
  const now = () => held ?? Date.now() + offset;
  let logged = "";
  const log = createLog({ format: "json", level: "debug", destination: { write: (line: string) => (logged += line) } });
  const start = async () => {
    const opened = await openParts(settings, {
      issuer: settings.issuer ?? "",
      log,
      onFatal: (cause) => log.fatal({ err: cause }, "fatal"),
      wall: now,
    });
    return { opened, app: await createApp(settings, opened.parts) };
  };
  let running: { opened: Opened; app: App } = await start();
  const stop = async () => {
    await running.app.stop(1000);
    await running.opened.close();
  };
  const parts = () => running.opened.parts;
  const fixtures = {
    red: await fixture(parts, "red", upstream.issuer),
    blue: await fixture(parts, "blue", upstream.issuer),
  };

  return {
    get parts() {
      return parts();
    },
    get app() {
      return running.app;
    },
    get grpc() {
      return `127.0.0.1:${running.app.grpcPort}`;
    },
    get http() {
      return `http://127.0.0.1:${running.app.httpPort}`;
    },
    ...fixtures,
    tenant: (name) => fixture(parts, name, upstream.issuer),
    upstream,
    dataDir,
    kek,
    token: (tenant, username, claims, header) =>
      signToken(upstream.keys[0] as TestKey, tokenClaims(now(), upstream.issuer, tenant, username, claims), header),
    advance: (ms) => {
      if (held === undefined) offset += ms;
      else held += ms;
    },
    // Ahead, because deadlines count from this clock and the writer compares them with the machine's.
    hold: () => {
      held = now() + 3_600_000;
    },
    now,
    log: () => logged,
    restart: async () => {
      await stop();
      running = await start();
    },
    close: async () => {
      await stop();
      await upstream.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const tokenClaims = (
  now: number,
  issuer: string,
  tenant: Fixture,
  username: string,
  claims: Record<string, unknown> = {},
) => claimsAt(now, issuer, { sub: `${username}-at-idp`, aud: tenant.declared.tenant.name, ...claims });

async function fixture(parts: () => Parts, name: string, issuer: string): Promise<Fixture> {
  const declared = declare(name, issuer);
  const ids = new Map<string, string>();
  const secrets = new Map<string, string>();
  const made: Fixture = {
    id: "",
    declared,
    ids,
    secrets,
    as(application) {
      return { basic: [ids.get(`application ${application}`) ?? "", secrets.get(application) ?? ""] };
    },
    async apply(change, options = {}) {
      change?.(declared);
      const applied = await applyText(parts(), declared, options.prune ?? false);
      made.id = applied.tenantId;
      for (const { type, name: unique, id, secret } of applied.changes) {
        ids.set(`${type} ${unique}`, id);
        if (secret === undefined) continue;
        const [owner = ""] = unique.split(" / ");
        secrets.set(owner, secret).set(unique, secret);
      }
    },
  };
  await made.apply();
  return made;
}

async function applyText(parts: Parts, declared: Declared, prune: boolean) {
  const [declaration] = readDeclarations(readDocuments({ name: "test.json", text: JSON.stringify(declared) }));
  if (declaration === undefined) throw new Error("nothing declared");
  const now = parts.clock.now();
  return applyDeclaration(parts, declaration, { now, requestId: newId(now, systemRandom), prune });
}
