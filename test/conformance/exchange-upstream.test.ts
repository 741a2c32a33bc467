// Upstream tokens that Exchange must not believe, each beside one that it believes, and issuers that are down.
import { createHmac, createPublicKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { badToken, claimsOf, everywhere, invalidClient, seen, unavailable } from "../support/tokens.ts";
import { answerStatus, encode, newKey, reset, send, signToken } from "../support/upstream-issuer.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const ask = (token: string) => everywhere(world, "exchange", { access_token: token }, world.red.as("backend"));
const key = () => {
  const [first] = world.upstream.keys;
  if (first === undefined) throw new Error("the issuer has no key");
  return first;
};
const seconds = () => Math.floor(world.now() / 1000);

describe("an issuer that is down", () => {
  it.each([
    ["answers 500", answerStatus(500)],
    ["answers 503", answerStatus(503, { "retry-after": "5" })],
    ["cuts the connection", reset],
    ["sends a page", send("<html>upstream words</html>", "text/html")],
  ])("F09: that %s is 'unavailable', never a refusal of the token, and its words go nowhere", async (_what, fault) => {
    world.upstream.faults = { jwks: fault, discovery: fault };
    const access_token = world.token(world.red, "ada");
    expect(await ask(access_token)).toEqual(unavailable);
    const answers = await seen(world, "exchange", { access_token }, world.red.as("backend"));
    expect(answers.join()).not.toContain("upstream words");
    expect(world.log()).not.toContain("upstream words");
    world.upstream.faults = {};
    world.advance(31_000);
  });

  it("F09: is asked again after the pause, and then the token is good", async () => {
    expect(await ask(world.token(world.red, "ada"))).toMatchObject({ ok: true });
  });
});

describe("claims", () => {
  it.each<[string, boolean, () => Record<string, unknown>]>([
    ["N1-19: of the issuer", true, () => ({})],
    ["N1-19: of the issuer with a slash more", false, () => ({ iss: `${world.upstream.issuer}/` })],
    ["N1-19: of the issuer in capitals", false, () => ({ iss: world.upstream.issuer.toUpperCase() })],
    ["N1-19: of another issuer", false, () => ({ iss: "https://idp.example.test" })],
    ["N1-19: of no issuer", false, () => ({ iss: undefined })],
    ["N1-21: for our audience", true, () => ({ aud: "red" })],
    ["N1-21: for our audience in a list", true, () => ({ aud: ["red"] })],
    ["N1-21 I-AUD-01: for another audience", false, () => ({ aud: "someone-else" })],
    ["N1-21: for the other tenant's audience", false, () => ({ aud: "blue" })],
    ["N1-21: for an audience that begins like ours", false, () => ({ aud: "red " })],
    ["N1-21: for no audience", false, () => ({ aud: undefined })],
    ["N1-21: for an empty list", false, () => ({ aud: [] })],
    ["N1-21: for a list with a number", false, () => ({ aud: ["red", 1] })],
    ["N1-22: for several audiences, made for us", true, () => ({ aud: ["red", "x"], azp: "red" })],
    ["N1-22: for several audiences, made for another", false, () => ({ aud: ["red", "x"], azp: "x" })],
    ["N1-22: for several audiences, made for nobody known", false, () => ({ aud: ["red", "x"] })],
    ["N1-17: expired within the leeway", true, () => ({ iat: seconds() - 600, exp: seconds() - 15 })],
    ["N1-17: expired", false, () => ({ iat: seconds() - 600, exp: seconds() - 31 })],
    ["N1-17: without end", false, () => ({ exp: undefined })],
    ["N1-17: whose end is text", false, () => ({ exp: String(seconds() + 60) })],
    ["N1-17: whose end is in milliseconds", false, () => ({ exp: world.now() })],
    ["N1-18: valid soon, within the leeway", true, () => ({ nbf: seconds() + 15 })],
    ["N1-18: valid later", false, () => ({ nbf: seconds() + 60 })],
    ["N1-18: issued later", false, () => ({ iat: seconds() + 60 })],
    ["N1-18: for a day", true, () => ({ iat: seconds(), exp: seconds() + 86_400 })],
    ["N1-18: for longer than a day", false, () => ({ iat: seconds(), exp: seconds() + 86_401 })],
    ["N1-30: of nobody", false, () => ({ sub: undefined })],
    ["N1-30: of an empty subject", false, () => ({ sub: "" })],
    ["N1-30: of an unknown subject", false, () => ({ sub: "stranger" })],
    [
      "N1-31: of a stranger with ada's e-mail",
      false,
      () => ({ sub: "x", email: "ada@example.test", email_verified: true }),
    ],
    ["N1-31: of a stranger with ada's user name", false, () => ({ sub: "x", preferred_username: "ada" })],
    ["I-ID-03: of ada in capitals", false, () => ({ sub: "ADA-at-idp" })],
    ["N3-18: bound to a key", false, () => ({ cnf: { jkt: "x" } })],
    ["N1-24: with an event, as a logout token has", false, () => ({ events: {} })],
    ["N1-24: marked as a refresh token", false, () => ({ typ: "Refresh" })],
  ])("%s", async (_name, accepted, claims) => {
    const outcome = await ask(world.token(world.red, "ada", claims()));
    if (!accepted) return expect(outcome).toEqual(badToken);
    expect(outcome).toMatchObject({ ok: true, answer: { user: { username: "ada" } } });
  });
});

describe("the form and the signature", () => {
  const good = () => world.token(world.red, "ada");
  const parts = () => good().split(".") as [string, string, string];
  const unsigned = (header: object) => `${encode(JSON.stringify(header))}.${parts()[1]}.`;
  const hmac = (secret: string | Buffer) => {
    const input = `${encode(JSON.stringify({ alg: "HS256", typ: "JWT", kid: key().kid }))}.${parts()[1]}`;
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  };
  const withHeader = (header: Record<string, unknown>) => world.token(world.red, "ada", {}, header);
  it.each<[string, boolean, () => string]>([
    ["signed as it should", true, good],
    ["N1-08: without a kid, where only one key fits", true, () => withHeader({ kid: undefined })],
    ["N1-01: alg none", false, () => unsigned({ alg: "none" })],
    ["N1-01: alg nOnE", false, () => unsigned({ alg: "nOnE" })],
    ["N1-01: alg none above a good signature", false, () => withHeader({ alg: "none" })],
    [
      "N1-02: HS256 with the public key as PEM",
      false,
      () => hmac(createPublicKey(key().privateKey).export({ format: "pem", type: "spki" })),
    ],
    ["N1-02: HS256 with the public key as JWK", false, () => hmac(JSON.stringify(key().jwk))],
    ["N1-03: an algorithm that is not the connector's", false, () => withHeader({ alg: "ES384" })],
    ["N1-07: an unknown kid", false, () => withHeader({ kid: "unknown" })],
    ["N1-07: a kid that is a path", false, () => withHeader({ kid: "../../etc/passwd" })],
    ["N1-07: a kid that is a list", false, () => withHeader({ kid: [key().kid] })],
    [
      "N1-04: a stranger's key under the issuer's kid",
      false,
      () => signToken(newKey("ES256", key().kid), claimsOf(good())),
    ],
    [
      "N1-06: the stranger's key enclosed",
      false,
      () => {
        const own = newKey("ES256");
        return signToken(own, claimsOf(good()), { jwk: own.jwk, jku: `${world.upstream.issuer}/elsewhere` });
      },
    ],
    ["N1-09: an unknown critical header", false, () => withHeader({ crit: ["x"], x: 1 })],
    ["N1-25: typ at+jwt without what RFC 9068 asks for", true, () => withHeader({ typ: "at+jwt" })],
    ["N1-25: typ logout+jwt", false, () => withHeader({ typ: "logout+jwt" })],
    ["N1-25: typ dpop+jwt", false, () => withHeader({ typ: "dpop+jwt" })],
    [
      "N1-15: a claim twice",
      false,
      () => {
        const text = JSON.stringify(claimsOf(good()));
        return signToken(key(), text.replace("{", '{"sub":"ben-at-idp",'));
      },
    ],
    ["N1-11: a space at the end", false, () => `${good()} `],
    ["N1-11: padding", false, () => `${good()}=`],
    ["N1-11: two segments", false, () => parts().slice(0, 2).join(".")],
    ["N1-11: four segments", false, () => `${good()}.x`],
    [
      "N1-12: another payload under the signature",
      false,
      () => {
        const [head, , signature] = parts();
        return `${head}.${encode(JSON.stringify({ ...claimsOf(good()), sub: "ben-at-idp" }))}.${signature}`;
      },
    ],
    ["garbage", false, () => "garbage"],
    ["an own refresh token's form", false, () => "rt_000000000000000000000.0.x"],
    ["N1-29: 16,384 bytes", false, () => "x".repeat(16_384)],
  ])("%s", async (_name, accepted, token) => {
    const outcome = await ask(token());
    if (!accepted) return expect(outcome).toEqual(badToken);
    expect(outcome).toMatchObject({ ok: true, answer: { user: { username: "ada" } } });
  });

  it("N1-06: no address inside a token was ever asked", () => {
    expect(world.upstream.counts.elsewhere).toBe(0);
  });

  it("N3-05 I-CL-06: every refusal is the same to the byte, whatever and however much is wrong", async () => {
    const defects: Record<string, Record<string, unknown>> = {
      issuer: { iss: "https://idp.example.test" },
      audience: { aud: "x" },
      end: { exp: seconds() - 600 },
      start: { nbf: seconds() + 600 },
      subject: { sub: "stranger" },
      binding: { cnf: {} },
    };
    const reference = await seen(world, "exchange", { access_token: "garbage" }, world.red.as("backend"));
    for (const one of Object.values(defects)) {
      for (const other of Object.values(defects)) {
        const access_token = world.token(world.red, "ada", { ...one, ...other });
        expect(await seen(world, "exchange", { access_token }, world.red.as("backend"))).toEqual(reference);
      }
    }
    expect(reference.join()).toContain("the token was refused");
  });
});

describe("nothing of a refused token", () => {
  it("N8-03: is in the log", async () => {
    const token = world.token(world.red, "ada", { sub: "canary-subject", email: "canary@example.test" });
    expect(await ask(token)).toEqual(badToken);
    expect(await everywhere(world, "exchange", { access_token: token }, "none")).toEqual(invalidClient);
    const [, payload = "", signature = ""] = token.split(".");
    for (const canary of [payload, signature, "canary"]) expect(world.log()).not.toContain(canary);
    expect(world.log()).toContain("call failed");
  });
});
