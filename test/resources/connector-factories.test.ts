// The kinds of connector there are: what the contract shows of each, and that a connector of each can be made from it.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConnectorSchema } from "../../src/gen/tessera/admin/v1/connector_pb.ts";
import { type Administered, createAdministered } from "../support/administered.ts";
import { type Door, doors, grpcDoor } from "../support/door.ts";

let admin: Administered;
beforeAll(async () => {
  admin = await createAdministered();
});
afterAll(() => admin.close());

const github = "https://token.actions.githubusercontent.com";
const entra = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0";
const condition = (claim: string, stringValue: string) => ({ claim, stringValue });

/** Id, type, standard or not, and the least that a connector of it needs. */
const table: [id: string, type: string, isStandard: boolean, least: JsonObject][] = [
  ["logto", "SOCIAL", false, { issuer: "https://tenant.logto.app/oidc" }],
  ["oidc", "SOCIAL", true, { issuer: "https://idp.example", target: "idp" }],
  [
    "oauth2",
    "SOCIAL",
    true,
    {
      issuer: "https://old.example",
      target: "old",
      userinfoEndpoint: "https://old.example/me",
      allowAnyAudience: true,
      audiences: [],
      conditions: [condition("tenant", "acme")],
      subjectClaim: "id",
    },
  ],
  ["google", "SOCIAL", false, { conditions: [condition("hd", "acme.example")] }],
  ["microsoft-entra", "SOCIAL", false, { issuer: entra }],
  ["github", "SOCIAL", false, { audiences: [], clientId: "Iv1.0", clientSecret: "s" }],
  ["github-actions", "WORKLOAD", false, { conditions: [condition("repository_owner_id", "1234")] }],
  ["gitlab-ci", "WORKLOAD", false, { conditions: [condition("project_id", "1234")] }],
  [
    "kubernetes",
    "WORKLOAD",
    false,
    { issuer: "https://k8s.example", conditions: [condition("sub", "system:serviceaccount:prod:api")] },
  ],
  [
    "spiffe-jwt-svid",
    "WORKLOAD",
    false,
    { issuer: "https://spire.example", conditions: [condition("sub", "spiffe://acme.example/api")] },
  ],
  ["smtp", "EMAIL", false, { audiences: [], endpoint: "smtp://mail.example", sender: "a@example.test" }],
  ["http-sms", "SMS", false, { audiences: [], endpoint: "https://sms.example", clientSecret: "s" }],
];

const create = (factoryId: string, facts: JsonObject) =>
  admin.ask(grpcDoor, "connector.createConnector", {
    connector: { name: admin.fresh("Connector"), factoryId, audiences: [admin.fresh("audience")], ...facts },
  });

const allFactories = async (door: Door) => {
  const answer: JsonObject = await admin.ok(door, "connector.listConnectorFactories");
  return answer["connectorFactories"] as JsonObject[];
};
const factoryOf = (id: string): Promise<JsonObject> => admin.ok(grpcDoor, "connector.getConnectorFactory", { id });

describe("the factories", () => {
  it.each(doors)("are these, each listed as it is read alone, over $name", async (door) => {
    const listed = await allFactories(door);
    expect(listed.map(({ id, type, isStandard }) => [id, type, isStandard])).toEqual(
      table.map(([id, type, isStandard]) => [id, `CONNECTOR_TYPE_${type}`, isStandard]),
    );
    for (const factory of listed) {
      expect(await admin.ok(door, "connector.getConnectorFactory", { id: factory["id"] as string })).toEqual(factory);
      expect(factory["description"]).toMatch(/^[A-Z][^.]+\.$|^[A-Z].*OAuth 2\.0.*\.$/);
    }
    expect(await admin.refusal(door, "connector.getConnectorFactory", { id: "pigeon" })).toMatchObject({
      kind: "notFound",
    });
  });

  it("name fields of a connector, and need nothing that they fix", async () => {
    const names = ConnectorSchema.fields.map(({ name }) => name);
    for (const { requiredFields, fixedFields } of (await allFactories(grpcDoor)) as Record<string, string[]>[]) {
      expect(names).toEqual(expect.arrayContaining([...(requiredFields ?? []), ...(fixedFields ?? [])]));
      expect((requiredFields ?? []).filter((field) => fixedFields?.includes(field))).toEqual([]);
    }
  });
});

