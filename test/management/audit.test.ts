// What the audit trail holds of the management plane: every change, by whom and how it ended, in opaque ids only.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type DescMethod, getOption, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { audit, destructive } from "../../src/gen/tessera/options/v1/options_pb.ts";
import { managementContract } from "../../src/resources/contract.ts";
import type { AuditRow } from "../../src/store/audit-rows.ts";
import { expectOk, grpcDoor, type MethodName, methodNamed } from "../support/door.ts";
import { type Example, examplesFor } from "../support/management-examples.ts";
import { createManagedWorld, type ManagedWorld } from "../support/management-world.ts";
import type { Credential } from "../support/world.ts";

let world: ManagedWorld;
/** Takes every message it is given. */
let gateway: Server;
beforeAll(async () => {
  world = await createManagedWorld();
  gateway = createServer((request, response) => void request.resume().on("end", () => response.end()));
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  gateway.close();
  await world.close();
});

const methods = new Map<MethodName, DescMethod>(
  Object.entries(managementContract).flatMap(([service, desc]) =>
    desc.methods.map((method): [MethodName, DescMethod] => [`${service}.${method.localName}`, method]),
  ),
);
const eventOf = (method: MethodName) => getOption(methodNamed(method), audit);
const isQuery = (method: MethodName) => eventOf(method) === "";
const isBuilt = (method: MethodName) => !method.startsWith("jwtCustomizer.");

/** What hangs on other things goes before them; the rest in the order of the contract. */
const firstRemoved: readonly MethodName[] = [
  "applicationRole.removeApplicationRole",
  "user.removeUserRole",
  "role.deleteRoleAssignment",
  "group.deleteGroupMember",
  "applicationSecret.deleteLegacySecret",
  "consent.removeConsentOrganization",
  "organization.deleteOrganizationMember",
  "user.deleteUserIdentity",
  "resource.deleteScope",
];
const names = [...methods.keys()].filter(isBuilt);
const removes = (method: MethodName) => getOption(methodNamed(method), destructive);
const changes = [
  ...names.filter((method) => !isQuery(method) && !removes(method)),
  ...firstRemoved,
  ...names.filter((method) => removes(method) && !firstRemoved.includes(method)),
];

let words = 0;
const canary = () => `canary-${(words += 1)}`;

