// Writing a tenant out: what is in it, what is not, and that reading it back changes nothing.
import Sqlite from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { createOperate } from "../../src/operate.ts";
import { DeclarationSchema } from "../../src/gen/tessera/admin/v1/declaration_pb.ts";
import { type Instance, openInstance, refusalOf } from "../support/opened.ts";
import { richTenant } from "../support/rich-tenant.ts";

const unchanged = (name: string) => `tenant ${name}: nothing to change`;

/** Asks for one part after the other. */
async function exported({ parts }: Pick<Instance, "parts">, tenant: string): Promise<string> {
  const operate = createOperate(parts, "unused");
  const text: string[] = [];
  for (let from: string | undefined = ""; from !== undefined; ) {
    const lines = await operate({ command: "export", tenant, from });
    from = lines.pop() || undefined;
    text.push(...lines);
  }
  return `${text.join("\n")}\n`;
}

type Document = Record<string, Record<string, unknown>[]>;
const documentsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as Document);
const documentOf = (text: string): Document => documentsOf(text)[0] ?? {};

/** The printed lines without warnings. */
const changesIn = (lines: string[]) => lines.filter((line) => !line.startsWith("warning"));

describe("a rich tenant", () => {
  it("written out and applied again changes nothing, nor is there anything to prune", async () => {
    const instance = await openInstance();
    await instance.apply(richTenant("acme"));
    const text = await exported(instance, "acme");
    expect(Object.keys(documentOf(text)).sort()).toEqual(
      DeclarationSchema.fields.map(({ jsonName }) => jsonName).sort(),
    );
    const before = await instance.audit(await instance.tenantId("acme"));
    expect(changesIn(await instance.apply(text))).toEqual([unchanged("acme")]);
    expect(changesIn(await instance.apply(text, { prune: true }))).toEqual([unchanged("acme")]);
    expect(await instance.audit(await instance.tenantId("acme"))).toEqual(before);
    expect(await exported(instance, "acme")).toBe(text);
  });

  it("declared again as it was first written changes nothing either", async () => {
    const { apply } = await openInstance();
    await apply(richTenant("acme"));
    expect(changesIn(await apply(richTenant("acme")))).toEqual([unchanged("acme")]);
  });

  it("applied on a fresh instance and written out there is the same text, but for secrets", async () => {
    const [first, second] = [await openInstance(), await openInstance()];
    await first.apply(richTenant("acme"));
    const text = await exported(first, "acme");
    const lines = await second.apply(text);
    expect(lines.filter((line) => line.includes("secret, shown this once"))).toHaveLength(2);
    const secretless = text.replace(/^ {2}# .*clientSecret.*\n/m, "");
    expect(secretless).not.toBe(text);
    expect(await exported(second, "acme")).toBe(secretless);
  });

  it("holds no secret, and nothing that only the service may say", async () => {
    const instance = await openInstance();
    const lines = await instance.apply(richTenant("acme"));
    const text = await exported(instance, "acme");
    const generated = lines.flatMap((line) => /shown this once: (?<secret>\S+)/.exec(line)?.groups?.["secret"] ?? []);
    const store = instance.parts.store.tenant(await instance.tenantId("acme"));
    const digests = (await store.rows("applicationSecret", "", 10)).map((row) => String(row["digest"]));
    const sealed = (await store.rows("connector", "", 10)).map((row) => String(row["clientSecret"]));
    for (const secret of [...generated, ...digests, ...sealed.filter(Boolean), "upstream-client-secret"])
      expect(text).not.toContain(secret);
    expect(text).not.toMatch(/revision|createTime|updateTime|lastUseTime|legacy|dnsRecords|status|warnings/);
  });

  it("names what it refers to, and by its id what has a name like one", async () => {
    const instance = await openInstance();
    await instance.apply(richTenant("acme"));
    const { roles, groups, scopes } = documentOf(await exported(instance, "acme"));
    const like = roles?.find(({ name }) => name === "0".repeat(21));
    expect(groups?.[0]?.["roleIds"]).toEqual(["Reader", like?.["id"]]);
    expect(roles?.find(({ name }) => name === "Reader")?.["scopeIds"]).toEqual([
      "https://api.test#read",
      "https://api.test#a#b",
    ]);
    expect(scopes?.map(({ resourceId, name }) => `${String(resourceId)} ${String(name)}`).sort()).toEqual([
      "https://api.test a#b",
      "https://api.test read",
      "urn:tessera:organization invite",
    ]);
  });
});

describe("any text", () => {
  it("comes back as it was, whatever YAML would make of it", async () => {
    const instance = await openInstance();
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(..." \n\t\r#:-'\"|>&*!%@`{}[],?~0".split("")) }),
    );
    const customData = fc.dictionary(text, fc.jsonValue(), { noNullPrototype: true, maxKeys: 4 });
    const texts = fc.sample(text, { numRuns: 300, seed: 4711 });
    const organizations = fc
      .sample(customData, { numRuns: 100, seed: 4711 })
      .map((data, i) => ({ name: `organization ${i}`, description: texts[i], customData: data }));
    const users = texts.map((name, i) => ({ username: `user ${i}`, name }));
    await instance.apply({ tenant: { name: "acme" }, organizations, users });
    const written = await exported(instance, "acme");
    expect(await instance.apply(written)).toEqual([unchanged("acme")]);
    const stored = await instance.parts.store.tenant(await instance.tenantId("acme")).rows("user", "", 500);
    expect(new Map(stored.map(({ username, name }) => [username, name]))).toEqual(
      new Map(users.map(({ username, name }) => [username, name])),
    );
  });
});

