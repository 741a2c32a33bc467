// Reading declaration files.
import { describe, expect, it } from "vitest";
import { Failure, type Violation } from "../../src/failure.ts";
import { readDeclarations, readDocuments } from "../../src/resources/declarations/declaration.ts";

const read = (text: string) => readDeclarations(readDocuments({ name: "acme.yaml", text }));

function violationsOf(text: string): readonly Violation[] {
  try {
    read(text);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    expect(thrown.kind).toBe("invalid");
    expect(thrown.message).toContain("acme.yaml");
    return thrown.violations;
  }
  throw new Error("nothing was refused");
}

describe("a declaration file", () => {
  it("is YAML or JSON, in the spelling of the contract or of its JSON", () => {
    const yaml = "tenant: { name: acme }\nprojects:\n  - { name: Main, is_default: true }";
    const json = '{"tenant":{"name":"acme"},"projects":[{"name":"Main","isDefault":true}]}';
    expect(read(yaml)).toEqual(read(json));
    expect(read(yaml)[0]?.projects[0]).toMatchObject({ name: "Main", isDefault: true });
  });

  it("may hold several documents", () => {
    expect(read("tenant: { name: a }\n---\ntenant: { name: b }").map((one) => one.tenant?.name)).toEqual(["a", "b"]);
  });
});

describe("refused, naming the file and the place, is", () => {
  it.each([
    ["an empty file", "", "document"],
    ["a document with nothing in it", "tenant: { name: acme }\n---\n", "tessera.admin.v1.Declaration"],
    ["broken YAML", "tenant: [", "document"],
    ["a key given twice", "tenant: { name: a, name: b }", "document"],
    ["an alias of nothing", "tenant: *other", "document"],
    ["a list where an object belongs", "tenant: []", "tessera.admin.v1.Tenant"],
    ["a document without a tenant", "projects: []", "tenant"],
    ["a tenant without a name", "tenant: {}", "tenant.name"],
    ["a value of another type", "tenant: { name: acme, disabled: 1 }", "tessera.admin.v1.Tenant.disabled"],
    ["an unknown enum value", "tenant: {name: a}\nroles: [{type: ROLE_TYPE_GOD}]", "tessera.admin.v1.RoleType"],
    ["a broken rule of the contract", "tenant: {name: a}\nscopes: [{resourceId: x, name: 'a b'}]", "scopes[0].name"],
    ["an id that is none", "tenant: { name: a, id: system }", "tenant.id"],
  ])("%s", (_case, text, field) => {
    expect(violationsOf(text).map((violation) => violation.field)).toContain(field);
  });

  it.each(["frobble", "__proto__", "constructor", "prototype"])("N6-12 I-PB-01: the unknown field %s", (key) => {
    const text = `tenant: { name: acme }\nprojects: [{ name: Main, ${key}: { isDefault: true } }]`;
    expect(violationsOf(text)).toEqual([
      { field: "tessera.admin.v1.Project", description: `has no field ${key}`, rule: "json" },
    ]);
    expect("isDefault" in {}).toBe(false);
  });

  it.each([
    ["revision: 7", "projects[0].revision"],
    ["createTime: '2026-01-01T00:00:00Z'", "projects[0].create_time"],
    ["updateTime: '2026-01-01T00:00:00Z'", "projects[0].update_time"],
  ])("N6-12: what only the service fills in: %s", (text, field) => {
    const violations = violationsOf(`tenant: { name: acme }\nprojects: [{ name: Main, ${text} }]`);
    expect(violations.map((violation) => violation.field)).toEqual([field]);
  });

  it("N6-07: a secret that somebody chose", () => {
    const text = "tenant: {name: a}\napplicationSecrets: [{applicationId: x, name: y, value: hunter2}]";
    expect(violationsOf(text).map((violation) => violation.field)).toEqual(["application_secrets[0].value"]);
  });

  it("a bomb of aliases, before it is unpacked", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`);
    expect(violationsOf(["a0: &a0 [x]", ...levels].join("\n"))).toHaveLength(1);
  });
});

describe("a refusal", () => {
  it("holds no value of the file: it may be a secret", () => {
    const secret = "834712345678";
    const texts = [
      `tenant: { name: a }\nconnectors: [{ clientSecret: ${secret} }]`,
      `tenant: { name: a }\nconnectors: [{ clientSecret: { ${secret}: 1 } }]`,
      `tenant: { name: a }\nconnectors: [{ name: a, verification: 1, clientSecret: "${secret.repeat(50)}" }]`,
      `tenant: { name: a }\nconnectors: [{ clientSecret: "${secret} }]`,
    ];
    for (const text of texts) expect(JSON.stringify(violationsOf(text))).not.toContain(secret);
  });
});
