// The audit trail as its reader sees it: pages from the newest, filters, and what was refused.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { AuditEvent } from "../../src/store/audit-rows.ts";
import { type Asking, asking, fresh, nobody, withAdministrators } from "../support/administrators.ts";
import { doors, expectOk } from "../support/door.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
let boss: Asking;
beforeAll(async () => {
  world = await createWorld();
  await withAdministrators(world.red, { onlooker: ["group:read"] });
  boss = asking(world, world.red.as("boss"));
});
afterAll(() => world.close());

type Event = { sequence: number; time: string; event: string; actor: string; subject: string; requestId: string } & {
  applicationId: string;
  outcome: string;
  reason: string;
};
type Listed = { events: Event[]; next: string };

async function list(request: JsonObject = {}): Promise<Listed> {
  const answer = await boss.ok("audit.listAuditEvents", request);
  const { auditEvents, nextPageToken } = answer as unknown as { auditEvents: Event[]; nextPageToken: string };
  return { events: auditEvents, next: nextPageToken };
}

async function all(request: JsonObject = {}): Promise<Event[]> {
  const events: Event[] = [];
  for (let pageToken = ""; ; ) {
    const page = await list({ ...request, pageToken });
    events.push(...page.events);
    if (page.next === "") return events;
    pageToken = page.next;
  }
}

const makeGroup = async () => (await boss.ok("group.createGroup", { group: { name: fresh("group") } }))["id"];
const bossId = () => String(world.red.ids.get("application boss"));

/** Adds events to a tenant's trail, as changes do. */
async function happened(count: number, facts: Partial<AuditEvent>, tenantId = world.red.id): Promise<void> {
  const plain = { subject: "", clientId: "", requestId: "", outcome: "success", reason: "", detail: {} };
  const event = { tenantId, time: world.now(), event: "test.happened", actor: "operator", ...plain, ...facts };
  await Promise.all(Array.from({ length: count }, () => world.parts.store.write("recordEvent", { audit: event })));
}

describe("a page", () => {
  it.each(doors)("begins with the newest change, told with who made it, over $name", async (door) => {
    const id = await makeGroup();
    const answer = await expectOk(door.call(world, "audit.listAuditEvents", { pageSize: 1 }, world.red.as("boss")));
    expect(answer["auditEvents"]).toMatchObject([
      {
        event: "group.created",
        actor: `client:${bossId()}`,
        subject: id,
        applicationId: bossId(),
        outcome: "success",
        reason: "",
      },
    ]);
  });

  it("follows page upon page to the first event, without gap and without the same one twice", async () => {
    const events = await all({ pageSize: 7 });
    const numbers = events.map(({ sequence }) => sequence);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => numbers.length - at));
  });

  it("is not disturbed by what happens meanwhile", async () => {
    const first = await list({ pageSize: 3 });
    await makeGroup();
    const second = await list({ pageSize: 3, pageToken: first.next });
    expect(second.events[0]?.sequence).toBe(Number(first.events.at(-1)?.sequence) - 1);
  });

  it("has 20 events where nothing is said, 1 and 100 where asked, and never 0, -1 or 101", async () => {
    await happened(100, {});
    for (const [pageSize, length] of [
      [undefined, 20],
      [1, 1],
      [100, 100],
    ] as const)
      expect((await list(pageSize === undefined ? {} : { pageSize })).events).toHaveLength(length);
    for (const pageSize of [0, 101])
      expect(await boss.refusal("audit.listAuditEvents", { pageSize })).toMatchObject({ kind: "invalid" });
    const door = doors[1];
    const outcome = await door?.call(world, "audit.listAuditEvents", { pageSize: -1 }, world.red.as("boss"));
    expect(outcome).toMatchObject({ kind: "invalid" });
  });

  it("goes on from a token of the same query only", async () => {
    const { next } = await list({ pageSize: 1, event: "group." });
    const other = Buffer.from(JSON.stringify(["mark", 1])).toString("base64url");
    const mark = String((JSON.parse(Buffer.from(next, "base64url").toString()) as unknown[])[0]);
    const text = Buffer.from(JSON.stringify([mark, "text"])).toString("base64url");
    for (const [pageToken, event] of [
      [next, "role."],
      [next, ""],
      [other, "group."],
      [text, "group."],
      ["garbage", "group."],
    ] as const)
      expect(await boss.refusal("audit.listAuditEvents", { pageToken, event })).toMatchObject({
        kind: "invalid",
        fields: ["page_token"],
      });
  });

  it("looks at 2,000 rows: an event beyond them is found on a later page", async () => {
    const subject = nobody.replace("0", "1");
    await happened(1, { event: "test.rare", subject });
    await happened(2000, { event: "test.often" });
    const first = await list({ event: "test.rare" });
    expect(first.events).toEqual([]);
    const second = await list({ event: "test.rare", pageToken: first.next });
    expect(second.events).toMatchObject([{ subject }]);
    const bounded = await list({ event: "test.rare", subject: nobody });
    expect(bounded.next).not.toBe("");
  });
});

