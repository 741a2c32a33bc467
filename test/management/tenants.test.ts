// Two tenants that are alike: whatever a request names of the other one reads exactly like what never was.
import { fromJson, type JsonObject, toJsonString } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Call } from "../../src/call.ts";
import { createCancel } from "../../src/cancel.ts";
import { asFailure } from "../../src/failure.ts";
import { managementContract } from "../../src/resources/contract.ts";
import { managementServices } from "../../src/resources/services.ts";
import { resourceTypes } from "../../src/resources/types.ts";
import type { Store } from "../../src/store/store.ts";
import { type Door, doors, headersOf, type MethodName, methodNamed } from "../support/door.ts";
import { examplesFor, usualId } from "../support/management-examples.ts";
import { type IdField, idFieldsOf, withId } from "../support/management-requests.ts";
import { createManagedWorld, type ManagedWorld, randomId } from "../support/management-world.ts";

let world: ManagedWorld;
beforeAll(async () => void (world = await createManagedWorld()));
afterAll(() => world.close());

const withIds = Object.entries(managementContract)
  .flatMap(([service, desc]) => desc.methods.map(({ localName }): MethodName => `${service}.${localName}`))
  .filter((method) => fieldsOf(method).length > 0);

function fieldsOf(method: MethodName): IdField[] {
  return idFieldsOf(methodNamed(method).input);
}

/** All that red's machine administrator sees of an answer. */
type Ask = (method: MethodName, request: JsonObject) => Promise<string>;

const through =
  (door: Door): Ask =>
  async (method, request) =>
    (await door.send(world, method, door.encode(method, request), headersOf(world.red.steward))).bytes;

/** Where red's view of blue's thing differs from its view of nothing: the field, and both answers. */
async function differences(method: MethodName, ask: Ask): Promise<[field: string, blue: string, nothing: string][]> {
  const found: [string, string, string][] = [];
  for (const field of fieldsOf(method)) {
    for (const { request } of examplesFor(method, world.red, randomId)) {
      const blue = await ask(method, withId(request, field, usualId(world.blue, field.kind)));
      const nothing = await ask(method, withId(request, field, randomId()));
      if (blue !== nothing) found.push([field.path.join("."), blue, nothing]);
    }
  }
  return found;
}

/** Everything that a tenant has, short of its audit trail. */
async function stateOf(tenantId: string): Promise<string> {
  const tenant = world.parts.store.tenant(tenantId);
  const rows = [...resourceTypes.values()].map(({ name }) => tenant.rows(name, "", 1000));
  return JSON.stringify(await Promise.all(rows));
}

const trail = (tenantId: string) => world.parts.store.instance.auditTrail(tenantId, 0, 10_000);

it("N6-11: every kind of thing that a request can name exists in both tenants, under two ids", () => {
  const kinds = new Set(withIds.flatMap((method) => fieldsOf(method).map(({ kind }) => kind)));
  expect(kinds.size).toBeGreaterThan(20);
  for (const kind of kinds) {
    const [red, blue] = [usualId(world.red, kind), usualId(world.blue, kind)];
    expect([kind, red, blue]).toEqual([kind, expect.stringMatching(form), expect.stringMatching(form)]);
    expect(red).not.toBe(blue);
  }
});

const form = /^[0-9a-z]{21}$/;

describe.each(doors)("over $name", (door) => {
  it.each(withIds)(
    "N6-11 I-TEN-01 I-TEN-02: %s tells nothing of another tenant, and changes nothing there",
    async (method) => {
      const before = await stateOf(world.blue.id);
      const events = (await trail(world.blue.id)).length;
      expect(await differences(method, through(door))).toEqual([]);
      expect(await stateOf(world.blue.id)).toBe(before);
      expect(await trail(world.blue.id)).toHaveLength(events);
    },
  );
});

describe("a use-case that leaks", () => {
  /** Reads of red that fall back to blue. */
  const leaky = (store: Store): Store => ({
    ...store,
    tenant(id) {
      const [own, other] = [store.tenant(id), store.tenant(world.blue.id)];
      return { ...own, row: async (type, row) => (await own.row(type, row)) ?? other.row(type, row) };
    },
  });

  const asked =
    (store: Store): Ask =>
    async (method, request) => {
      const [service = "", name = ""] = method.split(".");
      const desc = managementContract[service as keyof typeof managementContract];
      const served = managementServices({ ...world.parts, store }).find((each) => each.desc === desc);
      const { input, output } = methodNamed(method);
      try {
        const answer = await served?.useCases[name]?.(await callOfRed(), fromJson(input, request));
        return toJsonString(output, fromJson(output, answer as JsonObject));
      } catch (thrown) {
        return asFailure(thrown).message;
      }
    };

  async function callOfRed(): Promise<Call> {
    const client = await world.parts.store.instance.findClient(world.red.idOf("application steward"));
    if (client === undefined) throw new Error("no steward");
    const caller = { kind: "client", client, proof: "secret", permissions: new Set<string>() } as const;
    const now = world.now();
    return { caller, now, deadline: now + 5000, cancel: createCancel(), requestId: "", method: "" };
  }

  it.each<MethodName>(["group.getGroup", "group.listGroupMembers", "user.createUserIdentity"])(
    "N6-11: %s is caught, and the sound one is not",
    async (method) => {
      expect(await differences(method, asked(leaky(world.parts.store)))).not.toEqual([]);
      expect(await differences(method, asked(world.parts.store))).toEqual([]);
    },
  );
});
