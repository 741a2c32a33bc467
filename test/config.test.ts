// The configuration from its three sources: what wins, what nobody knows, and what is printed.
import { describe, expect, it } from "vitest";
import { configurationTable, loadSettings, printSettings, SettingsError } from "../src/config.ts";
import { environmentName, flagName, keyNames } from "../src/config/keys.ts";
import { dev, file, kek, production, refusal, sources } from "./support/settings.ts";

describe("defaults", () => {
  it("dev mode needs nothing at all", () => {
    expect(dev()).toMatchObject({
      dev: true,
      dataDir: "./data",
      databaseUrl: "sqlite:./data/tessera.db",
      grpc: { address: { host: "127.0.0.1", port: 50_051 }, reflection: true, maxConcurrentStreams: 100 },
      http: { address: { host: "127.0.0.1", port: 8080 } },
      kek: { kind: "file", path: "./data/kek", generate: true },
      outboundAllow: ["127.0.0.0/8", "::1/128"],
      accessToken: { ttl: 900, maxTtl: 3600 },
      refresh: { retryWindow: 30, idleTtl: 604_800, absoluteTtl: 2_592_000 },
      signingKeys: { rotationInterval: 7_776_000, jwksMaxAge: 300 },
      secretStore: { kind: "own" },
      auditCheckpointFile: "./data/audit-checkpoints.jsonl",
      log: { format: "pretty", level: "info" },
      warnings: [],
    });
    expect(dev()).not.toHaveProperty("issuer");
    expect(dev()).not.toHaveProperty("tls");
  });

  it("outside dev mode nothing is generated, reflected or reached on private networks", () => {
    expect(loadSettings(production())).toMatchObject({
      dev: false,
      issuer: "https://auth.example.test",
      grpc: { reflection: false },
      kek: { kind: "file", path: "/run/kek", generate: false },
      outboundAllow: [],
      log: { format: "json" },
    });
  });

  it("files lie in the data folder, wherever it is", () => {
    expect(dev({ flags: { "data-dir": "/var/lib/tessera/" } })).toMatchObject({
      databaseUrl: "sqlite:/var/lib/tessera/tessera.db",
      kek: { path: "/var/lib/tessera/kek" },
    });
  });

  it("settings are frozen to the bottom", () => {
    const { grpc, apply } = dev();
    expect(Object.isFrozen(grpc.address) && Object.isFrozen(apply)).toBe(true);
  });
});

describe("sources", () => {
  const files = { "t.yaml": "log_level: debug\nshutdown_grace: 1\njwks_max_age: 1\n" };
  const env = { TESSERA_SHUTDOWN_GRACE: "2", TESSERA_JWKS_MAX_AGE: "2" };

  it("a flag wins over the environment, that over the file, that over the default", () => {
    const settings = dev({ files, env, flags: { config: "t.yaml", "jwks-max-age": "3" } });
    expect(settings.log.level).toBe("debug");
    expect(settings.shutdownGrace).toBe(2);
    expect(settings.signingKeys.jwksMaxAge).toBe(3);
  });

  it("the file may be JSON, and may be named by the environment", () => {
    const parts = {
      env: { TESSERA_CONFIG: "t.json" },
      files: { "t.json": '{"apply": ["a.yaml"], "reflection": false}' },
    };
    expect(dev(parts)).toMatchObject({ apply: ["a.yaml"], grpc: { reflection: false } });
  });

  it("an empty file and an empty variable say nothing", () => {
    const settings = dev({ files: { "t.yaml": "" }, env: { TESSERA_LOG_LEVEL: "" }, flags: { config: "t.yaml" } });
    expect(settings.log.level).toBe("info");
  });

  it("lists are words with commas outside the file", () => {
    const settings = dev({
      env: { TESSERA_OUTBOUND_ALLOW: "10.0.0.0/8, fd00::/8" },
      flags: { apply: "a.yaml,b.yaml" },
    });
    expect(settings.outboundAllow).toEqual(["10.0.0.0/8", "fd00::/8"]);
    expect(settings.apply).toEqual(["a.yaml", "b.yaml"]);
  });

  it("every key has a variable and a flag that is understood", () => {
    const given = { log_level: "warn", dev: "true", kek_file: "/k", vault_mount: "m", allow_plaintext: "true" };
    for (const [name, value] of Object.entries(given)) {
      const [variable, flag] = [environmentName(name), flagName(name).slice(2)];
      expect(printSettings(sources({ env: { TESSERA_DEV: "true", [variable]: value } }))).toContain(
        `  # environment ${variable}`,
      );
      expect(printSettings(sources({ env: { TESSERA_DEV: "true" }, flags: { [flag]: value } }))).toContain(
        `  # flag --${flag}`,
      );
    }
  });
});