describe("a connector of each factory", () => {
  it.each(table)("%s is made of the least it needs, without a warning", async (id, _type, _isStandard, least) => {
    const outcome = await create(id, least);
    expect(outcome).toMatchObject({ ok: true, answer: { warnings: [], factoryId: id } });
    const factory = await factoryOf(id);
    const granted = Object.entries(factory["template"] as JsonObject).filter(
      ([name, value]) => isSet(value) && !(name in least),
    );
    expect(granted.length).toBeGreaterThan(0);
    if (outcome.ok) expect(outcome.answer).toMatchObject(Object.fromEntries(granted));
  });

  it.each(table)("%s is not made of anything less", async (id, _type, _isStandard, least) => {
    for (const field of (await factoryOf(id))["requiredFields"] as string[]) {
      const name = ConnectorSchema.fields.find((each) => each.name === field)?.localName ?? "";
      const less = Object.entries({ audiences: ["a"], ...least }).filter(([each]) => each !== name);
      const outcome = await create(id, { audiences: [], ...Object.fromEntries(less) });
      expect(outcome).toMatchObject({ kind: "invalid", fields: expect.arrayContaining([field]) });
    }
  });
});

const isSet = (value: unknown) =>
  ![false, "", 0].includes(value as never) && JSON.stringify(value) !== "[]" && !isZero(value);
const isZero = (value: unknown) => typeof value === "string" && value.endsWith("_UNSPECIFIED");

describe("N1-33: a workload is named by what cannot be registered anew", () => {
  it.each<[string, JsonObject]>([
    ["github-actions", { conditions: [condition("repository", "acme/app")] }],
    ["github-actions", { conditions: [condition("sub", "repo:acme/app:ref:refs/heads/main")] }],
    ["github-actions", { conditions: [{ claim: "repository_id", glob: "12*" }] }],
    ["github-actions", { conditions: [condition("repository_id", "acme/app")] }],
    ["github-actions", { conditions: [{ claim: "repository_owner_id", numberValue: "1234" }] }],
    ["gitlab-ci", { conditions: [condition("project_path", "acme/app")] }],
    ["gitlab-ci", { conditions: [condition("namespace_path", "acme")] }],
    ["kubernetes", { issuer: "https://k8s.example", conditions: [condition("sub", "system:serviceaccount:prod")] }],
    [
      "kubernetes",
      { issuer: "https://k8s.example", conditions: [{ claim: "sub", glob: "system:serviceaccount:*:api" }] },
    ],
    ["spiffe-jwt-svid", { issuer: "https://spire.example", conditions: [condition("sub", "api")] }],
    ["spiffe-jwt-svid", { issuer: "https://spire.example", conditions: [{ claim: "sub", glob: "spiffe://*" }] }],
  ])("%s with %j is invalid", async (id, facts) => {
    expect(await create(id, facts)).toMatchObject({ kind: "invalid", fields: ["conditions"] });
  });

  it("by the uid of a service account, and by the path of a SPIFFE id, too", async () => {
    const uid = condition("/kubernetes.io/serviceaccount/uid", "6f1f8a2e-93a4-4d86-9a1e-2f8c3b1f7c11");
    expect(await create("kubernetes", { issuer: "https://k8s.example", conditions: [uid] })).toMatchObject({
      ok: true,
    });
    const path = { claim: "sub", glob: "spiffe://acme.example/ns/*" };
    expect(await create("spiffe-jwt-svid", { issuer: "https://spire.example", conditions: [path] })).toMatchObject({
      ok: true,
    });
  });

  it("also where the connector is changed", async () => {
    const outcome = await create("github-actions", { conditions: [condition("repository_id", "1")] });
    const id = outcome.ok ? (outcome.answer["id"] as string) : "";
    const change = { connector: { id, conditions: [condition("repository", "acme/app")] } };
    expect(await admin.refusal(grpcDoor, "connector.updateConnector", change)).toMatchObject({ kind: "invalid" });
    expect(await admin.ok(grpcDoor, "connector.getConnector", { id })).toMatchObject({ issuer: github });
  });
});

describe("sign-in at an issuer that serves everybody", () => {
  it("I-AUD-05: is warned of at Google without a domain or a subject", async () => {
    const outcome = await admin.ask(grpcDoor, "connector.listConnectors", { target: "google" });
    const [connector] = outcome.ok ? (outcome.answer["connectors"] as JsonObject[]) : [];
    const id = connector?.["id"] as string;
    for (const conditions of [[], [condition("email", "a@acme.example")]]) {
      const request = { connector: { id, conditions }, updateMask: "conditions" };
      const { warnings } = await admin.ok(grpcDoor, "connector.updateConnector", request);
      expect(warnings).toEqual([expect.stringMatching(/hd or sub/)]);
    }
  });

  it.each(["common", "organizations", "consumers", "acme.onmicrosoft.com"])(
    "I-AUD-05: is refused at Entra for %s, which is no tenant's id",
    async (tenant) => {
      const issuer = `https://login.microsoftonline.com/${tenant}/v2.0`;
      expect(await create("microsoft-entra", { issuer })).toMatchObject({ kind: "invalid", fields: ["issuer"] });
    },
  );
});
