// Whom an upstream token is: known, suspended and deleted users, those made at their first exchange, and tokens that
// count once.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, grpcDoor } from "../support/door.ts";
import { deleteResource, operating } from "../../src/resources/index.ts";
import { user } from "../../src/resources/users/user.ts";
import { api } from "../support/fixture.ts";
import {
  badToken,
  claimsOf,
  declareMore,
  everywhere,
  generate,
  nobody,
  realmToken,
  whileDeclared,
} from "../support/tokens.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const ask = (token: string) => everywhere(world, "exchange", { access_token: token }, world.red.as("backend"));
type Picture = { id: string; username: string; email: string; user_permissions: string[]; user_roles: string[] };
/** The user that both doors show for the token. */
const pictureFor = async (token: string): Promise<Picture> => {
  const outcome = await ask(token);
  if (!outcome.ok) throw new Error(`refused: ${outcome.kind}`);
  return outcome.answer["user"] as Picture;
};
const joining = (sub: string, claims: object = {}) => world.token(world.red, sub, { aud: "red-join", sub, ...claims });
const joins = async () => {
  const trail = await world.parts.store.instance.auditTrail(world.red.id, 0, 1000);
  return trail.filter(({ event }) => event === "user.joined").length;
};

describe("a user", () => {
  it("N3-16: that is suspended gets the answer of a stranger, from the next call on, and no longer than that", async () => {
    const token = () => world.token(world.red, "ben");
    expect(await ask(world.token(world.red, "zoe"))).toEqual(badToken);
    expect(await ask(token())).toMatchObject({ ok: true });
    await whileDeclared(world.red, ["users", "ben", { suspended: true }], async () =>
      expect(await ask(token())).toEqual(badToken),
    );
    expect(await ask(token())).toMatchObject({ ok: true });
  });

  it("that is deleted gets the same answer", async () => {
    const { red, parts } = world;
    await declareMore(red, "users", { username: "del", email: "del@example.test", emailVerified: true });
    await declareMore(red, "userIdentities", { userId: "del", connectorId: "idp", subject: "del-at-idp" });
    const token = () => world.token(red, "del");
    expect(await ask(token())).toMatchObject({ ok: true });
    const acting = operating({ tenantId: red.id, now: world.now(), requestId: "test" });
    await deleteResource(parts, user, acting, red.ids.get("user del") ?? "");
    expect(await ask(token())).toEqual(badToken);
    expect(await everywhere(world, "generateToken", generate(red, "del"), red.as("backend"))).toEqual(nobody);
  });
});

describe("a subject at its first exchange", () => {
  it("becomes a user with the connector's roles and a name of ours, where the connector says so, and stays that user", async () => {
    const claims = { name: "New", preferred_username: "new", email: "new@example.test", email_verified: true };
    const before = await joins();
    const first = await pictureFor(joining("new-one", claims));
    expect(first).toMatchObject({
      logto_id: "new-one",
      username: first.id,
      name: "New",
      email: "new@example.test",
      user_roles: ["reader"],
      user_permissions: ["read"],
    });
    expect((await pictureFor(joining("new-one"))).id).toBe(first.id);
    expect((await joins()) - before).toBe(1);
    expect(await ask(world.token(world.red, "new-one", { sub: "new-one" }))).toEqual(badToken);
  });

  it.each(doors)("becomes one user, however many of its calls come at once over $name", async (door) => {
    const before = await joins();
    const sub = `crowd-${door.name}`;
    const call = () =>
      door.call(
        world,
        "exchange",
        { access_token: joining(sub, { jti: crypto.randomUUID() }) },
        world.red.as("backend"),
      );
    const outcomes = await Promise.all(Array.from({ length: 20 }, call));
    const ids = outcomes.map((outcome) => (outcome.ok ? (outcome.answer["user"] as Picture).id : outcome.kind));
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-z]{21}$/);
    expect((await joins()) - before).toBe(1);
  });

  it("I-ID-01 N1-31: with the user name and the verified e-mail of another is not that other", async () => {
    const ada = world.red.ids.get("user ada");
    const claims = { preferred_username: "ada", email: "ada@example.test", email_verified: true };
    const taker = await pictureFor(joining("taker", claims));
    expect(taker.id).not.toBe(ada);
    expect(taker.username).toBe(taker.id);
    expect(taker.user_roles).toEqual(["reader"]);
    // Whoever is named by that address is still ada.
    expect(claimsOf(await realmToken(world, world.red, "REALM_USER")).sub).toBe(ada);
  });

  it("I-ID-01: with an address that differs by the letters of its domain only does not take it either", async () => {
    const taker = await pictureFor(joining("taker2", { email: "ada@EXAMPLE.Test", email_verified: true }));
    expect(claimsOf(await realmToken(world, world.red, "REALM_USER")).sub).not.toBe(taker.id);
  });

  it.each([
    ["true", true, true],
    ["the text true", "true", false],
    ["1", 1, false],
    ["false", false, false],
    ["nothing", undefined, false],
  ])(
    "N1-32: whose issuer says %s of its e-mail is found by it only if that was the truth value",
    async (_what, email_verified, found) => {
      const name = `mail-${String(email_verified)}-${typeof email_verified}`;
      const { id } = await pictureFor(joining(name, { email: `${name}@example.test`, email_verified }));
      const outcome = await everywhere(world, "generateToken", generate(world.red, name), world.red.as("backend"));
      if (!found) return expect(outcome).toEqual(nobody);
      expect(claimsOf(outcome.ok ? outcome.answer["access_token"] : "").sub).toBe(id);
    },
  );

  it("I-ID-02: stays apart from one whose subject is the same to the eye or after folding", async () => {
    const subjects = ["Straße", "STRASSE"].map((text) => encodeURIComponent(text));
    const ids = await Promise.all(
      [...subjects, "case", "CASE", "case ", "case\\u0000"].map(async (sub) => (await pictureFor(joining(sub))).id),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const sub of ["ｃａｓｅ", "case\u200b", "case\u202e", "case\u0000"])
      expect(await ask(joining(sub))).toEqual(badToken);
  });
});

