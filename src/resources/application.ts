// Applications: OAuth clients of one project.
import { Failure } from "../failure.ts";
import { ApplicationSchema } from "../gen/tessera/admin/v1/application_pb.ts";
import type { Acting, ResourceParts, ResourceType } from "./resource.ts";

export const application: ResourceType<typeof ApplicationSchema> = {
  desc: ApplicationSchema,
  name: "application",
  key: ["name"],
  async check(parts, acting, message) {
    const { id, publicClient, origins, certificateUris, defaultConnectorId, connectorIds } = message;
    if (publicClient && origins.length === 0) throw refused("a public application needs at least one origin");
    if (publicClient && certificateUris.length > 0) throw refused("a public application has no certificate");
    if (defaultConnectorId !== "" && !connectorIds.includes(defaultConnectorId))
      throw refused("the default connector has to be among the application's connectors");
    const projectId = message.projectId || (await defaultProjectId(parts, acting));
    const rows = { tenantId: acting.tenantId, applicationId: id };
    return {
      columns: { projectId },
      children: [
        { table: "applicationCertificate", owner: id, rows: certificateUris.map((uri) => ({ ...rows, uri })) },
        {
          table: "applicationOrigin",
          owner: id,
          rows: (publicClient ? origins : []).map((origin) => ({ ...rows, origin })),
        },
      ],
    };
  },
};

async function defaultProjectId(parts: ResourceParts, acting: Acting): Promise<string> {
  const found = await parts.store.tenant(acting.tenantId).rowByKey("project", { isDefault: true });
  if (found === undefined) throw refused("the tenant has no default project: name one");
  return String(found["id"]);
}

const refused = (description: string) => new Failure("precondition", description);
