// Domains of protected applications, with the DNS record by which whoever runs the proxy can verify them.
import { Failure } from "../../failure.ts";
import { ApplicationType } from "../../gen/tessera/admin/v1/application_pb.ts";
import { CustomDomainSchema, CustomDomainStatus } from "../../gen/tessera/admin/v1/custom_domain_pb.ts";
import { application } from "./application.ts";
import type { Acting, ResourceParts, ResourceType } from "../resource-type.ts";
import { requireRow } from "../resource.ts";

export const customDomain: ResourceType<typeof CustomDomainSchema> = {
  desc: CustomDomainSchema,
  name: "customDomain",
  key: ["domain"],
  async check(parts, acting, { id, applicationId, domain }) {
    await requireProtected(parts, acting, applicationId);
    const stored = await parts.store.tenant(acting.tenantId).row("customDomain", id);
    const value = Buffer.from(parts.random.bytes(16)).toString("base64url");
    const dnsRecords = stored?.["dnsRecords"] ?? [{ name: `_tessera.${domain}`, type: "TXT", value }];
    return {
      columns: { status: CustomDomainStatus.PENDING_VERIFICATION, dnsRecords },
      atMost: { where: { applicationId }, count: 1, otherwise: "precondition" },
    };
  },
};

/** Throws notFound for an unknown application, precondition for one that is not protected. */
export async function requireProtected(
  parts: Pick<ResourceParts, "store">,
  acting: Pick<Acting, "tenantId">,
  applicationId: string,
): Promise<void> {
  const { type } = await requireRow(parts, application, acting, applicationId);
  if (type !== ApplicationType.PROTECTED) throw new Failure("precondition", "only a protected application has domains");
}