describe("a token that counts once", () => {
  const once = (claims: object = {}) => world.token(world.red, "ada", { aud: "red-once", ...claims });
  /** Through one door only. */
  const spend = (token: string, door = grpcDoor) =>
    door.call(world, "exchange", { access_token: token }, world.red.as("backend"));

  it.each(doors)("N1-27: is accepted the first time over $name, and at no door again", async (door) => {
    const tokens = [once(), once({ jti: crypto.randomUUID() })];
    for (const token of tokens) {
      expect(await spend(token, door)).toMatchObject({ ok: true, answer: { user: { username: "ada" } } });
      expect(await ask(token)).toEqual(badToken);
    }
    // One that may be used again is, at the same application.
    const again = world.token(world.red, "ada");
    expect([await spend(again, door), await ask(again)]).toMatchObject([{ ok: true }, { ok: true }]);
  });

  it.each(doors)("N1-27: of 20 at once over $name exactly one is accepted", async (door) => {
    const token = once({ jti: crypto.randomUUID() });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => spend(token, door)));
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
    expect(outcomes.filter((outcome) => !outcome.ok)).toEqual(Array.from({ length: 19 }, () => badToken));
  });

  it("N1-27: is refused under another signature and other claims, if it names the same jti", async () => {
    const jti = crypto.randomUUID();
    expect(await spend(once({ jti }))).toMatchObject({ ok: true });
    expect(await ask(once({ jti, exp: Math.floor(world.now() / 1000) + 60 }))).toEqual(badToken);
  });

  it("N1-27: is not spent by a refusal", async () => {
    const token = once();
    const refused = { access_token: token, organization_id: "none" };
    expect(await everywhere(world, "exchange", refused, world.red.as("backend"))).toMatchObject({ kind: "denied" });
    expect(
      await everywhere(world, "exchange", { access_token: token, scope: "a  b" }, world.red.as("backend")),
    ).toMatchObject({
      reason: "INVALID_SCOPE",
    });
    expect(await spend(token)).toMatchObject({ ok: true });
  });

  it("N1-27: is spent for good by an OidcToken", async () => {
    const token = once();
    const bearer = await realmToken(world, world.red, "REALM_ADMIN");
    const request = { realm: "REALM_USER", oidc_token: token };
    expect(await grpcDoor.call(world, "oidcToken", request, { bearer })).toMatchObject({ ok: true });
    expect(await everywhere(world, "oidcToken", request, { bearer })).toEqual(badToken);
    expect(await ask(token)).toEqual(badToken);
  });

  it("N1-27: stays spent after a restart, and after a sweep while a late clock would still accept it", async () => {
    const exp = Math.floor(world.now() / 1000) + 60;
    const [token, fresh] = [once({ exp }), once({ exp, jti: crypto.randomUUID() })];
    expect(await spend(token)).toMatchObject({ ok: true });
    await world.restart();
    expect(await ask(token)).toEqual(badToken);
    world.advance(exp * 1000 + 10_000 - world.now());
    await world.parts.store.write("sweep", { before: world.now(), grantsBefore: world.now() });
    expect(await ask(token)).toEqual(badToken);
    expect(await spend(fresh)).toMatchObject({ ok: true });
  });
});

it("N3-16: a user of a disabled audience gets nothing, and something again when it is enabled", async () => {
  const token = () => ask(world.token(world.red, "ada"));
  await whileDeclared(world.red, ["resources", "API", { disabled: true }], async () =>
    expect(await token()).toMatchObject({ ok: false, reason: "INVALID_TARGET" }),
  );
  const outcome = await token();
  expect(claimsOf(outcome.ok ? outcome.answer["token"] : "").aud).toBe(api);
});
