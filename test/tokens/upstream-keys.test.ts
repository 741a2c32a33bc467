// The keys of upstream issuers: how often they are asked for, how long they are kept, and which are let in at all.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { createUpstreamKeys, readKeySet, type UpstreamKeys } from "../../src/tokens/upstream-keys.ts";
import {
  answerStatus,
  hang,
  loopback,
  newKey,
  reset,
  send,
  startIssuer,
  type UpstreamIssuer,
} from "../support/upstream-issuer.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

let idp: UpstreamIssuer;
let keys: UpstreamKeys;
let now: number;
let warnings: object[];
const [old, fresh] = [newKey("ES256", "old"), newKey("ES256", "fresh")];

beforeEach(async () => {
  idp = await startIssuer([old]);
  warnings = [];
  keys = createUpstreamKeys({ outbound: loopback(), log: { warn: (fields) => warnings.push(fields) } });
  now = 1_700_000_000_000;
});
afterEach(() => idp.close());

const asking = (signal = new AbortController().signal) => ({ now, signal });

/** The ids found, or the kind of failure. */
async function find(kid: string | undefined, signal?: AbortSignal): Promise<readonly (string | undefined)[] | string> {
  const source = { issuer: idp.issuer, jwksUri: `${idp.issuer}/jwks` };
  return keys.find(source, kid, asking(signal)).then(
    (found) => found.map((key) => key.kid),
    (error: unknown) => (error instanceof Failure ? error.kind : String(error)),
  );
}

