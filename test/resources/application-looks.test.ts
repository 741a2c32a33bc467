// How an application looks, and the domains of a protected one, through both doors.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Administered, createAdministered, nobody, refused, steward } from "../support/administered.ts";
import { doors, expectOk, type MethodName } from "../support/door.ts";

let plane: Administered;
let made = 0;
beforeAll(async () => {
  plane = await createAdministered();
});
afterAll(() => plane.close());

const foreign = () => plane.world.blue.ids.get("application other") ?? "";
const protectedOne = (): JsonObject => ({
  type: "APPLICATION_TYPE_PROTECTED",
  protectedAppMetadata: { subDomain: `sub-${(made += 1)}`, origin: "https://inside.example.test" },
});

describe.each(doors)("over $name, a sign-in experience", (door) => {
  const put = (applicationId: string, facts: JsonObject = {}) => ({ signInExperience: { applicationId, ...facts } });
  const get = (applicationId: string) => plane.ok(door, "signInExperience.getSignInExperience", { applicationId });
  const replace = (request: JsonObject) => plane.ok(door, "signInExperience.replaceSignInExperience", request);
  const refusal = (request: JsonObject) => plane.refusal(door, "signInExperience.replaceSignInExperience", request);

  it("is made at the first time and replaced as a whole at the next", async () => {
    const { id } = await plane.application();
    const facts = {
      displayName: "D",
      branding: { logoUri: "https://a.test/l.png", darkLogoUri: "", faviconUri: "", darkFaviconUri: "" },
      color: { primaryColor: "#00aaFF", darkPrimaryColor: "", isDarkModeEnabled: true },
      customCss: "a{}",
      hideBranding: true,
    };
    const first = await replace(put(id, facts));
    expect(first).toMatchObject({ created: true, signInExperience: { ...facts, revision: 1 } });
    expect(await get(id)).toEqual(first["signInExperience"]);
    const second = await replace(put(id, { displayName: "E" }));
    expect(second).toMatchObject({
      created: false,
      signInExperience: { displayName: "E", customCss: "", revision: 2 },
    });
    expect(await get(id)).not.toHaveProperty("branding");
  });

  it("can be read, changed and put back, but no older one over a newer", async () => {
    const { id } = await plane.application();
    await replace(put(id));
    const read = await get(id);
    expect(await replace({ signInExperience: { ...read, displayName: "N" } })).toMatchObject({ created: false });
    expect((await refusal({ signInExperience: { ...read, displayName: "O" } })).kind).toBe("stale");
    expect(await get(id)).toMatchObject({ displayName: "N" });
  });

  it("is not found where none was put", async () => {
    const { id } = await plane.application();
    for (const applicationId of [id, nobody, foreign()]) {
      const refused = await plane.refusal(door, "signInExperience.getSignInExperience", { applicationId });
      expect(refused.kind).toBe("notFound");
    }
  });

  it("is put for an application of the tenant only, under an id that is its own", async () => {
    for (const id of [nobody, foreign()]) expect((await refusal(put(id))).kind).toBe("notFound");
    const { id } = await plane.application();
    expect(await refusal(put(id, { id: nobody }))).toMatchObject({ kind: "invalid", fields: ["id"] });
    expect((await refusal(put(id, { revision: 7 }))).kind).toBe("stale");
  });

  it.each([
    { color: { primaryColor: "red" } },
    { branding: { logoUri: "javascript:alert(1)" } },
    { termsOfUseUri: "not a uri" },
    { customCss: "x".repeat(65_537) },
  ])("refuses what is malformed: %o", async (facts) => {
    const { id } = await plane.application();
    expect((await refusal(put(id, facts))).kind).toBe("invalid");
  });

  it("is made once when two put it at the same time, and goes with its application", async () => {
    const { id } = await plane.application();
    const answers = await Promise.all(["A", "B"].map((displayName) => replace(put(id, { displayName }))));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    await plane.ok(door, "application.deleteApplication", { id });
    const gone = await plane.refusal(door, "signInExperience.getSignInExperience", { applicationId: id });
    expect(gone.kind).toBe("notFound");
  });
});

