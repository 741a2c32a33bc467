// What a stranger to a permission tries in order to get it, and what one caller tries in order to stop the others.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "@bufbuild/protobuf";
import { invitationMail } from "../../src/resources/organizations/invitation-mail.ts";
import { type Asking, asking, fresh, withAdministrators } from "../support/administrators.ts";
import { doors, expectOk, grpcDoor } from "../support/door.ts";
import { api } from "../support/fixture.ts";
import { claimsAt, newKey, signToken, startIssuer, type UpstreamIssuer } from "../support/upstream-issuer.ts";
import { createWorld, type World } from "../support/world.ts";

const management = "urn:tessera:management";

let world: World;
let boss: Asking;
/** Holds all that is needed to run applications and connectors, and nothing that ada's management role holds. */
let clerk: Asking;
let rogue: UpstreamIssuer;

beforeAll(async () => {
  world = await createWorld();
  rogue = await startIssuer([newKey("ES256")]);
  const both = (name: string) => [`${name}:read`, `${name}:write`];
  await withAdministrators(world.red, {
    clerk: [...["application", "secret", "connector", "project"].flatMap(both), "resource:read"],
  });
  boss = asking(world, world.red.as("boss"));
  clerk = asking(world, world.red.as("clerk"));
});
afterAll(async () => {
  await world.close();
  await rogue.close();
});

const idOf = (name: string) => world.red.ids.get(name) ?? "";
const denied = { kind: "denied", reason: "INSUFFICIENT_SCOPE", fields: [] };
const indicated = async (indicator: string): Promise<string> => {
  const { resources } = await clerk.ok("resource.listResources", { pageSize: 100 });
  return resources.find((each) => each.indicator === indicator)?.id ?? "";
};

/** The token of ada, who administers, for an application that names her by her e-mail. */
const asAda = ({ id, projectId, secret }: Readonly<Record<"id" | "projectId" | "secret", string>>) => {
  const request = { email_id: "ada@example.test", client_id: id, project_id: projectId, tenant_id: world.red.id };
  const named = { ...request, realm: "REALM_ADMIN" };
  return expectOk(grpcDoor.call(world, "generateToken", named, { basic: [id, secret] }));
};

describe("an application that gets administrators' tokens by naming them", () => {
  const wanted = (fields: JsonObject) => ({
    application: { name: fresh("app"), type: "APPLICATION_TYPE_TRADITIONAL", ...fields },
  });

  it("is made, and is made one, only by who holds what those administrators hold", async () => {
    const id = await indicated(management);
    expect(await clerk.refusal("application.createApplication", wanted({ resourceIds: [id] }))).toEqual(denied);
    expect(await clerk.refusal("application.createApplication", wanted({ defaultResourceId: id }))).toEqual(denied);
    const plain = await clerk.ok("application.createApplication", wanted({ resourceIds: [await indicated(api)] }));
    const change = { application: { id: plain.id, resourceIds: [id] } };
    expect(await clerk.refusal("application.updateApplication", change)).toEqual(denied);
    const made = await boss.ok("application.createApplication", wanted({ resourceIds: [id] }));
    const { projectId, defaultSecret } = made as unknown as { projectId: string; defaultSecret: string };
    expect(await asAda({ id: made.id, projectId, secret: defaultSecret })).toHaveProperty("access_token");
  });

  it("gets its credentials from nobody else", async () => {
    const applicationId = idOf("application backend");
    const secret = () => ({ applicationSecret: { applicationId, name: fresh("secret") } });
    expect(await clerk.refusal("applicationSecret.createApplicationSecret", secret())).toEqual(denied);
    const certificate = { application: { id: applicationId, certificateUris: ["spiffe://example.test/clerk"] } };
    expect(await clerk.refusal("application.updateApplication", certificate)).toEqual(denied);
    const { value } = await boss.ok("applicationSecret.createApplicationSecret", secret());
    const named = { id: applicationId, projectId: idOf("project main"), secret: String(value) };
    expect(await asAda(named)).toHaveProperty("access_token");
  });

  it("is anybody's where it has no credential of its own, and needs the user's token", async () => {
    const id = await indicated(management);
    const page = { type: "APPLICATION_TYPE_SPA", publicClient: true, origins: ["https://console.example.test"] };
    await clerk.ok("application.createApplication", wanted({ ...page, resourceIds: [id] }));
  });
});

describe("a connector by which users sign in", () => {
  const connector = async () => {
    const made = { name: fresh("idp"), verification: "VERIFICATION_JWKS", issuer: world.upstream.issuer };
    return (await clerk.ok("connector.createConnector", { connector: { ...made, audiences: [made.name] } })).id;
  };

  it("is led to other keys, stopped or removed only by who holds what its users may hold", async () => {
    const id = idOf("connector idp");
    const changes = [
      { issuer: rogue.issuer },
      { jwksUri: `${rogue.issuer}/keys` },
      { audiences: ["any"] },
      { conditions: [{ claim: "anything", stringValue: "else" }] },
      { disabled: true },
    ];
    for (const change of changes)
      expect(await clerk.refusal("connector.updateConnector", { connector: { id, ...change } })).toEqual(denied);
    expect(await clerk.refusal("connector.deleteConnector", { id })).toEqual(denied);
    await clerk.ok("connector.updateConnector", { connector: { id, name: "renamed" } });
    await boss.ok("connector.updateConnector", { connector: { id, issuer: rogue.issuer } });
    const [key] = rogue.keys;
    if (key === undefined) throw new Error("an issuer without a key");
    const token = signToken(key, claimsAt(world.now(), rogue.issuer, { sub: "ada-at-idp", aud: "red" }));
    const exchange = { access_token: token, resource: [management] };
    expect(await expectOk(grpcDoor.call(world, "exchange", exchange, world.red.as("backend")))).toHaveProperty("token");
  });

  it("is free to change while nobody does", async () => {
    const id = await connector();
    await clerk.ok("connector.updateConnector", { connector: { id, issuer: rogue.issuer } });
    const identity = { userId: idOf("user ben"), connectorId: id, subject: "ben" };
    await boss.ok("user.createUserIdentity", { userIdentity: identity });
    const back = { connector: { id, issuer: world.upstream.issuer } };
    expect(await clerk.refusal("connector.updateConnector", back)).toEqual(denied);
  });
});