describe("what nobody knows", () => {
  it("an unknown key of the file is refused with the nearest known one", () => {
    expect(refusal(file("grpc_adress: 127.0.0.1:0"))).toEqual([
      "grpc_adress (file t.yaml): unknown key; did you mean grpc_address?",
    ]);
  });

  it("an unknown variable is refused with the nearest known one", () => {
    expect(refusal(sources({ flags: { dev: true }, env: { TESSERA_DATADIR: "/x" } }))).toEqual([
      "TESSERA_DATADIR (environment): unknown; did you mean TESSERA_DATA_DIR?",
    ]);
  });

  it("an unknown flag is refused, whichever way it is spelt wrong", () => {
    expect(refusal(sources({ flags: { dev: true, "log-levle": "info" } }))).toEqual([
      "--log-levle (flag): unknown; did you mean --log-level?",
    ]);
    expect(refusal(sources({ flags: { dev: true, log_level: "info" } }))).toHaveLength(1);
  });

  it("no guess is made where nothing is near", () => {
    expect(refusal(file("colour_of_the_sky: blue"))).toEqual(["colour_of_the_sky (file t.yaml): unknown key"]);
  });

  it("variables of others, and those Kubernetes makes for a service named tessera, are left alone", () => {
    const env = {
      PATH: "/bin",
      TESSERA_SERVICE_HOST: "10.0.0.1",
      TESSERA_SERVICE_PORT_GRPC: "50051",
      TESSERA_PORT: "tcp://10.0.0.1:50051",
      TESSERA_PORT_50051_TCP_ADDR: "10.0.0.1",
      TESSERA_TEST_POSTGRES_URL: "x",
    };
    expect(dev({ env }).dev).toBe(true);
  });
});

describe("a file that is wrong as a whole", () => {
  it.each([
    ["broken YAML", "a: [", "neither YAML nor JSON at line"],
    ["a key twice", "dev: true\ndev: false", "neither YAML nor JSON at line 2"],
    ["a list", "- a", "must hold keys and values"],
    ["a word", "hello", "must hold keys and values"],
  ])("%s is refused", (_name, content, says) => {
    const [line] = refusal(file(content));
    expect(line).toContain(`config (file t.yaml): ${says}`);
  });

  it("a missing file is refused", () => {
    expect(refusal(sources({ flags: { dev: true, config: "absent.yaml" } }))).toEqual([
      "config (file absent.yaml): the file cannot be read",
    ]);
  });

  it("a syntax error does not quote the line", () => {
    expect(refusal(file(`kek: "${kek}`)).join()).not.toContain(kek.slice(0, 10));
  });
});

describe("what is printed", () => {
  it("can be read back, with every key on a line of its own", () => {
    const wanted = sources({ flags: { dev: true, apply: "a.yaml,b.yaml", "log-level": "warn" } });
    const printed = printSettings(wanted);
    expect(printed.trimEnd().split("\n")).toHaveLength(keyNames.length);
    const readBack = sources({ flags: { config: "t.yaml" }, files: { "t.yaml": printed } });
    expect(loadSettings(readBack)).toEqual(loadSettings(wanted));
  });

  it("refuses what a start would refuse", () => {
    expect(() => printSettings(file("log_level: loud"))).toThrow(SettingsError);
  });

  it("the table for the README has a row for every key in its three spellings", () => {
    const rows = configurationTable().trimEnd().split("\n").slice(2);
    expect(rows).toHaveLength(keyNames.length);
    expect(rows.find((row) => row.startsWith("| `grpc_address` "))).toContain(
      "`TESSERA_GRPC_ADDRESS` | `--grpc-address` | `127.0.0.1:50051` |",
    );
  });
});