/** Requests that hold what another call has answered. */
const prepared: Readonly<Record<string, () => Promise<JsonObject>>> = {
  "bootstrap.bootstrap": async () => {
    const made = grpcDoor.call(world, "tenant.createTenant", { tenant: { name: canary() } }, world.root);
    return { bootstrapSecret: String((await expectOk(made))["bootstrapSecret"]) };
  },
  "connector.testConnector": async () => {
    const endpoint = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/${canary()}`;
    const connector = { factoryId: "http-sms", name: canary(), endpoint, clientSecret: canary(), sender: canary() };
    return { connector, phone: "+390559999999" };
  },
  "signingKey.deleteSigningKey": async () => {
    world.advance(1_200_000);
    await world.parts.keyring.tick();
    const { signingKeys } = await expectOk(grpcDoor.call(world, "signingKey.listSigningKeys", {}, world.root));
    const keys = signingKeys as unknown as { kid: string; status: string }[];
    return { kid: keys.find(({ status }) => status === "SIGNING_KEY_STATUS_PREVIOUS")?.kid ?? "" };
  },
};

async function examplesOf(method: MethodName): Promise<Example[]> {
  const prepare = prepared[method];
  if (prepare === undefined) return examplesFor(method, world.red, canary);
  return [{ method, request: await prepare() }];
}

/** What stands above tenants is for the instance's administrator. */
const isAbove = (method: MethodName) => /^(signingKey|tenant|bootstrap)\.(?!getOwn)/.test(method);
const callerOf = (method: MethodName): Credential => (isAbove(method) ? world.root : world.red.steward);
const idOf = (credential: Credential) =>
  typeof credential === "object" && "basic" in credential ? credential.basic[0] : "";

/** The rows of all tenants that the work leaves, the timers' own left out. */
async function newRows(work: () => Promise<unknown>): Promise<AuditRow[]> {
  const { instance } = world.parts.store;
  const all = async () => {
    const tenants = await instance.auditTenants();
    return (await Promise.all(tenants.map((id) => instance.auditTrail(id, 0, 100_000)))).flat();
  };
  const keyOf = ({ tenantId, seq }: AuditRow) => `${tenantId} ${seq}`;
  const before = new Set((await all()).map(keyOf));
  await work();
  return (await all()).filter((row) => !before.has(keyOf(row)) && row.actor !== "operator");
}

const ask = async ({ method, request }: Example) => expectOk(grpcDoor.call(world, method, request, callerOf(method)));

/** Every text of an answer that is neither an id nor a time nor a word of the contract. */
const textsIn = (value: JsonValue | undefined): string[] => {
  if (typeof value === "string") return /^([0-9a-z]{21}|[\d.:TZ-]+|[A-Z\d_]+|)$/.test(value) ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap((each) => textsIn(each)) : [];
};

describe("a query", () => {
  it.each(names.filter(isQuery))("%s leaves nothing in the trail", async (method) => {
    for (const example of await examplesOf(method)) expect(await newRows(() => ask(example))).toEqual([]);
  });
});

describe("a change", () => {
  it("is every other method that is built, each once", () => {
    const others = [...methods.keys()].filter((method) => !isQuery(method) && isBuilt(method));
    expect([...changes].sort()).toEqual([...others].sort());
    expect(changes.length).toBeGreaterThan(80);
  });

  it.each(changes)("N8-04: %s leaves who did what, and how it ended", async (method) => {
    for (const example of await examplesOf(method)) {
      let answer: JsonObject = {};
      const rows = await newRows(async () => (answer = await ask(example)));
      const id = idOf(callerOf(method));
      const isOpening = method === "bootstrap.bootstrap";
      const actor = isOpening ? "bootstrap" : `client:${id}`;
      const clientId = isOpening ? "" : id;
      const requestId = expect.stringMatching(/^[0-9a-z]{21}$/) as string;
      for (const row of rows) expect(row).toMatchObject({ actor, clientId, requestId, outcome: "success", reason: "" });
      expect(new Set(rows.map((row) => row.requestId)).size).toBe(1);
      const [word] = eventOf(method).split(".");
      expect(rows.map(({ event }) => event.split(".")[0])).toContain(word);

      const written = JSON.stringify(rows);
      expect(written).not.toContain("canary");
      for (const text of [...textsIn(answer), ...textsIn(prepared[method] ? example.request : {})])
        if (!("kid" in example.request) || text !== example.request["kid"]) expect(written).not.toContain(text);
    }
  });
});

describe("a change that is denied", () => {
  const denied = [...methods.keys()].filter((method) => !isQuery(method) && method !== "bootstrap.bootstrap");

  it.each(denied)("N8-04: %s stands in the trail of who tried it, as refused", async (method) => {
    const as = world.blue.as("worker");
    const refusals = async () => {
      const trail = await world.parts.store.instance.auditTrail(world.blue.id, 0, 100_000);
      return trail.filter(({ outcome }) => outcome === "refused");
    };
    const before = await refusals();
    for (const { request } of examplesFor(method, world.blue, canary).slice(0, 1))
      expect(await grpcDoor.call(world, method, request, as)).toMatchObject({ ok: false, kind: "denied" });
    // It is written once the answer is on its way.
    await vi.waitFor(async () => expect(await refusals()).toHaveLength(before.length + 1));
    const { event, actor, clientId, reason, ...rest } = (await refusals()).at(-1) ?? {};
    expect({ event, actor, clientId, reason }).toEqual({
      event: eventOf(method),
      actor: `client:${idOf(as)}`,
      clientId: idOf(as),
      reason: "INSUFFICIENT_SCOPE",
    });
    expect(JSON.stringify(rest)).not.toContain("canary");
  });
});