describe("what is left out", () => {
  it("is what every tenant has anyway, as long as nobody changed it", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant: { name: "acme" } });
    const id = await instance.tenantId("acme");
    expect(await exported(instance, "acme")).toBe(`---\ntenant:\n  id: ${id}\n  name: acme\n`);
    const changed = { name: "Tessera", indicator: "urn:tessera:management", accessTokenTtl: 60 };
    await instance.apply({ tenant: { name: "acme" }, resources: [changed] });
    expect(documentOf(await exported(instance, "acme"))["resources"]).toEqual([changed]);
  });

  it("is what has ended", async () => {
    const instance = await openInstance();
    const soon = (ms: number) => new Date(instance.parts.clock.now() + ms).toISOString();
    await instance.apply({
      tenant: { name: "acme" },
      roles: [{ name: "R" }],
      users: [{ username: "ada" }, { username: "ben" }],
      roleAssignments: [
        { roleId: "R", userId: "ada", expireTime: soon(60_000) },
        { roleId: "R", userId: "ben", expireTime: soon(-1) },
      ],
    });
    expect(documentOf(await exported(instance, "acme"))["roleAssignments"]).toMatchObject([{ userId: "ada" }]);
  });

  it("is a reference to what is gone", async () => {
    const instance = await openInstance();
    await instance.apply({
      tenant: { name: "acme" },
      roles: [{ name: "R" }, { name: "S" }],
      groups: [{ name: "G", roleIds: ["R", "S"] }],
    });
    await instance.apply({ tenant: { name: "acme" }, roles: [{ name: "S" }] }, { prune: true });
    const text = await exported(instance, "acme");
    expect(documentOf(text)["groups"]).toMatchObject([{ roleIds: ["S"] }]);
    expect(await instance.apply(text)).toEqual([unchanged("acme")]);
  });
});

describe("all tenants", () => {
  it("are written one after the other, the system tenant first, and applied again change nothing", async () => {
    const instance = await openInstance();
    for (const name of ["acme", "blue"]) await instance.apply({ tenant: { name }, users: [{ username: "ada" }] });
    const text = await exported(instance, "");
    expect(documentsOf(text).map(({ tenant }) => (tenant as unknown as { name: string }).name)).toEqual([
      "system",
      "acme",
      "blue",
    ]);
    expect(await instance.apply(text)).toEqual(["system", "acme", "blue"].map(unchanged));
    expect(await (await openInstance()).apply(text)).toHaveLength(5);
  });

  it("hold nothing of each other", async () => {
    const instance = await openInstance();
    await instance.apply({ tenant: { name: "acme" }, users: [{ username: "ada" }] });
    await instance.apply({ tenant: { name: "blue" }, users: [{ username: "Ben of blue" }] });
    expect(await exported(instance, "acme")).not.toContain("Ben of blue");
  });

  it("of which none has the name are none to write", async () => {
    const instance = await openInstance();
    expect(await refusalOf(exported(instance, "nobody"))).toMatchObject({ kind: "notFound" });
  });
});

describe("a list of more than 10,000", () => {
  it("goes on in a further document, and earlier things may refer to what is there", { timeout: 180_000 }, async () => {
    const instance = await openInstance();
    await instance.apply({
      tenant: { name: "acme" },
      projects: [{ name: "Main", isDefault: true }],
      applications: [{ name: "first", type: "APPLICATION_TYPE_MACHINE_TO_MACHINE" }],
    });
    copyRows(instance, "application", 10_000);
    const last = "copy 10000";
    const resources = [{ name: "API", indicator: "https://api.test", serverClientIds: [last] }];
    await instance.apply({
      tenant: { name: "acme" },
      resources,
      applicationSecrets: [{ applicationId: last, name: "1" }],
    });
    const text = await exported(instance, "acme");
    const documents = documentsOf(text);
    expect(documents.map(({ applications }) => applications?.length)).toEqual([10_000, 1]);
    expect(documents[0]?.["resources"]).toMatchObject([{ serverClientIds: [last] }]);
    expect(documents[0]?.["applicationSecrets"]).toBeUndefined();
    expect(documents[1]).toMatchObject({
      applications: [{ name: last }],
      applicationSecrets: [{ applicationId: last }],
    });

    const fresh = await openInstance();
    expect(changesIn(await fresh.apply(text))).toHaveLength(10_000 + 5);
    expect(await exported(fresh, "acme")).toBe(text);
    expect(await fresh.apply(text)).toEqual([unchanged("acme"), unchanged("acme")]);
  });
});

/** So many copies of the only row of a table, with names and ids of their own that sort behind it. */
function copyRows({ databaseFile }: Instance, table: string, count: number): void {
  const file = new Sqlite(databaseFile);
  const columns = (file.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
  const own = new Map([
    ["id", "printf('zz%019d', value)"],
    ["name", "'copy ' || value"],
  ]);
  const values = columns.map((name) => own.get(name) ?? name).join();
  const numbers = "with recursive n(value) as (select 1 union all select value + 1 from n where value < ?)";
  file.prepare(`insert into ${table} (${columns.join()}) ${numbers} select ${values} from ${table}, n`).run(count);
  file.close();
}
