// The demo's administrators, as a newcomer meets them: each signs in, and may do what the demo file says.
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Asking, asking } from "../support/administrators.ts";
import { devToken, type Service, startService } from "../support/service.ts";
import type { Credential } from "../support/world.ts";

let service: Service;
beforeAll(async () => {
  service = await startService();
}, 60_000);
afterAll(async () => {
  await service.stop();
  service.clean();
});

const as = (credential: Credential): Asking => {
  const { grpc, http } = service.dev;
  return asking({ grpc, http }, credential);
};
const backend = (): Credential => ({ basic: [service.dev.client_id, service.dev.client_secret] });

/** Whoever signs in at the development issuer, with a token for the management resource. */
async function administrator(username: string, through = backend()): Promise<Asking> {
  const request = { access_token: await devToken(service.dev, username), resource: ["urn:tessera:management"] };
  return as({ bearer: (await as(through).ok("exchange", request))["token"] });
}
const named = (name: string): { group: JsonObject } => ({ group: { name } });

describe("in the demo", () => {
  it("ada administers the tenant", async () => {
    const ada = await administrator("ada");
    await ada.ok("group.createGroup", named("Divers"));
    await ada.ok("audit.listAuditEvents", {});
    expect(await ada.refusal("tenant.listTenants", {})).toMatchObject({ reason: "INSUFFICIENT_SCOPE" });
  });

  it("dora sees everything of the tenant and changes nothing", async () => {
    const dora = await administrator("dora");
    await dora.ok("application.listApplications", {});
    await dora.ok("audit.listAuditEvents", {});
    expect(await dora.refusal("group.createGroup", named("Cooks"))).toMatchObject({ kind: "denied" });
  });

  it("ben administers nothing, and gets no admin token", async () => {
    await expect(administrator("ben")).rejects.toThrow("badToken");
  });

  it("a machine administers the tenant once it has a secret", async () => {
    const ada = await administrator("ada");
    const { applications } = await ada.ok("application.listApplications", {
      search: { text: "Harbour provisioning" },
    });
    const [{ id } = { id: "" }] = applications as { id: string }[];
    const secret = { applicationId: id, name: "Provisioning" };
    const { value } = await ada.ok("applicationSecret.createApplicationSecret", { applicationSecret: secret });
    const machine = as({ basic: [id, String(value)] });
    await machine.ok("group.createGroup", named("Carpenters"));
    await machine.ok("user.listUsers", {});
  });

  it("cleo administers the instance, and sees nothing inside a tenant, her own included", async () => {
    const through: Credential = { basic: [service.dev.instance_client_id, ""] };
    const cleo = await administrator("cleo", through);
    const { tenants } = await cleo.ok("tenant.listTenants", {});
    expect((tenants as { name: string }[]).map(({ name }) => name).sort()).toEqual(["demo", "system"]);
    await cleo.ok("signingKey.listSigningKeys", {});
    expect(await cleo.refusal("user.listUsers", {})).toMatchObject({ reason: "INSUFFICIENT_SCOPE" });
    expect(await cleo.refusal("tenant.getOwnTenant", {})).toMatchObject({ reason: "INSUFFICIENT_SCOPE" });
  });
});
