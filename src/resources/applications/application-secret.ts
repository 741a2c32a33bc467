// Secrets of applications: generated, shown once, digests at rest.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Failure } from "../../failure.ts";
import { type ApplicationSecret, ApplicationSecretSchema } from "../../gen/tessera/admin/v1/application_secret_pb.ts";
import { applicationSecretDigest, newApplicationSecret } from "../../tokens/application-secret.ts";
import { application } from "./application.ts";
import { isConfidential } from "./application-rules.ts";
import { requireMayActAs } from "../escalation.ts";
import { refused } from "../listing.ts";
import { type Acting, carryOut, getResource, type ResourceParts, type ResourceType } from "../resource.ts";
import { planCreate, type Planned } from "../row-plans.ts";

export const applicationSecret: ResourceType<typeof ApplicationSecretSchema> = {
  desc: ApplicationSecretSchema,
  name: "applicationSecret",
  key: ["applicationId", "name"],
  async check(parts, acting, { applicationId }) {
    await requireMayActAs(parts, acting, { applicationId });
    return {};
  },
};

/** Of one application, expired ones included: each is compared whenever one is presented. */
const mostSecrets = 10;

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

/**
 * The write of a new secret, and its value. `legacy` marks the one that comes with an application. Throws precondition
 * for an application that keeps no secrets, invalid for an end that has passed; the write throws exhausted for an
 * eleventh.
 */
export async function planApplicationSecret(
  parts: ResourceParts,
  acting: Acting,
  init: MessageInitShape<typeof ApplicationSecretSchema>,
  { legacy = false }: { legacy?: boolean } = {},
): Promise<Planned<typeof ApplicationSecretSchema> & { value: string }> {
  const owner = await getResource(parts, application, acting, init.applicationId ?? "");
  if (!isConfidential(owner)) throw new Failure("precondition", "an application of this kind has no secrets");
  const value = newApplicationSecret(parts.random);
  const type: typeof applicationSecret = {
    ...applicationSecret,
    async check(_parts, _acting, { applicationId, expireTime }) {
      await requireMayActAs(parts, acting, { applicationId });
      if (expireTime !== undefined && timestampMs(expireTime) <= acting.now) throw refused("expire_time", "has passed");
      const atMost = { where: { applicationId }, count: mostSecrets, otherwise: "exhausted" } as const;
      return { columns: { digest: applicationSecretDigest(parts.keyring, value), legacy }, atMost };
    },
  };
  return { ...(await planCreate(parts, type, acting, init)), value };
}
