// The management services through the client package, at a whole service.
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { createTesseraClient, type management, TesseraError } from "../../clients/typescript/src/index.ts";
import { isQuery } from "../../clients/typescript/src/router.ts";
import { type ManagementContract, managementContract } from "../../src/resources/contract.ts";
import { createWorld, type World } from "../support/world.ts";

const { NO_SIDE_EFFECTS } = MethodOptions_IdempotencyLevel;

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.red.apply((declared) => {
    const scopeIds = ["application:read", "project:read", "project:write"].map(
      (name) => `urn:tessera:management#${name}`,
    );
    declared["roles"]?.push({ name: "keeper", type: "ROLE_TYPE_USER", scopeIds });
    declared["roleAssignments"]?.push({ roleId: "keeper", userId: "ben" });
  });
});
afterAll(() => world.close());

/** The bearer token of a user for the management resource. */
async function tokenOf(username: string): Promise<string> {
  const [clientId, clientSecret] = (world.red.as("backend") as { basic: [string, string] }).basic;
  const { auth } = createTesseraClient({ url: world.http, clientId, clientSecret });
  const request = { access_token: world.token(world.red, username), resource: ["urn:tessera:management"] };
  return (await auth.exchange.mutate(request)).token ?? "";
}

describe("the management services in the client", () => {
  it("are those of the contract, by the same names", () => {
    expectTypeOf<keyof management.Management>().toEqualTypeOf<keyof ManagementContract>();
  });

  it("have their queries told by their names", () => {
    for (const { name, methods } of Object.values(managementContract))
      for (const { localName, idempotency } of methods)
        expect([name, localName, isQuery(localName)]).toEqual([name, localName, idempotency === NO_SIDE_EFFECTS]);
  });

  it("list applications for a bearer, page after page", async () => {
    const token = await tokenOf("ben");
    const { application } = createTesseraClient({ url: world.http, token: async () => token });
    const names: (string | undefined)[] = [];
    let pageToken = "";
    do {
      const page = await application.listApplications.query({ pageSize: 2, pageToken });
      names.push(...(page.applications ?? []).map(({ name }) => name));
      pageToken = page.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(new Set(names)).toEqual(new Set(["backend", "inspector", "other", "page", "phone"]));
    expect(names).toHaveLength(5);
  });

  it("make and change things, typed both ways", async () => {
    const token = await tokenOf("ben");
    const { project } = createTesseraClient({ url: world.http, token: async () => token });
    const made = await project.createProject.mutate({ project: { name: "From the client" } });
    expectTypeOf(made).toEqualTypeOf<management.ProjectJson>();
    const { id = "", revision = 0 } = made;
    const changed = await project.updateProject.mutate({
      project: { id, revision, disabled: true },
      updateMask: "disabled",
    });
    expect(changed).toMatchObject({ id, disabled: true, revision: 2 });
    const stale = project.updateProject.mutate({ project: { id, revision, name: "Late" } });
    await expect(stale).rejects.toMatchObject({ reason: "STALE" });
  });

  it("refuse a bearer without the permission, as a TesseraError", async () => {
    const token = await tokenOf("ada");
    const { application } = createTesseraClient({ url: world.http, token: async () => token });
    const refused = await application.listApplications.query({}).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(TesseraError);
    expect(refused).toMatchObject({ reason: "INSUFFICIENT_SCOPE" });
  });
});