describe("a filter", () => {
  it("of an event takes that one; with a dot at its end, all of the word and no longer word", async () => {
    await happened(1, { event: "groups.other" });
    await makeGroup();
    const created = await all({ event: "group.created" });
    expect(new Set(created.map(({ event }) => event))).toEqual(new Set(["group.created"]));
    const id = await makeGroup();
    await boss.ok("group.deleteGroup", { id });
    const words = new Set((await all({ event: "group." })).map(({ event }) => event));
    expect([...words].sort()).toEqual(["group.created", "group.deleted"]);
    expect(await all({ event: "group" })).toEqual([]);
  });

  it("of actor, subject, application, request and outcome compares exactly, and all have to hold", async () => {
    const subject = await makeGroup();
    const [event] = await all({ subject });
    expect(event?.subject).toBe(subject);
    const { requestId = "" } = event ?? {};
    expect(await all({ requestId })).toEqual([event]);
    expect(await all({ requestId, actor: `client:${bossId()}`, applicationId: bossId() })).toEqual([event]);
    for (const other of [{ actor: "operator" }, { applicationId: nobody }, { outcome: "refused" }, { event: "role." }])
      expect(await all({ requestId, ...other })).toEqual([]);
  });

  it("of time is not before the one and before the other", async () => {
    const time = Date.UTC(2001, 0, 1);
    await happened(1, { event: "test.timed", time });
    const at = (ms: number) => new Date(ms).toISOString();
    const found = (request: JsonObject) => all({ event: "test.timed", ...request }).then((events) => events.length);
    expect(await found({ startTime: at(time), endTime: at(time + 1) })).toBe(1);
    expect(await found({ startTime: at(time + 1) })).toBe(0);
    expect(await found({ endTime: at(time) })).toBe(0);
  });
});

describe("the trail", () => {
  it("is the caller's own tenant's, whatever is asked for", async () => {
    const subject = "b".repeat(21);
    await happened(1, { event: "test.blue", subject }, world.blue.id);
    expect(await all({ subject })).toEqual([]);
    expect(await all({ event: "test.blue" })).toEqual([]);
  });

  it("is closed to whoever lacks the permission", async () => {
    const onlooker = asking(world, world.red.as("onlooker"));
    expect(await onlooker.refusal("audit.listAuditEvents", {})).toMatchObject({ reason: "INSUFFICIENT_SCOPE" });
  });
});

describe("a change that a known caller was denied", () => {
  const denied = (request: JsonObject) => all({ outcome: "refused", ...request });

  it.each(doors)("is an event without subject, over $name", async (door) => {
    const onlooker = world.red.as("onlooker");
    const actor = `client:${world.red.ids.get("application onlooker")}`;
    const before = (await denied({ actor, event: "group.deleted" })).length;
    await door.call(world, "group.deleteGroup", { id: nobody }, onlooker);
    const events = await vi.waitFor(async () => {
      const found = await denied({ actor, event: "group.deleted" });
      expect(found).toHaveLength(before + 1);
      return found;
    });
    expect(events[0]).toMatchObject({ subject: "", outcome: "refused", reason: "INSUFFICIENT_SCOPE" });
  });

  it("is told of, and a look, a bad request and a stranger are not", async () => {
    const onlooker = asking(world, world.red.as("onlooker"));
    const before = (await denied({})).length;
    await onlooker.refusal("role.listRoles", {});
    await onlooker.refusal("group.getGroup", { id: nobody });
    await boss.refusal("group.createGroup", { group: {} });
    await asking(world, "none").refusal("group.deleteGroup", { id: nobody });
    await onlooker.refusal("role.deleteRole", { id: nobody });
    const events = await vi.waitFor(async () => {
      const found = await denied({});
      expect(found.length).toBeGreaterThan(before);
      return found;
    });
    expect(events).toHaveLength(before + 1);
    expect(events[0]).toMatchObject({ event: "role.deleted" });
  });
});