describe("a project", () => {
  it("with an application that holds more is not stopped by who holds less", async () => {
    const stop = (id: string) => ({ project: { id, disabled: true }, updateMask: "disabled" });
    expect(await clerk.refusal("project.updateProject", stop(idOf("project main")))).toEqual(denied);
    await clerk.ok("project.updateProject", { project: { id: idOf("project main"), name: "main" } });
    const { id } = await clerk.ok("project.createProject", { project: { name: fresh("project") } });
    await clerk.ok("project.updateProject", stop(id));
    await boss.ok("group.listGroups", {});
  });
});

describe("one request", () => {
  const nested = (levels: number): JsonObject => (levels === 1 ? {} : { a: nested(levels - 1) });
  const machine = () => ({ name: fresh("machine"), type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" });

  it("that names a field ten thousand times sets it once", async () => {
    const customData = Object.fromEntries(Array.from({ length: 1200 }, (_, at) => [`key${at}`, at]));
    const { type, ...named } = machine();
    const { id } = await boss.ok("application.createApplication", { application: { ...named, type, customData } });
    const updateMask = Array.from({ length: 10_000 }, () => "type").join();
    const answer = await boss.ok("application.updateApplication", { application: { id, type }, updateMask });
    expect(answer["revision"]).toBe(2);
  });

  it.each(doors)("leaves nothing so deep that a list cannot be read over $name", async (door) => {
    const through = asking(world, world.red.as("boss"), door);
    const make = (levels: number) => ({ application: { ...machine(), customData: nested(levels) } });
    const tooDeep = { kind: "invalid", reason: "INVALID_REQUEST", fields: ["custom_data"] };
    expect(await through.refusal("application.createApplication", make(21))).toEqual(tooDeep);
    const { id } = await through.ok("application.createApplication", make(20));
    const merge = { id, customData: { b: nested(20) } };
    expect(await through.refusal("application.updateApplicationCustomData", merge)).toEqual(tooDeep);
    for (const reading of doors)
      await asking(world, world.red.as("boss"), reading).ok("application.listApplications", { pageSize: 100 });
  });
});

describe("two who replace a set at once", () => {
  const made = async (count: number, make: () => Promise<{ id: string }>) => {
    const ids: string[] = [];
    while (ids.length < count) ids.push((await make()).id);
    return ids;
  };

  it("leave the roles of a user that one of them wanted, and never both", async () => {
    const roles = await made(4, () => boss.ok("role.createRole", { role: { name: fresh("role") } }));
    const [{ id: userId }, wanted] = [
      await boss.ok("user.createUser", { user: { username: fresh("user") } }),
      [roles.slice(0, 2), roles.slice(2)],
    ];
    await Promise.all(wanted.map((roleIds) => boss.ok("user.replaceUserRoles", { userId, roleIds })));
    const { roles: held } = await boss.ok("user.listUserRoles", { userId });
    expect(wanted.map((ids) => ids.sort())).toContainEqual(held.map(({ id }) => id).sort());
  });

  it("leave the members of an organization that one of them wanted, and never both", async () => {
    const users = await made(4, () => boss.ok("user.createUser", { user: { username: fresh("user") } }));
    const organization = { name: fresh("organization") };
    const { id: organizationId } = await boss.ok("organization.createOrganization", { organization });
    const wanted = [users.slice(0, 2), users.slice(2)];
    await Promise.all(
      wanted.map((userIds) => boss.ok("organization.replaceOrganizationMembers", { organizationId, userIds })),
    );
    const { organizationMembers } = await boss.ok("organization.listOrganizationMembers", { organizationId });
    expect(wanted.map((ids) => ids.sort())).toContainEqual(organizationMembers.map(({ userId }) => userId).sort());
  });
});

describe("the mail of an invitation", () => {
  it.each([
    ["a line break", "North\r\n\r\nYour account is closed"],
    ["a line separator", "North\u2028Your account is closed"],
    ["a mark that turns the text around", "North \u202eYour account is closed"],
  ])("has no room for a sentence of the organization's behind %s", (_what, name) => {
    const { subject, text } = invitationMail("new@example.test", name, "0".repeat(21));
    expect(subject).toBe("Invitation to North Your account is closed");
    expect(text.split("\n")).toHaveLength(3);
    expect(text).not.toMatch(/[\p{Cf}\p{Zl}\r]/u);
  });
});
