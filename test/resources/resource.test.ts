// The five standard methods.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProjectSchema } from "../../src/gen/tessera/admin/v1/project_pb.ts";
import { application } from "../../src/resources/applications/application.ts";
import { createApplicationSecret, operating } from "../../src/resources/index.ts";
import { pageOf } from "../../src/resources/listing.ts";
import { project } from "../../src/resources/policy/project.ts";
import {
  type Acting,
  createResource,
  deleteResource,
  getResource,
  updateResource,
} from "../../src/resources/resource.ts";
import { user, userIdentity } from "../../src/resources/users/user.ts";
import { type Instance, openInstance, refusalOf } from "../support/opened.ts";

const now = 1_800_000_000_000;
const nobody = "0".repeat(21);

let instance: Instance;
const actingIn = async (name: string): Promise<Acting> =>
  operating({ tenantId: await instance.tenantId(name), now, requestId: nobody });
let [acting, elsewhere]: [Acting, Acting] = [undefined as never, undefined as never];

beforeAll(async () => {
  instance = await openInstance(afterAll);
  const connectors = [{ name: "IdP", verification: "VERIFICATION_JWKS", issuer: "https://idp.test", audiences: ["a"] }];
  await instance.apply({ tenant: { name: "north" }, connectors, projects: [{ name: "Main", isDefault: true }] });
  await instance.apply({ tenant: { name: "south" } });
  [acting, elsewhere] = [await actingIn("north"), await actingIn("south")];
});

let made = 0;
const makeProject = (facts: MessageInitShape<typeof ProjectSchema> = {}) =>
  createResource(instance.parts, project, acting, { name: `Project ${(made += 1)}`, ...facts });

describe("create", () => {
  it("answers what get reads, with id, times and revision 1", async () => {
    const created = await makeProject({ disabled: true });
    expect(created).toMatchObject({ disabled: true, revision: 1, createTime: timestampFromMs(now) });
    expect(created.id).toMatch(/^[0-9a-z]{21}$/);
    expect(await getResource(instance.parts, project, acting, created.id)).toEqual(created);
  });

  it("refuses a name that is taken", async () => {
    const { name } = await makeProject();
    expect(await refusalOf(makeProject({ name }))).toMatchObject({ kind: "exists" });
  });

  it("N6-12: stores nothing of what the service fills in, nor anything unknown", async () => {
    const hostile = JSON.parse('{"__proto__":{"disabled":true},"constructor":{"x":1},"tenantId":"t","frobble":1}');
    const created = await makeProject({ ...hostile, revision: 9, createTime: timestampFromMs(1) });
    const row = await instance.parts.store.tenant(acting.tenantId).row("project", created.id);
    expect(row).toMatchObject({ tenantId: acting.tenantId, revision: 1, createTime: now, disabled: false });
    expect(Object.keys(row ?? {})).not.toContain("frobble");
  });

  it("N6-04: makes no secret for a public application", async () => {
    const web = await createResource(instance.parts, application, acting, {
      name: "Web",
      publicClient: true,
      origins: ["https://web.test"],
    });
    const asked = createApplicationSecret(instance.parts, acting, { applicationId: web.id, name: "S" });
    expect(await refusalOf(asked)).toMatchObject({ kind: "precondition" });
  });
});

describe("I-DB-01: text of any kind", () => {
  const corpus = [
    "'; drop table project; --",
    '" or ""="',
    "') or 1=1 --",
    "\\",
    "%",
    "_",
    "*",
    "[a-z]",
    "?",
    ":name",
    "$1",
    "${x}",
    "null",
    "0",
    " ",
    "\t\r\n",
    "a\0b",
    "\u{200b}",
    "\u{202e}evil",
    "🦊",
    "e\u{301}",
    "\u{e9}",
    "a".repeat(256),
  ];

  it("is stored as it is, found under its own name and no other, and harms nothing", async () => {
    const rows = instance.parts.store.tenant(acting.tenantId);
    for (const name of corpus) await makeProject({ name });
    for (const name of corpus) {
      const found = await rows.rowByKey("project", { name });
      expect(found).toMatchObject({ name });
      expect(await getResource(instance.parts, project, acting, String(found?.["id"]))).toMatchObject({ name });
    }
    expect(instance.parts.store.integrityCheck()).toEqual([]);
  });
});

