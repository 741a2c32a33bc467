// What the rest of Tessera sees of the configuration: one frozen value, grouped by who needs it.
import { Failure } from "../failure.ts";
import { type Address, isLoopback, parseAddress } from "./address.ts";
import type { Values } from "./keys.ts";

/** Paths of PEM files, and which doors demand a client certificate when an authority for them is named. */
export type TlsSettings = { certFile: string; keyFile: string; clientCaFile?: string; clientAuth: "grpc" | "all" };

/** Where the key-encryption key is. `generate` is true only in dev mode. `reveal` answers 32 bytes. */
export type KekSettings = { kind: "file"; path: string; generate: boolean } | { kind: "value"; reveal(): Uint8Array };

export type SecretStoreSettings =
  | { kind: "own" }
  | { kind: "vault"; address: string; tokenFile: string; mount: string; namespace?: string };

/** Everything Tessera can be told, frozen. Every duration is in whole seconds. */
export type Settings = Readonly<{
  dev: boolean;
  dataDir: string;
  databaseUrl: string;
  /** Absent only in dev mode: then it is `http://` and the HTTP address that was bound. */
  issuer?: string;
  grpc: Readonly<{ address: Address; maxConcurrentStreams: number; reflection: boolean }>;
  http: Readonly<{ address: Address }>;
  allowPlaintext: boolean;
  tls?: Readonly<TlsSettings>;
  kek: Readonly<KekSettings>;
  signingKeys: Readonly<{ rotationInterval: number; jwksMaxAge: number }>;
  accessToken: Readonly<{ ttl: number; maxTtl: number }>;
  refresh: Readonly<{ retryWindow: number; idleTtl: number; absoluteTtl: number }>;
  grantRetention: number;
  apply: readonly string[];
  outboundAllow: readonly string[];
  secretStore: Readonly<SecretStoreSettings>;
  rateLimit: Readonly<{ perSource: number; perClient: number }>;
  auditCheckpointFile: string;
  log: Readonly<{ format: "json" | "pretty"; level: "debug" | "info" | "warn" | "error" }>;
  shutdownGrace: number;
  devIssuerPort: number;
  /** Legal but unwise choices, a sentence each, for the log. */
  warnings: readonly string[];
}>;

/** Groups values that have passed every check. */
export function assemble(values: Values): Settings {
  return freeze({
    dev: values.dev,
    dataDir: values.data_dir,
    databaseUrl: values.database_url,
    ...(values.issuer !== undefined && { issuer: values.issuer }),
    grpc: {
      address: addressOf(values.grpc_address),
      maxConcurrentStreams: values.max_concurrent_streams,
      reflection: values.reflection,
    },
    http: { address: addressOf(values.http_address) },
    allowPlaintext: values.allow_plaintext,
    ...tlsOf(values),
    kek: kekOf(values),
    signingKeys: { rotationInterval: values.key_rotation_interval, jwksMaxAge: values.jwks_max_age },
    accessToken: { ttl: values.access_token_ttl, maxTtl: values.max_access_token_ttl },
    refresh: {
      retryWindow: values.refresh_retry_window,
      idleTtl: values.refresh_idle_ttl,
      absoluteTtl: values.refresh_absolute_ttl,
    },
    grantRetention: values.grant_retention,
    apply: values.apply,
    outboundAllow: values.outbound_allow,
    secretStore: secretStoreOf(values),
    rateLimit: { perSource: values.rate_limit_per_source, perClient: values.rate_limit_per_client },
    auditCheckpointFile: values.audit_checkpoint_file,
    log: { format: values.log_format, level: values.log_level },
    shutdownGrace: values.shutdown_grace,
    devIssuerPort: values.dev_issuer_port,
    warnings: warningsOf(values),
  });
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Failure("internal", "an address that was not checked");
  return address;
}

function tlsOf(values: Values): { tls?: TlsSettings } {
  const { tls_cert_file: certFile, tls_key_file: keyFile, tls_client_ca_file: clientCaFile } = values;
  if (certFile === undefined || keyFile === undefined) return {};
  const clientAuth = values.tls_client_auth;
  return { tls: { certFile, keyFile, clientAuth, ...(clientCaFile !== undefined && { clientCaFile }) } };
}

/** The key is behind a function, so that printing or logging the settings never shows it. */
function kekOf({ dev, kek, kek_file, data_dir }: Values): KekSettings {
  if (kek !== undefined) return { kind: "value", reveal: () => Buffer.from(kek, "base64") };
  return { kind: "file", path: kek_file ?? `${data_dir}/kek`, generate: dev };
}

function secretStoreOf(values: Values): SecretStoreSettings {
  const { vault_address: address, vault_token_file: tokenFile, vault_namespace: namespace } = values;
  if (values.secret_store === "own" || address === undefined || tokenFile === undefined) return { kind: "own" };
  return {
    kind: "vault",
    address,
    tokenFile,
    mount: values.vault_mount,
    ...(namespace !== undefined && { namespace }),
  };
}

function warningsOf(values: Values): string[] {
  const exposed = [values.grpc_address, values.http_address].some((text) => !isLoopback(addressOf(text).host));
  const warnings = [
    values.kek !== undefined && "kek: a key in the environment or on a command line can be read there; prefer kek_file",
    exposed && values.tls_cert_file === undefined && "allow_plaintext: tokens leave this machine without TLS",
    values.dev && exposed && "dev: development mode can be reached from other machines",
    values.max_access_token_ttl > 3600 && "max_access_token_ttl: access tokens may live longer than an hour",
  ];
  return warnings.filter((warning) => warning !== false);
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) freeze(part);
  return Object.freeze(value);
}
