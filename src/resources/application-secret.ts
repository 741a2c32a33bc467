// Secrets of applications: generated, shown once, digests at rest.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Failure } from "../failure.ts";
import { type ApplicationSecret, ApplicationSecretSchema } from "../gen/tessera/admin/v1/application_secret_pb.ts";
import { applicationSecretDigest, newApplicationSecret } from "../tokens/application-secret.ts";
import { application } from "./application.ts";
import { type Acting, carryOut, getResource, type ResourceParts, type ResourceType } from "./resource.ts";
import { planCreate, type Planned } from "./row-plans.ts";

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
  if (owner.publicClient) throw new Failure("precondition", "a public application has no secret");
  const value = newApplicationSecret(parts.random);
  const digest = applicationSecretDigest(parts.keyring, value);
  const type = { ...applicationSecret, check: () => ({ columns: { digest } }) };
  return { ...(await planCreate(parts, type, acting, init)), value };
}
