// The standard methods as a caller meets them: what a mask may name, which revision is good, and what is refused.
import { create, type JsonObject, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GroupSchema, UpdateGroupRequestSchema } from "../../src/gen/tessera/admin/v1/group_pb.ts";
import { type Administered, createAdministered, nobody, steward } from "../support/administered.ts";
import { type Door, doors, grpcDoor, headersOf, trpcDoor } from "../support/door.ts";

let administered: Administered;
beforeAll(async () => {
  administered = await createAdministered();
});
afterAll(() => administered.close());

const makeGroup = async (facts: JsonObject = {}) => {
  const group = { name: administered.fresh("Group"), description: "as it was", ...facts };
  const { id, revision } = await administered.ok(grpcDoor, "group.createGroup", { group });
  return { id: String(id), revision: Number(revision), ...group };
};
const update = (door: Door, group: JsonObject, updateMask?: string) =>
  administered.ok(door, "group.updateGroup", { group, ...(updateMask !== undefined && { updateMask }) });
const refusal = (door: Door, group: JsonObject, updateMask?: string) =>
  administered.refusal(door, "group.updateGroup", { group, ...(updateMask !== undefined && { updateMask }) });
const rowOf = (id: string) => {
  const { parts, red } = administered.world;
  return parts.store.tenant(red.id).row("group", id);
};
const invalid = (...fields: string[]) => ({ kind: "invalid", reason: "INVALID_REQUEST", fields });

describe.each(doors)("$name: an update", (door) => {
  it("without a mask sets what is there, and leaves the rest", async () => {
    const { id, name } = await makeGroup();
    expect(await update(door, { id, description: "new" })).toMatchObject({ name, description: "new", revision: 2 });
    expect(await update(door, { id, name: `${name} 2` })).toMatchObject({ name: `${name} 2`, description: "new" });
    expect(await update(door, { id, description: "newer" }, "")).toMatchObject({ description: "newer" });
  });

  it("with a mask sets what it names, though it is empty, and passes over everything else", async () => {
    const { id, name } = await makeGroup();
    const answer = await update(door, { id, name: "passed over", description: "" }, "description");
    expect(answer).toMatchObject({ id, name, description: "", revision: 2 });
    expect(await administered.ok(door, "group.getGroup", { id })).toEqual(answer);
  });

  it.each(["id", "revision", "createTime", "updateTime", "tenantId", "noSuchField", "name.first"])(
    "N6-12: that names %s in its mask is refused, and changes nothing",
    async (path) => {
      const { id } = await makeGroup();
      const before = await rowOf(id);
      const field = path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      expect(await refusal(door, { id, description: "new" }, `description,${path}`)).toEqual(invalid(field));
      expect(await rowOf(id)).toEqual(before);
    },
  );

  it("of what cannot change is refused where it differs, and taken where it is the same", async () => {
    const { red } = administered.world;
    const [{ id: groupId }, { id: other }] = [await makeGroup(), await makeGroup()];
    const groupMember = { groupId, userId: red.ids.get("user ada") ?? "" };
    const id = String((await administered.ok(door, "group.createGroupMember", { groupMember }))["id"]);
    const move = { groupMember: { id, groupId: other } };
    for (const request of [move, { ...move, updateMask: "groupId" }])
      expect(await administered.refusal(door, "group.updateGroupMember", request)).toEqual(invalid("group_id"));
    const stay = { groupMember: { id, groupId }, updateMask: "groupId" };
    expect(await administered.ok(door, "group.updateGroupMember", stay)).toMatchObject({ groupId, revision: 2 });
  });

  it("goes through at the revision that is there, and at 0 or none; at any other it is stale", async () => {
    const { id } = await makeGroup();
    const stale = { kind: "stale", reason: "STALE", fields: [] };
    expect(await update(door, { id, description: "1", revision: 1 })).toMatchObject({ revision: 2 });
    for (const revision of [1, 3, 4_294_967_295])
      expect(await refusal(door, { id, description: "late", revision })).toEqual(stale);
    expect(await update(door, { id, description: "2", revision: 0 })).toMatchObject({ revision: 3 });
    expect(await update(door, { id, description: "3" })).toMatchObject({ description: "3", revision: 4 });
  });

  it("at one revision, twice at once, is made once", async () => {
    const { id, revision } = await makeGroup();
    const ask = (description: string) =>
      administered.ask(door, "group.updateGroup", { group: { id, description, revision } });
    const outcomes = await Promise.all(["one", "two", "three"].map(ask));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await rowOf(id)).toMatchObject({ revision: 2 });
  });

  it("that would leave something invalid is refused: its rules are those of what would be stored", async () => {
    const { id, name } = await makeGroup();
    expect(await refusal(door, { id }, "name")).toEqual(invalid("name"));
    expect(await refusal(door, { id, description: "x".repeat(5000) })).toEqual(invalid("description"));
    expect(await rowOf(id)).toMatchObject({ name, revision: 1 });
  });

  it("N6-11: of another tenant's row, and of none, is answered alike", async () => {
    const theirs = administered.world.blue.ids.get("group staff") ?? "";
    for (const id of [theirs, nobody])
      expect(await refusal(door, { id, description: "x" })).toMatchObject({ kind: "notFound", fields: [] });
    expect(await refusal(door, { description: "x" })).toMatchObject({
      kind: expect.stringMatching(/notFound|invalid/),
    });
  });
});

