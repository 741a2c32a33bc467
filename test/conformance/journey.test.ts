// The main job, end to end, through each door: an outside token in, this tenant's tokens out, and their whole life.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, expectOk } from "../support/door.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

describe.each(doors)("over $name", (door) => {
  it("an upstream token becomes an access token, a refresh token and the user's complete picture", async () => {
    const { red } = world;
    const request = { access_token: world.token(red, "ada"), organization_id: red.ids.get("organization north") ?? "" };
    const answer = await expectOk(door.call(world, "exchange", request, red.as("backend")));
    expect(answer).toMatchObject({
      expires_in: 900,
      token_type: "Bearer",
      scope: "invite read write",
      user: {
        id: red.ids.get("user ada"),
        logto_id: "ada-at-idp",
        username: "ada",
        email: "ada@example.test",
        name: "Ada",
        phone: "+39 1",
        user_roles: ["editor"],
        user_role_ids: [red.ids.get("role editor")],
        user_permissions: ["read", "write"],
        org_role: "owner",
        org_role_id: red.ids.get("organizationRole owner"),
        org_permissions: ["invite"],
        organization_id: red.ids.get("organization north"),
        organization_name: "north",
      },
    });
  });
});
