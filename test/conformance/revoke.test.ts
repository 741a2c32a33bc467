// Revoke (RFC 7009): what a token takes with it, what is left alone, and that asking twice or for nothing is no failure.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk } from "../support/door.ts";
import { claimsOf, familyOf, inactive, invalidClient, invalidGrant, through } from "../support/histories.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const done = { ok: true, answer: {} };
const othersToken = {
  ok: false,
  kind: "denied",
  reason: "UNAUTHORIZED_CLIENT",
  message: "the token belongs to another application",
  fields: [],
};

const auditOf = async (subject: unknown) => {
  const trail = await world.parts.store.instance.auditTrail(world.red.id, 0, 10_000);
  return trail.filter((row) => row.subject === subject);
};

describe.each(doors)("over $name", (door) => {
  const on = through(door, () => world);

  describe("a refresh token", () => {
    it("N5-13: ends its family and every access token minted from it, and no other sign-in of the user", async () => {
      const first = await on.signIn(world.red);
      const other = await on.signIn(world.red);
      const second = await on.next(first.refresh);
      expect(await on.revoke(second.refresh)).toEqual(done);
      for (const { access, refresh } of [first, second]) {
        expect(await on.introspect(access)).toEqual(inactive);
        expect(await on.introspect(refresh)).toEqual(inactive);
        expect(await on.refresh(refresh)).toEqual(invalidGrant);
      }
      expect(await on.isActive(other.access)).toBe(true);
      await on.next(other.refresh);
    });

    it("N5-13: of an older generation ends the family as well, for whoever holds it may end it", async () => {
      const first = await on.signIn(world.red);
      const second = await on.next(first.refresh);
      const third = await on.next(second.refresh);
      expect(await on.revoke(first.refresh)).toEqual(done);
      expect(await on.refresh(third.refresh)).toEqual(invalidGrant);
    });

    it("N8-04: revoked twice, is recorded once, as its own end and not as theft", async () => {
      const { access, refresh } = await on.signIn(world.red);
      for (let i = 0; i < 2; i += 1) expect(await on.revoke(refresh)).toEqual(done);
      expect(await on.refresh(refresh)).toEqual(invalidGrant);
      const client = world.red.ids.get("application backend");
      expect(await auditOf(claimsOf(access)["sid"])).toMatchObject([
        { event: "grant.revoked", outcome: "success", actor: `client:${client}`, clientId: client },
      ]);
      expect(await auditOf(refresh.slice(3, 24))).toEqual([]);
    });

    it("N4-07: stays revoked over a restart", async () => {
      const { access, refresh } = await on.signIn(world.red);
      const kept = await on.signIn(world.red);
      expect(await on.revoke(refresh)).toEqual(done);
      await world.restart();
      expect(await on.refresh(refresh)).toEqual(invalidGrant);
      expect(await on.introspect(access)).toEqual(inactive);
      await on.next(kept.refresh);
    });
  });

  describe("an access token", () => {
    it("ends alone: its family goes on and mints live tokens", async () => {
      const { access, refresh } = await on.signIn(world.red);
      expect(await on.revoke(access)).toEqual(done);
      expect(await on.revoke(access)).toEqual(done);
      expect(await on.introspect(access)).toEqual(inactive);
      const next = await on.next(refresh);
      expect(await on.isActive(next.access)).toBe(true);
      expect(await auditOf(claimsOf(access)["jti"])).toMatchObject([{ event: "token.revoked" }]);
    });

    it("ends as a bearer too, from the next call on", async () => {
      const { red } = world;
      const ids = { tenant_id: red.id, project_id: red.ids.get("project main") ?? "" };
      const client_id = red.ids.get("application backend") ?? "";
      const request = { realm: "REALM_ADMIN", email_id: "ada@example.test", client_id, ...ids };
      const bearer = (await expectOk(on.call("generateToken", request)))["access_token"] ?? "";
      expect(await on.introspect("x", { bearer })).toEqual(inactive);
      expect(await on.revoke(bearer)).toEqual(done);
      expect(await on.introspect("x", { bearer })).toMatchObject({ kind: "unauthenticated", reason: "INVALID_TOKEN" });
    });

    it("stays revoked over a restart", async () => {
      const { access } = await on.signIn(world.red);
      const { access: kept } = await on.signIn(world.red);
      expect(await on.revoke(access)).toEqual(done);
      await world.restart();
      expect(await on.introspect(access)).toEqual(inactive);
      expect(await on.isActive(kept)).toBe(true);
    });
  });

  it("N5-04: a wrong hint is no refusal", async () => {
    const { access, refresh } = await on.signIn(world.red);
    expect(await on.call("revoke", { token: access, token_type_hint: "refresh_token" })).toEqual(done);
    expect(await on.introspect(access)).toEqual(inactive);
    expect(await on.call("revoke", { token: refresh, token_type_hint: "access_token" })).toEqual(done);
    expect(await on.introspect(refresh)).toEqual(inactive);
  });

  it("N5-11: a token that is unknown, mangled, expired or another tenant's is answered like a revoked one", async () => {
    const { red, blue } = world;
    const mine = await on.signIn(red);
    const theirs = await on.signIn(blue);
    const before = await familyOf(world, red, mine.refresh);
    const unknown = [
      "garbage",
      mine.access.slice(0, -4),
      mine.refresh.slice(0, -1),
      mine.refresh.replace(/^rt_.{21}/, `rt_${"0".repeat(21)}`),
      theirs.access,
      theirs.refresh,
      world.token(red, "ada"),
    ];
    for (const token of unknown) expect(await on.revoke(token)).toEqual(done);
    expect(await familyOf(world, red, mine.refresh)).toEqual(before);
    expect(await on.isActive(mine.access)).toBe(true);
    expect(await on.isActive(theirs.access, blue.as("backend"))).toBe(true);
    await on.next(theirs.refresh, blue.as("backend"));
    world.advance(901_000);
    expect(await on.revoke(mine.access)).toEqual(done);
    expect(await auditOf(claimsOf(mine.access)["jti"])).toEqual([]);
  });

  it("N5-12: another application's token is refused and lives on", async () => {
    const { red } = world;
    const backends = await on.signIn(red);
    const phones = await on.signIn(red, { as: red.as("phone") });
    for (const as of [red.as("other"), red.as("phone")])
      for (const token of [backends.access, backends.refresh]) expect(await on.revoke(token, as)).toEqual(othersToken);
    for (const token of [phones.access, phones.refresh]) expect(await on.revoke(token)).toEqual(othersToken);
    expect(await on.isActive(backends.access)).toBe(true);
    await on.next(backends.refresh);
    await on.next(phones.refresh, red.as("phone"));
  });

  it("a public application ends its own tokens", async () => {
    const { red } = world;
    const phone = red.as("phone");
    const { access, refresh } = await on.signIn(red, { as: phone });
    expect(await on.revoke(refresh, phone)).toEqual(done);
    expect(await on.refresh(refresh, phone)).toEqual(invalidGrant);
    expect(await on.introspect(access)).toEqual(inactive);
  });

  it("N5-11: nobody, and a user's bearer, revoke nothing", async () => {
    const { access, refresh } = await on.signIn(world.red);
    expect(await on.revoke(refresh, "none")).toEqual(invalidClient);
    expect(await on.revoke(refresh, { bearer: access })).toMatchObject({ kind: "unauthenticated" });
    await on.next(refresh);
  });
});