describe.each(doors)("$name: a creation", (door) => {
  it("N6-11: with an id is refused, whosever it is", async () => {
    const { red, blue } = administered.world;
    for (const id of [nobody, red.ids.get("group staff") ?? "", blue.ids.get("group staff") ?? ""]) {
      const group = { id, name: administered.fresh("Group") };
      expect(await administered.refusal(door, "group.createGroup", { group })).toEqual(invalid("id"));
    }
  });

  it("N6-12: keeps nothing of what the service fills in", async () => {
    const group = { name: administered.fresh("Group"), revision: 9, createTime: "2001-01-01T00:00:00Z" };
    const { id } = await administered.ok(door, "group.createGroup", { group });
    const row = await rowOf(String(id));
    expect(row).toMatchObject({ revision: 1, tenantId: administered.world.red.id });
    expect(Number(row?.["createTime"])).toBeGreaterThan(Date.parse("2020-01-01"));
  });

  it("without its message, or under a name that is taken, is refused", async () => {
    const { name } = await makeGroup();
    expect(await administered.refusal(door, "group.createGroup", {})).toMatchObject({ kind: "invalid" });
    const again = await administered.refusal(door, "group.createGroup", { group: { name } });
    expect(again).toMatchObject({ kind: "exists" });
  });
});

describe("N6-12: over tRPC", () => {
  const send = (method: "group.createGroup" | "organization.createOrganization", body: string) =>
    trpcDoor.send(administered.world, method, Buffer.from(body), headersOf(steward(administered.world.red)));

  it.each([
    ["an unknown field of the message", '{"group":{"name":"n","frobble":1}}'],
    ["an unknown field of the request", '{"group":{"name":"n"},"frobble":1}'],
    ["a column that is no field", '{"group":{"name":"n","tenantId":"x"}}'],
    ["__proto__ in the message", '{"group":{"name":"n","__proto__":{"description":"x"}}}'],
    ["__proto__ in the request", '{"__proto__":{"group":{"name":"n"}}}'],
    ["constructor", '{"group":{"name":"n","constructor":{"prototype":{"description":"x"}}}}'],
    ["a list for a text", '{"group":{"name":["n"]}}'],
    ["a list for a message", '{"group":[{"name":"n"}]}'],
    ["a list for the request", '[{"group":{"name":"n"}}]'],
  ])("%s is refused, and nothing is made", async (_what, body) => {
    const { outcome } = await send("group.createGroup", body);
    expect(outcome).toMatchObject({ ok: false, kind: "invalid" });
    const rows = administered.world.parts.store.tenant(administered.world.red.id);
    expect(await rows.rowByKey("group", { name: "n" })).toBeUndefined();
    expect(Object.prototype).not.toHaveProperty("description");
  });

  it("keys of free data are data, whatever they are called, and reach no prototype", async () => {
    const data = '{"constructor":{"prototype":{"polluted":1}},"toString":"x","__proto__":{"polluted":1},"":0}';
    const name = administered.fresh("Organization");
    const { outcome } = await send(
      "organization.createOrganization",
      `{"organization":{"name":"${name}","customData":${data}}}`,
    );
    expect(({} as JsonObject)["polluted"]).toBeUndefined();
    expect(Object.prototype.toString.call({})).toBe("[object Object]");
    expect(JSON.stringify(outcome.ok && outcome.answer["customData"])).toBe(data);
  });
});

describe("N6-12: over gRPC", () => {
  const marker = "unknown-field-marker";
  /** A text in field 999, which no message has. */
  const unknown = Buffer.concat([Buffer.from([0xba, 0x3e, marker.length]), Buffer.from(marker)]);
  const framed = (message: Uint8Array) => Buffer.concat([Buffer.from([0x0a, message.length]), message]);

  it("unknown fields are dropped, not stored and not answered", async () => {
    const name = administered.fresh("Group");
    const body = Buffer.concat([
      framed(Buffer.concat([toBinary(GroupSchema, create(GroupSchema, { name })), unknown])),
      unknown,
    ]);
    const { world } = administered;
    const sent = await grpcDoor.send(world, "group.createGroup", body, headersOf(steward(world.red)));
    expect(sent.outcome).toMatchObject({ ok: true, answer: { name } });
    expect(sent.bytes).not.toContain(Buffer.from(marker).toString("hex"));
    const row = await world.parts.store.tenant(world.red.id).rowByKey("group", { name });
    expect(JSON.stringify(row)).not.toContain(marker);
  });

  it.each(["__proto__", "constructor", "", "*", "name,description", "groups.name", "ＮＡＭＥ"])(
    "a mask of %j is refused",
    async (path) => {
      const { id } = await makeGroup();
      const { world } = administered;
      const request = create(UpdateGroupRequestSchema, { group: { id, name: "x" }, updateMask: { paths: [path] } });
      const body = toBinary(UpdateGroupRequestSchema, request);
      const { outcome } = await grpcDoor.send(world, "group.updateGroup", body, headersOf(steward(world.red)));
      expect(outcome).toMatchObject({ ok: false, kind: "invalid", fields: [path] });
    },
  );
});
