// What each setting takes and refuses, and what settings must hold to each other.
import { describe, expect, it } from "vitest";
import { loadSettings, printSettings } from "../../src/config.ts";
import { environmentName } from "../../src/config/keys.ts";
import { Failure } from "../../src/failure.ts";
import { file, kek, production, refusal, sources } from "../support/settings.ts";

describe("what is wrong", () => {
  it.each([
    ["access_token_ttl", "15m"],
    ["access_token_ttl", "0"],
    ["access_token_ttl", "-1"],
    ["access_token_ttl", "1.5"],
    ["access_token_ttl", "86401"],
    ["max_access_token_ttl", "86401"],
    ["refresh_retry_window", "61"],
    ["max_concurrent_streams", "0"],
    ["grpc_address", "50051"],
    ["grpc_address", "127.0.0.1:65536"],
    ["http_address", "http://127.0.0.1:80"],
    ["http_address", "[127.0.0.1]:80"],
    ["allow_plaintext", "yes"],
    ["log_format", "xml"],
    ["secret_store", "aws"],
    ["outbound_allow", "10.0.0.0"],
    ["outbound_allow", "10.0.0.0/33"],
    ["outbound_allow", "localhost/8"],
    ["kek", "c2hvcnQ="],
    ["database_url", "mysql://db"],
    ["database_url", "postgres-db"],
    ["database_url", "sqlite:"],
    ["vault_address", "http://vault.example.test"],
  ])("%s refuses %s, naming the key and the source but not the value", (key, value) => {
    const [line = "", ...more] = refusal(
      production({ TESSERA_KEK_FILE: "", TESSERA_KEK: kek, [environmentName(key)]: value }),
    );
    expect(more).toEqual([]);
    expect(line.startsWith(`${key} (environment ${environmentName(key)}): must`)).toBe(true);
    expect(line).not.toContain(` ${value} `);
  });

  it.each([
    ["access_token_ttl", "1"],
    ["database_url", "sqlite:x"],
    ["refresh_retry_window", "60"],
    ["refresh_retry_window", "0"],
    ["grpc_address", "[::1]:0"],
    ["http_address", "localhost:65535"],
    ["outbound_allow", "10.0.0.0/32"],
    ["vault_address", "http://127.0.0.1:8200"],
    ["log_format", "pretty"],
  ])("%s takes %s", (key, value) => {
    expect(refusal(production({ [environmentName(key)]: value }))).toEqual([]);
  });

  it("a unit in a duration is answered with what to write instead", () => {
    expect(refusal(file("access_token_ttl: 15m"))).toEqual([
      "access_token_ttl (file t.yaml): must be a whole number of seconds without a unit (900, not 15m), from 1 to 86400",
    ]);
  });

  it("PostgreSQL is refused in so many words, without the URL's password", () => {
    const [line] = refusal(production({ TESSERA_DATABASE_URL: "postgres://me:hunter2@db/tessera" }));
    expect(line).toBe(
      "database_url (environment TESSERA_DATABASE_URL): PostgreSQL is not available yet; use sqlite:<path>",
    );
  });

  it("every problem is told at once", () => {
    const env = { TESSERA_LOG_LEVEL: "loud", TESSERA_BOGUS: "1", TESSERA_ACCESS_TOKEN_TTL: "15m" };
    const told = refusal(sources({ env })).map((line) => line.split(/[ :]/)[0]);
    expect(new Set(told)).toEqual(new Set(["TESSERA_BOGUS", "access_token_ttl", "issuer", "kek_file", "log_level"]));
  });

  it("the refusal is a Failure with a violation for each key", () => {
    const attempt = () => loadSettings(file("log_level: loud"));
    expect(attempt).toThrow(Failure);
    expect(attempt).toThrow(expect.objectContaining({ violations: [expect.objectContaining({ field: "log_level" })] }));
  });
});

describe("the issuer", () => {
  const lines = (issuer: string) => refusal(production({ TESSERA_ISSUER: issuer }));

  it.each([
    "https://auth.example.test",
    "https://auth.example.test/a/b",
    "https://auth.example.test:8443",
    "http://127.0.0.1:8080",
    "http://[::1]:8080",
    "http://localhost",
  ])("N7-16: %s is taken byte for byte", (issuer) => {
    expect(loadSettings(production({ TESSERA_ISSUER: issuer })).issuer).toBe(issuer);
  });

  it.each([
    "auth.example.test",
    "http://auth.example.test",
    "http://127.0.0.1.example.test",
    "ftp://auth.example.test",
    "https://auth.example.test?",
    "https://auth.example.test/#",
    "https://auth.example.test/?a=b",
    "https://me:pw@auth.example.test",
    "https://AUTH.example.test",
    "https://auth.example.test:443",
    "https://auth.example.test/a/../b",
    " https://auth.example.test",
  ])("N7-16: %s is refused", (issuer) => {
    expect(lines(issuer)).toEqual([
      expect.stringContaining("issuer (environment TESSERA_ISSUER): must be an https URL"),
    ]);
  });

  it("is needed outside dev mode", () => {
    expect(lines("")).toEqual(["issuer: is needed outside dev mode"]);
  });
});