describe.each(doors)("over $name, a custom domain", (door) => {
  const fresh = () => `app-${(made += 1)}.example.test`;
  const add = (applicationId: string, domain: string) => ({ customDomain: { applicationId, domain } });
  const refusal = (method: MethodName, request: JsonObject) => plane.refusal(door, method, request);
  const list = async (applicationId: string) =>
    (await plane.ok(door, "protectedAppDomain.listCustomDomains", { applicationId }))["customDomains"];

  it("waits for its verification, by a record that nobody can guess", async () => {
    const { id } = await plane.application(protectedOne());
    const domain = fresh();
    const added = await plane.ok(door, "protectedAppDomain.createCustomDomain", add(id, domain));
    expect(added).toMatchObject({
      domain,
      status: "CUSTOM_DOMAIN_STATUS_PENDING_VERIFICATION",
      dnsRecords: [{ name: `_tessera.${domain}`, type: "TXT", value: expect.stringMatching(/^[\w-]{22}$/) }],
    });
    expect(await list(id)).toEqual([added]);
  });

  it("is the only one of its application", async () => {
    const { id } = await plane.application(protectedOne());
    await plane.ok(door, "protectedAppDomain.createCustomDomain", add(id, fresh()));
    const second = await refusal("protectedAppDomain.createCustomDomain", add(id, fresh()));
    expect(second.kind).toBe("precondition");
    expect(await list(id)).toHaveLength(1);
  });

  it("is in use once in the instance", async () => {
    const { id } = await plane.application(protectedOne());
    const domain = fresh();
    await plane.ok(door, "protectedAppDomain.createCustomDomain", add(id, domain));
    const { id: other } = await plane.application(protectedOne());
    expect((await refusal("protectedAppDomain.createCustomDomain", add(other, domain))).kind).toBe("exists");
    const blue = steward(plane.world.blue);
    const application = { name: plane.fresh("Gate"), ...protectedOne() };
    const gate = await expectOk(door.call(plane.world, "application.createApplication", { application }, blue));
    const elsewhere = add(String(gate["id"]), domain);
    const outcome = await door.call(plane.world, "protectedAppDomain.createCustomDomain", elsewhere, blue);
    expect(refused(outcome).kind).toBe("exists");
  });

  it.each(["", "no dots", "UPPER.test", "a..test", "https://a.test"])("is no such thing as %o", async (domain) => {
    const { id } = await plane.application(protectedOne());
    expect((await refusal("protectedAppDomain.createCustomDomain", add(id, domain))).kind).toBe("invalid");
  });

  it("keeps its application until it is removed itself", async () => {
    const { id } = await plane.application(protectedOne());
    const domain = fresh();
    await plane.ok(door, "protectedAppDomain.createCustomDomain", add(id, domain));
    expect((await refusal("application.deleteApplication", { id })).kind).toBe("precondition");
    await plane.ok(door, "protectedAppDomain.deleteCustomDomain", { applicationId: id, domain });
    expect(await list(id)).toEqual([]);
    const again = await refusal("protectedAppDomain.deleteCustomDomain", { applicationId: id, domain });
    expect(again.kind).toBe("notFound");
    await plane.ok(door, "application.deleteApplication", { id });
  });

  it("is for protected applications of the tenant only", async () => {
    const { id: machine } = await plane.application();
    const kinds = async (applicationId: string) => [
      (await refusal("protectedAppDomain.listCustomDomains", { applicationId })).kind,
      (await refusal("protectedAppDomain.createCustomDomain", add(applicationId, fresh()))).kind,
      (await refusal("protectedAppDomain.deleteCustomDomain", { applicationId, domain: fresh() })).kind,
    ];
    expect(await kinds(machine)).toEqual(["precondition", "precondition", "precondition"]);
    for (const id of [nobody, foreign()]) expect(await kinds(id)).toEqual(["notFound", "notFound", "notFound"]);
  });
});
