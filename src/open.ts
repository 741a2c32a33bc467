// Opens what the service stands on: key-encryption key, store, keyring, issuers, secrets. No door is open yet.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import type { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import { operatorEvent } from "./audit.ts";
import { type Clock, steadyClock } from "./clock.ts";
import { isLoopback, type KekSettings, type Settings } from "./config.ts";
import { Failure } from "./failure.ts";
import { createMessages } from "./messages/messages.ts";
import type { BootstrapFile, Parts } from "./parts.ts";
import { createPolicyCache } from "./policies.ts";
import { type Random, systemRandom, newId } from "./random.ts";
import { createOwnSecrets } from "./secrets/own.ts";
import type { Secrets } from "./secrets/secrets.ts";
import { createVaultSecrets } from "./secrets/vault.ts";
import { bringTenantsUpToDate } from "./resources/index.ts";
import { openSqliteStore } from "./store/sqlite.ts";
import type { Store } from "./store/store.ts";
import { systemTenantId } from "./system-tenant.ts";
import { createIssuers } from "./tokens/issuers.ts";
import { type KeyRecords, type Keyring, openKeyring } from "./tokens/keyring.ts";
import { createMint } from "./tokens/mint.ts";
import { createOutbound } from "./tokens/outbound.ts";
import { createSignedTokens } from "./tokens/signed-tokens.ts";
import { createVerifier } from "./tokens/verify.ts";
import { createUserPermissions } from "./user-permissions.ts";
import { createValidation } from "./validation.ts";

export type OpenOptions = {
  /** The issuer identifier; known only after the port is, where dev mode takes any port. */
  issuer: string;
  log: Logger;
  /** Hears once when the database file failed: the process has to start anew. */
  onFatal(cause: unknown): void;
  /** The store's writer's thread, where it was launched before. */
  writer?: Worker;
  /** Milliseconds; tests hold it. */
  wall?: () => number;
  random?: Random;
};

export type Opened = { parts: Parts; close(): Promise<void> };

export async function openParts(settings: Settings, options: OpenOptions): Promise<Opened> {
  for (const folder of [settings.dataDir, dirname(settings.auditCheckpointFile)]) makeFolder(folder);
  const databaseFile = settings.databaseUrl.replace(/^sqlite:/, "");
  const kek = readKek(settings.kek, databaseFile);
  const random = options.random ?? systemRandom;
  const { onFatal, writer } = options;
  const store = await openSqliteStore({ path: databaseFile, onFatal, ...(writer && { writer }) });
  const clock = steadyClock(store.highWater, options.wall);
  try {
    const keyring = await openKeyring({
      records: keyRecords(store, clock, random),
      kek,
      clock,
      random,
      jwksMaxAge: settings.signingKeys.jwksMaxAge,
      maxAccessTokenTtl: settings.accessToken.maxTtl,
      rotationInterval: settings.signingKeys.rotationInterval,
    });
    const parts = assemble(settings, { ...options, store, clock, random, keyring });
    await bringTenantsUpToDate(parts);
    return { parts, close: () => closeAll(store, keyring) };
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    const why = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown error";
    throw new Failure("precondition", `the folder ${folder} cannot be made: ${why}`, { cause: thrown });
  }
}

type Base = OpenOptions & { store: Store; clock: Clock; random: Random; keyring: Keyring };

function assemble(settings: Settings, base: Base): Parts {
  const { issuer, log, store, clock, random, keyring } = base;
  const { accessToken, refresh } = settings;
  const ours = { keyring, issuer, signed: createSignedTokens() };
  const outbound = createOutbound({ allow: settings.outboundAllow, allowPlain: settings.dev });
  const policies = createPolicyCache({ store });
  return {
    issuer,
    lifetimes: {
      accessToken: accessToken.ttl,
      accessTokenMaximum: accessToken.maxTtl,
      refreshIdle: refresh.idleTtl,
      refreshAbsolute: refresh.absoluteTtl,
      retryWindow: refresh.retryWindow,
    },
    store,
    policies,
    permissions: createUserPermissions({ store, policies }),
    keyring,
    mint: createMint(ours),
    verify: createVerifier(ours),
    issuers: createIssuers({ outbound, clock, log }),
    messages: createMessages({ outbound }),
    bootstrapFile: bootstrapFileIn(settings.dataDir),
    secrets: openSecrets(settings, { store, keyring, log }),
    clock,
    random,
    validate: createValidation(),
    log,
  };
}