/** Lets a fetch that nobody waits for come to its end. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

describe("F11: issuers that rotate", () => {
  it("F11: a new kid costs one fetch and is found at once", async () => {
    expect(await find("old")).toEqual(["old"]);
    idp.keys = [fresh];
    now += 31 * second;
    expect(await find("fresh")).toEqual(["fresh"]);
    expect(idp.counts.jwks).toBe(2);
  });

  it("F11: a removed key verifies for ten minutes and no longer", async () => {
    await find("old");
    idp.keys = [fresh];
    now += 8 * minute - 1;
    expect(await find("old")).toEqual(["old"]);
    expect(idp.counts.jwks).toBe(1);
    now += 2 * minute + 1;
    expect(await find("old")).toEqual([]);
    expect(idp.counts.jwks).toBe(2);
  });

  it("F11: from eight minutes on the set is renewed while it serves", async () => {
    await find("old");
    now += 8 * minute;
    expect(await find("old")).toEqual(["old"]);
    await settled();
    expect(idp.counts.jwks).toBe(2);
  });

  it("F11: a kid used again for another key is the old key until the next fetch", async () => {
    const source = { issuer: idp.issuer, jwksUri: `${idp.issuer}/jwks` };
    const exported = async () => (await keys.find(source, "old", asking()))[0]?.publicKey.export({ format: "jwk" }).x;
    expect(await exported()).toBe(old.jwk.x);
    const reused = newKey("ES256", "old");
    idp.keys = [reused];
    now += minute;
    expect(await exported()).toBe(old.jwk.x);
    now += 10 * minute;
    expect(await exported()).toBe(reused.jwk.x);
  });
});

describe("F12: stampedes", () => {
  it("F12: a thousand cold callers with random kids share one fetch", async () => {
    const kids = Array.from({ length: 1_000 }, (_, at) => (at % 5 === 0 ? "old" : `random-${at}`));
    const found = await Promise.all(kids.map((kid) => find(kid)));
    expect(found.filter((ids) => ids.length === 1)).toHaveLength(200);
    expect(idp.counts.jwks).toBe(1);
  });

  it("F12: random kids buy one fetch per 30 s, and callers with a good one never notice", async () => {
    await find("old");
    for (let at = 0; at < 300; at += 1) {
      now += second;
      expect(await find(`random-${at}`)).toEqual([]);
      expect(await find("old")).toEqual(["old"]);
    }
    expect(idp.counts.jwks).toBe(1 + 300 / 30);
  });

  it("F12: 29,999 ms are not 30 s", async () => {
    await find("old");
    now += 30 * second - 1;
    await find("fresh");
    expect(idp.counts.jwks).toBe(1);
    now += 1;
    await find("fresh");
    expect(idp.counts.jwks).toBe(2);
  });

  it.each([
    ["failures", answerStatus(500)],
    ["empty sets", send('{"keys":[]}')],
    ["sets without a usable key", send(JSON.stringify({ keys: [{ kty: "oct", k: "AAAA", kid: "old" }] }))],
    ["refusals", answerStatus(404)],
  ])("F12: the pause holds after %s too", async (_name, fault) => {
    idp.faults.jwks = fault;
    expect(await Promise.all([find("old"), find("old")])).toEqual(["unavailable", "unavailable"]);
    expect(await find("old")).toBe("unavailable");
    now += 30 * second - 1;
    expect(await find("old")).toBe("unavailable");
    expect(idp.counts.jwks).toBe(1);
    now += 1;
    idp.faults = {};
    expect(await find("old")).toEqual(["old"]);
    expect(idp.counts.jwks).toBe(2);
  });

  it("F12: one fetch is in flight, even when it outlasts the pause", async () => {
    idp.faults.jwks = hang;
    const first = find("old");
    now += minute;
    await Promise.all([first, find("old"), find("random")]);
    expect(idp.counts.jwks).toBe(1);
  });

  it("F12: a clock that goes back fetches nothing", async () => {
    await find("old");
    now -= hour;
    expect(await find("random")).toEqual([]);
    expect(idp.counts.jwks).toBe(1);
  });
});

describe("F09: issuers that are down", () => {
  it.each([
    ["500", answerStatus(500)],
    ["503", answerStatus(503, { "retry-after": "60" })],
    ["reset", reset],
  ])("F09: known keys verify for 24 h under %s, and an unknown one is not called wrong", async (_name, fault) => {
    await find("old");
    idp.faults.jwks = fault;
    now += 11 * minute;
    expect(await find("old")).toEqual(["old"]);
    expect(await find("fresh")).toBe("unavailable");
    now += 24 * hour - 11 * minute - 1;
    expect(await find("old")).toEqual(["old"]);
    now += 1;
    expect(await find("old")).toBe("unavailable");
  });

  it("F09: an issuer that hangs holds up an unknown kid, a known one not at all, old as it may be", async () => {
    await find("old");
    idp.faults.jwks = answerStatus(500);
    now += 9 * minute;
    await find("fresh");
    idp.faults.jwks = hang;
    now += 2 * minute;
    const ended: unknown[] = [];
    await Promise.all(["fresh", "old"].map(async (kid) => ended.push(await find(kid))));
    expect(ended).toEqual([["old"], "unavailable"]);
    expect(idp.counts.jwks).toBe(3);
  });

  it("F09: a caller that leaves takes the fetch away from nobody", async () => {
    const leaving = find("old", AbortSignal.abort());
    const staying = find("old");
    expect(await leaving).toBe("unavailable");
    expect(await staying).toEqual(["old"]);
    expect(idp.counts.jwks).toBe(1);
  });

  it("F09: after five failures the pause grows to five minutes, and one success ends it", async () => {
    idp.faults.jwks = answerStatus(500);
    for (let at = 0; at < 5; at += 1) {
      expect(await find("old")).toBe("unavailable");
      now += 30 * second;
    }
    await find("old");
    expect(idp.counts.jwks).toBe(5);
    now += 5 * minute - 30 * second - 1;
    await find("old");
    expect(idp.counts.jwks).toBe(5);
    idp.faults = {};
    now += 1;
    expect(await find("old")).toEqual(["old"]);
    now += 30 * second;
    await find("fresh");
    expect(idp.counts.jwks).toBe(7);
  });

  it("F09: every failure is told, with the age of what still serves", async () => {
    await find("old");
    idp.faults.jwks = answerStatus(500);
    now += 2 * hour;
    await find("old");
    await find("fresh");
    expect(warnings).toMatchObject([{ issuer: idp.issuer, failures: 1, ageMs: 2 * hour }]);
    expect(JSON.stringify(warnings)).not.toContain("upstream words");
  });
});

describe("F10: garbage", () => {
  const tooMany = { keys: Array.from({ length: 101 }, (_, at) => ({ ...old.jwk, kid: `${at}` })) };
  it.each([
    ["10 MB", "a".repeat(10_000_000)],
    ["101 keys", tooMany],
    ["HTML", "<html>"],
    ["deep JSON", `{"keys":${"[".repeat(50_000)}`],
    ["an empty set", { keys: [] }],
    ["no set", {}],
    ["a list", [old.jwk]],
    ["two keys of one id", { keys: [old.jwk, newKey("ES256", "old").jwk] }],
    ["nothing but private keys", { keys: [{ ...old.jwk, ...old.privateKey.export({ format: "jwk" }) }] }],
  ])("F10: %s is refused and the old set stays", async (_name, answer) => {
    await find("old");
    idp.answers.jwks = answer;
    now += minute;
    expect(await find("fresh")).toBe("unavailable");
    expect(await find("old")).toEqual(["old"]);
    expect(warnings).toHaveLength(1);
  });

  it("F10: 100 keys are a set", () => {
    expect(readKeySet({ keys: tooMany.keys.slice(0, 100) }).keys).toHaveLength(100);
  });
});

describe("discovery", () => {
  const byDiscovery = (issuer: string) =>
    keys.find({ issuer, jwksUri: "" }, "old", asking()).then(
      (found) => found.length,
      (error: unknown) => (error instanceof Failure ? error.kind : String(error)),
    );

  it("leads to the keys and to the endpoints", async () => {
    expect(await byDiscovery(idp.issuer)).toBe(1);
    expect(await keys.discover(idp.issuer, asking())).toEqual({
      jwksUri: `${idp.issuer}/jwks`,
      introspectionEndpoint: `${idp.issuer}/introspect`,
      userinfoEndpoint: `${idp.issuer}/me`,
      authorizationEndpoint: `${idp.issuer}/auth`,
    });
  });

  it.each([
    ["a slash at the end", (issuer: string) => `${issuer}/`],
    ["another scheme", (issuer: string) => issuer.replace("http:", "https:")],
    ["another host", () => "https://evil.example"],
    ["other letters", (issuer: string) => issuer.toUpperCase()],
    ["no issuer", () => undefined],
  ])("N1-19 F10: a document of another issuer (%s) gives no keys", async (_name, change) => {
    idp.answers.discovery = { issuer: change(idp.issuer), jwks_uri: `${idp.issuer}/jwks` };
    expect(await byDiscovery(idp.issuer)).toBe("unavailable");
    expect(idp.counts.jwks).toBe(0);
  });

  it.each(["http://169.254.169.254/latest/meta-data", "http://[::1]/jwks", "file:///etc/passwd", ""])(
    "I-SSRF-01: a document that points to %j gives no keys",
    async (uri) => {
      idp.answers.discovery = { issuer: idp.issuer, jwks_uri: uri };
      expect(await byDiscovery(idp.issuer)).toBe("unavailable");
    },
  );

  it("I-AUD-06: one issuer with another key address is another source", async () => {
    const thief = await startIssuer([newKey("ES256", "stolen")]);
    await keys.find({ issuer: idp.issuer, jwksUri: `${thief.issuer}/jwks` }, "stolen", asking());
    expect(await find("stolen")).toEqual([]);
    expect(idp.counts.jwks).toBe(1);
    await thief.close();
  });
});
