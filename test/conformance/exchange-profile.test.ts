// What an Exchange makes of the profile that comes with a token: users that can be found, and ones brought up to date.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { userTerms } from "../../src/auth/profile.ts";
import { UserSchema } from "../../src/gen/tessera/admin/v1/user_pb.ts";
import { searchableFields } from "../../src/resources/search-terms.ts";
import { type Administered, createAdministered } from "../support/administered.ts";
import { type Door, doors, grpcDoor } from "../support/door.ts";
import type { World } from "../support/world.ts";

let admin: Administered;
let world: World;
beforeAll(async () => {
  admin = await createAdministered();
  world = admin.world;
  await world.red.apply((declared) => {
    for (const connector of declared["connectors"] ?? [])
      if (connector["name"] === "idp") connector["syncProfile"] = true;
    for (const sub of ["ada", "ben"])
      declared["userIdentities"]?.push({ userId: sub, connectorId: "idp-join", subject: `${sub}-elsewhere` });
  });
});
afterAll(() => admin.close());

const exchange = (sub: string, claims: object, door: Door = grpcDoor) =>
  door.call(world, "exchange", { access_token: world.token(world.red, sub, { ...claims }) }, world.red.as("backend"));
const userOf = async (sub: string) =>
  world.parts.store.tenant(world.red.id).user(world.red.ids.get(`user ${sub}`) ?? "");
const found = async (text: string, field = "name") => {
  const answer: JsonObject = await admin.ok(grpcDoor, "user.listUsers", { search: { text, field } });
  return (answer["users"] as { id: string }[]).map(({ id }) => id);
};
const updates = async () =>
  (await world.parts.store.instance.auditTrail(world.red.id, 0, 10_000)).filter(
    ({ event }) => event === "user.updated",
  );

describe("a user who joins", () => {
  it.each(doors)("can be searched for at once, over $name", async (door) => {
    const name = admin.fresh("Newly Joined");
    const sub = name.replaceAll(" ", "-");
    const outcome = await exchange(
      sub,
      { aud: "red-join", sub, name, email: `${sub}@example.test`, phone_number: "+1 2" },
      door,
    );
    const user = (outcome.ok ? outcome.answer["user"] : {}) as { id: string };
    expect(await found(name.toUpperCase())).toEqual([user.id]);
    expect(await found(`${sub}@`, "email")).toEqual([user.id]);
    expect(await found(user.id, "username")).toEqual([user.id]);
    expect(await found("+1 2", "phone")).toContain(user.id);
  });

  it("is searched by the fields that the contract says", () => {
    const terms = userTerms({ username: "Ada", name: "ÄDA ", email: "a@b", phone: "1" });
    expect(terms.map(({ field }) => field)).toEqual(searchableFields(UserSchema));
    expect(terms.map(({ term }) => term)).toEqual(["ada", "äda", "a@b", "1"]);
    expect(userTerms({ username: "ada", name: "", email: "", phone: "" })).toHaveLength(1);
  });
});

describe("a known user", () => {
  let before: number;
  beforeEach(async () => {
    before = (await updates()).length;
  });
  const written = async () => (await updates()).length - before;

  it.each(doors)(
    "gets name, verified e-mail and phone as they are now, written once and found by, over $name",
    async (door) => {
      const name = admin.fresh("Ada Nova");
      const email = `${door.name}@nova.example`;
      const claims = { name, email, email_verified: true, phone_number: "+39 2" };
      expect(await exchange("ada", claims, door)).toMatchObject({ ok: true, answer: { user: { name, email } } });
      expect(await exchange("ada", claims, door)).toMatchObject({ ok: true });
      expect(await userOf("ada")).toMatchObject({ name, email, emailVerified: true, emailKey: email, phone: "+39 2" });
      expect(await found(name)).toEqual([world.red.ids.get("user ada")]);
      expect(await written()).toBe(1);
      expect((await updates()).at(-1)).toMatchObject({ actor: expect.stringMatching(/^client:/), outcome: "success" });
      expect(JSON.stringify(await updates())).not.toContain("nova");
    },
  );

  it.each<[string, object]>([
    ["says nothing", {}],
    ["says nothing new", { name: "Ben", email: "ben@example.test", email_verified: true }],
    ["N1-32: did not verify the e-mail", { email: "new@example.test" }],
    ["N1-32: says so in a word", { email: "new@example.test", email_verified: "true" }],
    ["I-ID-01: names another user's e-mail", { email: "zoe@example.test", email_verified: true }],
    ["names what no user can have", { name: "é".repeat(129), phone_number: "1".repeat(33) }],
    ["names no address", { email: "nowhere", email_verified: true }],
  ])("stays as it is where its issuer %s", async (_what, claims) => {
    const stored = await userOf("ben");
    expect(await exchange("ben", claims)).toMatchObject({ ok: true });
    expect(await userOf("ben")).toEqual(stored);
    expect(await written()).toBe(0);
  });

  it("stays as it is where the connector does not say so, and where the user is suspended", async () => {
    const claims = { name: "Somebody Else" };
    expect(await exchange("ben", { ...claims, aud: "red-once" })).toMatchObject({ ok: true });
    expect(await exchange("ben", { ...claims, aud: "red-join", sub: "ben-elsewhere" })).toMatchObject({ ok: true });
    expect(await exchange("zoe", claims)).toMatchObject({ kind: "badToken" });
    expect(await written()).toBe(0);
  });

  it("signs in all the same while many of its calls bring the same news", async () => {
    const name = admin.fresh("Many");
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, at) => exchange("ada", { name, jti: String(at) })),
    );
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(await userOf("ada")).toMatchObject({ name });
    expect(await written()).toBe(1);
  });
});