function openSecrets(
  { secretStore, outboundAllow }: Settings,
  { store, keyring, log }: Pick<Parts, "store" | "keyring" | "log">,
): Secrets {
  if (secretStore.kind === "vault") {
    const { address, mount, namespace, tokenFile } = secretStore;
    const token = () => readFileSync(tokenFile, "utf8");
    // An agent on this machine may speak plain HTTP; on any other way the token would be readable.
    const allowPlain = isLoopback(new URL(address).hostname);
    const outbound = createOutbound({ allow: ["127.0.0.0/8", "::1/128", ...outboundAllow], allowPlain });
    return createVaultSecrets({ address, mount, token, outbound, ...(namespace !== undefined && { namespace }) });
  }
  const noted = new Map<string, number>();
  return createOwnSecrets({
    keyring,
    secretsOf: (clientId) => store.instance.secretsOf(clientId),
    touch: (id, now) => {
      // The time of last use is for people: once a minute is enough, and never worth a failed call.
      if (now - (noted.get(id) ?? 0) < 60_000) return;
      noted.set(id, now);
      store
        .write("touchSecret", { id, now })
        .catch((thrown: unknown) => log.warn({ err: thrown }, "last use not noted"));
    },
  });
}

function bootstrapFileIn(dataDir: string): BootstrapFile {
  const path = join(dataDir, "bootstrap-secret.txt");
  const remove = () => rmSync(path, { force: true });
  return {
    path,
    exists: () => existsSync(path),
    write(secret) {
      // Made anew, so that its mode does not depend on what was there.
      remove();
      writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: "wx" });
    },
    remove,
  };
}

/** The keys' rows, each saved set with its audit event. Keys stand above tenants, in the tenant named "system". */
function keyRecords(store: Store, clock: Clock, random: Random): KeyRecords {
  return {
    load: async () => ({
      revision: Number((await store.instance.instanceValue("key_revision")) ?? 0),
      signingKeys: (await store.instance.signingKeys()) as Awaited<ReturnType<KeyRecords["load"]>>["signingKeys"],
      dataKeys: (await store.instance.dataKeys()) as Awaited<ReturnType<KeyRecords["load"]>>["dataKeys"],
    }),
    save: ({ revision, signingKeys, dataKeys, event, by }) => {
      const now = clock.now();
      const facts = { event, subject: "keyring", tenantId: systemTenantId };
      const audit = { ...operatorEvent(now, newId(now, random), facts), ...by };
      return store.write("saveKeys", { revision, signingKeys: [...signingKeys], dataKeys: [...dataKeys], audit });
    },
  };
}

/** Reads the 32 bytes, or makes them where the settings say so and there is no store yet that others would open. */
function readKek(kek: KekSettings, databaseFile: string): Uint8Array {
  if (kek.kind === "value") return kek.reveal();
  if (!existsSync(kek.path)) {
    if (!kek.generate || existsSync(databaseFile))
      throw new Failure("precondition", `there is no key-encryption key at ${kek.path}`);
    writeFileSync(kek.path, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  }
  return decodeKek(readFileSync(kek.path, "utf8"), kek.path);
}

export function decodeKek(text: string, path: string): Uint8Array {
  const bytes = Buffer.from(text.trim(), "base64");
  if (bytes.length !== 32) throw new Failure("precondition", `${path} does not hold 32 bytes in base64`);
  return bytes;
}

async function closeAll(store: Store, keyring: Keyring): Promise<void> {
  await store.close();
  keyring.close();
}
