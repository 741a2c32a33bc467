// Every configuration key, once. File keys, TESSERA_* names, flags, `config print` and the documentation derive from it.
import type { z } from "zod";
import {
  address,
  addressRange,
  choice,
  count,
  databaseUrl,
  issuer,
  key32,
  list,
  seconds,
  serviceUrl,
  text,
  yesNo,
} from "./values.ts";

/** What some defaults depend on. */
export type Basis = { dev: boolean; dataDir: string };

export type Key<T> = {
  type: z.ZodType;
  /** The value when nobody gives one. */
  fallback: (basis: Basis) => T;
  /** The default in words, for people. */
  shown: string;
  about: string;
  secret: boolean;
};

const fixed = <T extends string | number | boolean>(type: z.ZodType<T>, value: T, about: string): Key<T> => ({
  type,
  fallback: () => value,
  shown: String(value),
  about,
  secret: false,
});

const derived = <T>(type: z.ZodType<T>, shown: string, fallback: (basis: Basis) => T, about: string): Key<T> => ({
  type,
  fallback,
  shown,
  about,
  secret: false,
});

const optional = <T>(type: z.ZodType<T>, about: string): Key<T | undefined> => ({
  type,
  fallback: () => undefined,
  shown: "",
  about,
  secret: false,
});

const duration = (min: number, max: number, value: number, about: string): Key<number> =>
  fixed(seconds(min, max), value, `${about} In seconds.`);

const day = 86_400;

export const keys = {
  dev: fixed(yesNo, false, "Development mode: a demo tenant and a built-in issuer. Never for real users."),
  data_dir: fixed(text, "./data", "Folder for everything Tessera writes."),
  database_url: derived(
    databaseUrl,
    "sqlite:<data_dir>/tessera.db",
    ({ dataDir }) => `sqlite:${dataDir}/tessera.db`,
    "Where the data lies.",
  ),

  grpc_address: fixed(address, "127.0.0.1:50051", "Where gRPC listens. Port 0 takes a free one."),
  http_address: fixed(address, "127.0.0.1:8080", "Where OAuth, tRPC and the JWKS listen. Port 0 takes a free one."),
  allow_plaintext: fixed(yesNo, false, "Listen without TLS beyond loopback; only behind something that adds TLS."),
  tls_cert_file: optional(text, "Certificate chain, PEM. Read again when it changes."),
  tls_key_file: optional(text, "Private key of the certificate, PEM. Read again when it changes."),
  tls_client_ca_file: optional(text, "Demand client certificates of this authority (mTLS), PEM."),
  tls_client_auth: fixed(choice("grpc", "all"), "grpc", "Which doors demand the client certificate: grpc, or all."),
  max_concurrent_streams: fixed(
    count(1, 10_000),
    100,
    "Most calls at once on one gRPC connection: as it uses them, fewer under overload.",
  ),
  reflection: derived(yesNo, "true in dev mode", ({ dev }) => dev, "Serve gRPC reflection."),
  shutdown_grace: duration(0, 600, 10, "Time for calls under way to finish at shutdown."),

  issuer: optional(
    issuer,
    "The `iss` of every token, byte for byte. In dev mode the HTTP address; needed everywhere else.",
  ),
  kek_file: derived(
    text.optional(),
    "<data_dir>/kek in dev mode",
    ({ dev, dataDir }) => (dev ? `${dataDir}/kek` : undefined),
    "File with the key-encryption key: 32 bytes in base64. Needed outside dev mode.",
  ),
  kek: { ...optional(key32, "The key-encryption key itself. A file is safer."), secret: true },
  key_rotation_interval: duration(60, 3650 * day, 90 * day, "Age at which a signing key is replaced."),
  jwks_max_age: duration(1, day, 300, "How long verifiers may cache the JWKS."),

  access_token_ttl: duration(1, day, 900, "Life of an access token where nothing shorter is set."),
  max_access_token_ttl: duration(1, day, 3600, "Longest life an application or resource may ask for."),
  refresh_retry_window: duration(0, 60, 30, "How long a used refresh token may be retried; 0 is strict."),
  refresh_idle_ttl: duration(1, 365 * day, 7 * day, "A refresh token unused for this long dies."),
  refresh_absolute_ttl: duration(1, 3650 * day, 30 * day, "No refresh token outlives this, used or not."),
  grant_retention: duration(
    0,
    3650 * day,
    7 * day,
    "How long a grant is kept after its end, as the record of its issue.",
  ),

  apply: derived(list(text), "", () => [], "Declaration files applied at start."),
  outbound_allow: derived(
    list(addressRange),
    "127.0.0.0/8,::1/128 in dev mode",
    ({ dev }) => (dev ? ["127.0.0.0/8", "::1/128"] : []),
    "Private address ranges that upstream issuers may live in.",
  ),
  secret_store: fixed(choice("own", "vault"), "own", "Where application secrets are kept."),
  vault_address: optional(serviceUrl, "URL of the Vault server."),
  vault_token_file: optional(text, "File with the Vault token."),
  vault_mount: fixed(text, "kv", "Mount of the KV version 2 engine."),
  vault_namespace: optional(text, "Vault namespace."),

  rate_limit_per_source: fixed(count(1, 1_000_000), 2000, "Calls a second from one address; failures cost more."),
  rate_limit_per_client: fixed(count(1, 1_000_000), 5000, "Calls a second of one application; failures cost more."),
  audit_checkpoint_file: derived(
    text,
    "<data_dir>/audit-checkpoints.jsonl",
    ({ dataDir }) => `${dataDir}/audit-checkpoints.jsonl`,
    "Signed heads of the audit chain. Best on another disk than the database.",
  ),
  log_format: derived(
    choice("json", "pretty"),
    "json; pretty in dev mode",
    ({ dev }) => (dev ? "pretty" : "json"),
    "Form of the log.",
  ),
  log_level: fixed(choice("debug", "info", "warn", "error"), "info", "Least severe message logged."),
  dev_issuer_port: fixed(count(0, 65_535), 0, "Port of the built-in issuer of dev mode, on 127.0.0.1."),
};

export type KeyName = keyof typeof keys;

/** The value of every key, as `config print` shows it. */
export type Values = { [K in KeyName]: (typeof keys)[K] extends Key<infer T> ? T : never };

export const keyNames = Object.keys(keys) as KeyName[];

export const isKey = (name: string): name is KeyName => Object.hasOwn(keys, name);

/** The three spellings of a key: grpc_address, TESSERA_GRPC_ADDRESS, --grpc-address. */
export const environmentName = (name: string): string => `TESSERA_${name.toUpperCase()}`;
export const flagName = (name: string): string => `--${name.replaceAll("_", "-")}`;
