// Secrets of different purposes in the places of one another: none opens what another is for.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk, grpcDoor } from "../support/door.ts";
import { offeredSecret } from "../support/instance-administrator.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
let bootstrap: string;
let refresh: string;
let secret: string;
beforeAll(async () => {
  world = await createWorld();
  bootstrap = await offeredSecret(world);
  secret = world.red.secrets.get("backend") ?? "";
  const exchanged = grpcDoor.call(
    world,
    "exchange",
    { access_token: world.token(world.red, "ada") },
    world.red.as("backend"),
  );
  refresh = String((await expectOk(exchanged))["refresh_token"]);
});
afterAll(() => world.close());

const clientId = () => world.red.ids.get("application backend") ?? "";

describe.each(doors)("I-TEN-05: over $name", (door) => {
  it("neither an application's secret nor a refresh token opens a tenant", async () => {
    for (const bootstrapSecret of [secret, refresh])
      expect(await door.call(world, "bootstrap.bootstrap", { bootstrapSecret }, "none")).toMatchObject({
        kind: "unauthenticated",
      });
  });

  it("neither the secret of a tenant nor a refresh token is an application's secret", async () => {
    for (const wrong of [bootstrap, refresh]) {
      const refused = await door.call(world, "refresh", { refresh_token: refresh }, { basic: [clientId(), wrong] });
      expect(refused).toMatchObject({ kind: "unauthenticated" });
    }
  });

  it("neither the secret of a tenant nor an application's is refreshed, exchanged or borne", async () => {
    const as = world.red.as("backend");
    for (const wrong of [bootstrap, secret]) {
      expect(await door.call(world, "refresh", { refresh_token: wrong }, as)).toMatchObject({ kind: "badToken" });
      expect(await door.call(world, "exchange", { access_token: wrong }, as)).toMatchObject({ ok: false });
      expect(await door.call(world, "introspect", { token: wrong }, as)).toMatchObject({ answer: { active: false } });
      expect(await door.call(world, "role.listRoles", {}, { bearer: wrong })).toMatchObject({
        kind: "unauthenticated",
      });
    }
  });
});

describe("what all these refusals left", () => {
  it("I-OPS-01: the secret of the tenant is as good as before, and then opens nothing more", async () => {
    const [first, second] = [{ bootstrapSecret: bootstrap }, { bootstrapSecret: bootstrap }];
    expect(await grpcDoor.call(world, "bootstrap.bootstrap", first, "none")).toMatchObject({ ok: true });
    expect(await grpcDoor.call(world, "bootstrap.bootstrap", second, "none")).toMatchObject({
      kind: "unauthenticated",
    });
  });

  it("the refresh token still rotates, and the application's secret still authenticates", async () => {
    const rotated = await grpcDoor.call(world, "refresh", { refresh_token: refresh }, world.red.as("backend"));
    expect(rotated).toMatchObject({ ok: true });
  });
});
