// Applications: OAuth clients of one project.
import { Failure } from "../../failure.ts";
import { ApplicationSchema } from "../../gen/tessera/admin/v1/application_pb.ts";
import { requireMayActAs, requireMayNameUsers } from "../escalation.ts";
import { requireFittingFields, requireFittingType } from "./application-rules.ts";
import type { Acting, ResourceParts, ResourceType } from "../resource.ts";

export const application: ResourceType<typeof ApplicationSchema> = {
  desc: ApplicationSchema,
  name: "application",
  key: ["name"],
  async check(parts, acting, message) {
    requireFittingType(message);
    requireFittingFields(message);
    await requireMayActAs(parts, acting, { applicationId: message.id });
    await requireMayNameUsers(parts, acting, message);
    const { id, publicClient, origins, certificateUris, protectedAppMetadata } = message;
    const projectId = message.projectId || (await defaultProjectId(parts, acting));
    const rows = { tenantId: acting.tenantId, applicationId: id };
    const called = publicClient ? origins : [];
    return {
      columns: { projectId, subDomain: protectedAppMetadata?.subDomain ?? null },
      children: [
        { table: "applicationCertificate", owner: id, rows: certificateUris.map((uri) => ({ ...rows, uri })) },
        { table: "applicationOrigin", owner: id, rows: called.map((origin) => ({ ...rows, origin })) },
      ],
    };
  },
};

async function defaultProjectId(parts: ResourceParts, acting: Acting): Promise<string> {
  const found = await parts.store.tenant(acting.tenantId).rowByKey("project", { isDefault: true });
  if (found === undefined) throw new Failure("precondition", "the tenant has no default project: name one");
  return String(found["id"]);
}