describe("listening in the clear", () => {
  const beyond = [
    "0.0.0.0:1",
    "[::]:1",
    "192.0.2.1:1",
    "example.test:1",
    "[::ffff:127.0.0.1]:1",
    "127.1:1",
    "128.0.0.1:1",
  ];

  it.each(beyond)("N7-01: %s without TLS is refused, on either door", (address) => {
    const says = "is not loopback: give tls_cert_file and tls_key_file, or set allow_plaintext";
    expect(refusal(production({ TESSERA_GRPC_ADDRESS: address }))).toEqual([
      `grpc_address (environment TESSERA_GRPC_ADDRESS): ${says}`,
    ]);
    expect(refusal(production({ TESSERA_HTTP_ADDRESS: address }))).toEqual([
      `http_address (environment TESSERA_HTTP_ADDRESS): ${says}`,
    ]);
  });

  it("N7-01: dev mode is no exception", () => {
    expect(refusal(sources({ flags: { dev: true, "grpc-address": "0.0.0.0:1" } }))).toHaveLength(1);
  });

  it.each(["127.0.0.1:1", "127.8.9.1:1", "[::1]:1", "localhost:1"])("N7-01: %s needs no TLS", (address) => {
    expect(refusal(production({ TESSERA_GRPC_ADDRESS: address }))).toEqual([]);
  });

  it("N7-01: the explicit flag allows it, and is warned about", () => {
    const settings = loadSettings(production({ TESSERA_GRPC_ADDRESS: "0.0.0.0:1", TESSERA_ALLOW_PLAINTEXT: "true" }));
    expect(settings.warnings).toEqual([expect.stringContaining("without TLS")]);
  });

  it("N7-01: TLS allows it without a warning", () => {
    const tls = { TESSERA_TLS_CERT_FILE: "/c", TESSERA_TLS_KEY_FILE: "/k", TESSERA_TLS_CLIENT_CA_FILE: "/ca" };
    const settings = loadSettings(production({ TESSERA_GRPC_ADDRESS: "0.0.0.0:1", ...tls }));
    expect(settings.tls).toEqual({ certFile: "/c", keyFile: "/k", clientCaFile: "/ca", clientAuth: "grpc" });
    expect(settings.warnings).toEqual([]);
  });
});

describe("settings that belong together", () => {
  it.each([
    [{ TESSERA_TLS_CERT_FILE: "/c" }, "tls_key_file: belongs to tls_cert_file"],
    [{ TESSERA_TLS_KEY_FILE: "/k" }, "tls_cert_file: belongs to tls_key_file"],
    [{ TESSERA_TLS_CLIENT_CA_FILE: "/ca" }, "needs tls_cert_file and tls_key_file"],
    [{ TESSERA_ACCESS_TOKEN_TTL: "3601" }, "must not be longer than max_access_token_ttl"],
    [{ TESSERA_REFRESH_IDLE_TTL: "2592001" }, "must not be longer than refresh_absolute_ttl"],
    [{ TESSERA_KEY_ROTATION_INTERVAL: "599" }, "must be at least twice jwks_max_age"],
    [{ TESSERA_SECRET_STORE: "vault", TESSERA_VAULT_TOKEN_FILE: "/t" }, "vault_address: is needed for vault"],
    [{ TESSERA_SECRET_STORE: "vault", TESSERA_VAULT_ADDRESS: "https://v" }, "vault_token_file: is needed for vault"],
  ])("%j is refused", (env, says) => {
    expect(refusal(production(env))).toEqual([expect.stringContaining(says)]);
  });

  it.each([
    { TESSERA_ACCESS_TOKEN_TTL: "3600" },
    { TESSERA_ACCESS_TOKEN_TTL: "86400", TESSERA_MAX_ACCESS_TOKEN_TTL: "86400" },
    { TESSERA_REFRESH_IDLE_TTL: "2592000" },
    { TESSERA_KEY_ROTATION_INTERVAL: "600" },
  ])("%j is taken", (env) => {
    expect(refusal(production(env))).toEqual([]);
  });

  it("Vault is configured as one thing", () => {
    const env = { TESSERA_SECRET_STORE: "vault", TESSERA_VAULT_ADDRESS: "https://v", TESSERA_VAULT_TOKEN_FILE: "/t" };
    expect(loadSettings(production({ ...env, TESSERA_VAULT_NAMESPACE: "n" })).secretStore).toEqual({
      kind: "vault",
      address: "https://v",
      tokenFile: "/t",
      mount: "kv",
      namespace: "n",
    });
  });
});

describe("the key-encryption key", () => {
  it("N8-06: is needed outside dev mode", () => {
    expect(refusal(production({ TESSERA_KEK_FILE: "" }))).toEqual(["kek_file: is needed outside dev mode"]);
  });

  it("is not taken twice", () => {
    expect(refusal(production({ TESSERA_KEK: kek }))).toEqual([expect.stringContaining("together with kek_file")]);
  });

  it("N8-03: from the environment works, with a warning, and is not seen in the printed or logged settings", () => {
    const wanted = production({ TESSERA_KEK_FILE: "", TESSERA_KEK: kek });
    const settings = loadSettings(wanted);
    expect(settings.warnings).toEqual([expect.stringContaining("prefer kek_file")]);
    expect(settings.kek.kind === "value" && Buffer.from(settings.kek.reveal()).toString("base64")).toBe(kek);
    expect(JSON.stringify(settings)).not.toContain(kek);
    expect(printSettings(wanted)).not.toContain(kek);
    expect(printSettings(wanted)).toContain('kek: "********"  # environment TESSERA_KEK');
  });
});
