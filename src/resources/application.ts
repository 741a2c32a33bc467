// Applications: OAuth clients of one project, and their secrets.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import {
  type ApplicationSecret,
  ApplicationSecretSchema,
  ApplicationSchema,
} from "../gen/tessera/admin/v1/application_pb.ts";
import { applicationSecretDigest, newApplicationSecret } from "../tokens/application-secret.ts";
import { type Acting, carryOut, getResource, type ResourceParts, type ResourceType } from "./resource.ts";
import { planCreate, type Planned } from "./row-plans.ts";

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

export const applicationSecret: ResourceType<typeof ApplicationSecretSchema> = {
  desc: ApplicationSecretSchema,
  name: "applicationSecret",
  key: ["applicationId", "name"],
};

/** Makes a secret and answers it with its value, this one time (RFC 6749 section 2.3.1; 256 bits, digest at rest). */
export async function createApplicationSecret(
  parts: ResourceParts,
  acting: Acting,
  init: MessageInitShape<typeof ApplicationSecretSchema>,
): Promise<ApplicationSecret> {
  const { write, message, value } = await planApplicationSecret(parts, acting, init);
  await carryOut(parts, acting, write);
  return { ...message, value };
}

/** The write of a new secret, and its value. Throws precondition for a public application. */
export async function planApplicationSecret(
  parts: ResourceParts,
  acting: Acting,
  init: MessageInitShape<typeof ApplicationSecretSchema>,
): Promise<Planned<typeof ApplicationSecretSchema> & { value: string }> {
  const owner = await getResource(parts, application, acting, init.applicationId ?? "");
  if (owner.publicClient) throw refused("a public application has no secret");
  const value = newApplicationSecret(parts.random);
  const digest = applicationSecretDigest(parts.keyring, value);
  const type = { ...applicationSecret, check: () => ({ columns: { digest } }) };
  return { ...(await planCreate(parts, type, acting, init)), value };
}

async function defaultProjectId(parts: ResourceParts, acting: Acting): Promise<string> {
  const found = await parts.store.tenant(acting.tenantId).rowByKey("project", { isDefault: true });
  if (found === undefined) throw refused("the tenant has no default project: name one");
  return String(found["id"]);
}

const refused = (description: string) => new Failure("precondition", description);