describe("I-ID-02 I-ID-03: names that look alike", () => {
  const alike = ["ada", "Ada", "ADA", "ａda", "ad\u{200b}a", "аda", "ada ", "ada\u{ad}", "zoe\u{308}", "zo\u{eb}"];

  it("are different users, and different upstream subjects", async () => {
    const { parts } = instance;
    const store = parts.store.tenant(acting.tenantId);
    const connectorId = String((await store.rowByKey("connector", { name: "IdP" }))?.["id"]);
    for (const name of alike) {
      const { id } = await createResource(parts, user, acting, { username: name });
      await createResource(parts, userIdentity, acting, { userId: id, connectorId, subject: name });
    }
    for (const name of alike) {
      expect((await store.userByIdentity(connectorId, name))?.username).toBe(name);
      expect(await store.rowByKey("user", { username: name })).toMatchObject({ username: name });
    }
    expect(await store.userByIdentity(connectorId, "aDa")).toBeUndefined();
  });
});

describe("update", () => {
  it("answers what get reads, one revision later", async () => {
    const { id } = await makeProject();
    const change = create(ProjectSchema, { disabled: true });
    const updated = await updateResource(instance.parts, project, acting, { id, change, revision: 1 });
    expect(updated).toMatchObject({ disabled: true, revision: 2 });
    expect(await getResource(instance.parts, project, acting, id)).toEqual(updated);
  });

  it("on an older revision is stale, and changes nothing", async () => {
    const { id } = await makeProject();
    const update = { id, change: create(ProjectSchema, { disabled: true }), revision: 1 };
    await updateResource(instance.parts, project, acting, update);
    const change = create(ProjectSchema, { name: "Late" });
    const late = updateResource(instance.parts, project, acting, { id, change, revision: 1 });
    expect(await refusalOf(late)).toMatchObject({ kind: "stale" });
    expect(await getResource(instance.parts, project, acting, id)).toMatchObject({ revision: 2, disabled: true });
  });
});

describe("delete", () => {
  it("removes it, once", async () => {
    const { id } = await makeProject();
    await deleteResource(instance.parts, project, acting, id);
    const again = await refusalOf(deleteResource(instance.parts, project, acting, id));
    expect(again).toEqual(await refusalOf(getResource(instance.parts, project, acting, nobody)));
  });

  it("is refused while something stands on it", async () => {
    const { id } = await makeProject();
    await createResource(instance.parts, application, acting, { name: "Backend", projectId: id });
    expect(await refusalOf(deleteResource(instance.parts, project, acting, id))).toMatchObject({
      kind: "precondition",
    });
  });
});

describe("list", () => {
  it("pages through everything in order of birth, each once", async () => {
    for (let i = 0; i < 5; i += 1) await makeProject();
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await pageOf(instance.parts, project, acting, { pageSize: 2, pageToken });
      seen.push(...page.items.map((item) => item.id));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    const rows = await instance.parts.store.tenant(acting.tenantId).rows("project", "", 1000);
    expect(seen).toEqual(rows.map((row) => row["id"]));
    expect(seen).toEqual([...seen].sort());
  });

  it("takes 1 to 100 for a page", async () => {
    const ask = (pageSize: number) => pageOf(instance.parts, project, acting, { pageSize });
    expect((await ask(1)).items).toHaveLength(1);
    expect((await ask(100)).items.length).toBeGreaterThan(1);
    for (const size of [0, 101, -1, 1.5, Number.NaN])
      expect(await refusalOf(ask(size))).toMatchObject({ violations: [{ field: "page_size" }] });
  });

  it("I-DB-03: takes no other token than one of its own form", async () => {
    for (const pageToken of ["%", "' or 1=1", "0".repeat(20), "0".repeat(22), "A".repeat(21)]) {
      const refused = await refusalOf(pageOf(instance.parts, project, acting, { pageToken }));
      expect(refused).toMatchObject({ violations: [{ field: "page_token" }] });
    }
  });
});

describe("N6-11: from another tenant", () => {
  it("an id reads like one that never was, whatever is asked", async () => {
    const { id } = await makeProject();
    const { parts } = instance;
    const change = create(ProjectSchema, { disabled: true });
    const asks = [
      (of: string) => getResource(parts, project, elsewhere, of),
      (of: string) => updateResource(parts, project, elsewhere, { id: of, change }),
      (of: string) => deleteResource(parts, project, elsewhere, of),
    ];
    for (const ask of asks) expect(await refusalOf(ask(id))).toEqual(await refusalOf(ask(nobody)));
    expect(await getResource(parts, project, acting, id)).toMatchObject({ revision: 1 });
    expect((await pageOf(parts, project, elsewhere, {})).items).toEqual([]);
  });

  it("an application gets no secret", async () => {
    const { parts } = instance;
    const { id } = await createResource(parts, application, acting, { name: "Coveted" });
    const ask = (applicationId: string) => createApplicationSecret(parts, elsewhere, { applicationId, name: "S" });
    expect(await refusalOf(ask(id))).toEqual(await refusalOf(ask(nobody)));
    expect(await parts.store.instance.secretsOf(id)).toEqual([]);
  });
});
