// SigningKeyService: the instance's keys from above. What the keyring decides about them stands in policy/keys.ts.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { auditEvent } from "../../audit.ts";
import type { Call, UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import {
  KeyType,
  type SigningKeySchema,
  type SigningKeyService,
  SigningKeyStatus,
} from "../../gen/tessera/admin/v1/signing_key_pb.ts";
import type { Parts } from "../../parts.ts";
import { verifyingStatuses } from "../../policy/keys.ts";
import { systemTenantId } from "../../system-tenant.ts";
import type { KeyListing } from "../../tokens/keyring.ts";

type Needs = Pick<Parts, "keyring">;

export const signingKeyMethods = ({ keyring }: Needs): UseCases<typeof SigningKeyService> => ({
  listSigningKeys: async (_call, { keyType }) => ({ signingKeys: isCookie(keyType) ? [] : published(keyring.list()) }),
  async rotateSigningKeys(call, { keyType }) {
    if (isCookie(keyType)) throw noCookies();
    await keyring.rotate(recordedAs(call, "signing_key.rotated", "keyring"));
    return { signingKeys: published(keyring.list()) };
  },
  async deleteSigningKey(call, { keyType, kid }) {
    if (isCookie(keyType)) throw noCookies();
    const key = verifying(keyring.list()).find((each) => each.kid === kid);
    if (key === undefined) throw new Failure("notFound", "not found");
    if (key.status !== "previous") throw new Failure("precondition", "only a previous key is removed");
    await keyring.revoke(kid, recordedAs(call, "signing_key.deleted", kid));
    return {};
  },
});

const isCookie = (type: KeyType): boolean => type === KeyType.COOKIE_KEYS;
const noCookies = () => new Failure("precondition", "there are no cookie keys");

/** Who asks for a change of the keys, in the trail of the system tenant. */
function recordedAs(call: Call, event: string, subject: string) {
  const { actor, clientId, requestId } = auditEvent(call, { event, subject, tenantId: systemTenantId });
  return { event, subject, actor, clientId, requestId };
}

/** Keys that others may meet a signature of, in the order of the published set. */
const verifying = ({ signingKeys }: KeyListing) =>
  signingKeys
    .filter(({ purpose, status }) => purpose === "access" && verifyingStatuses.includes(status))
    .sort((a, b) => verifyingStatuses.indexOf(a.status) - verifyingStatuses.indexOf(b.status));

const statuses = {
  next: SigningKeyStatus.NEXT,
  current: SigningKeyStatus.CURRENT,
  previous: SigningKeyStatus.PREVIOUS,
  revoked: SigningKeyStatus.UNSPECIFIED,
} as const;

const published = (listing: KeyListing): MessageInitShape<typeof SigningKeySchema>[] =>
  verifying(listing).map(({ kid, algorithm, status, createdAt, effectiveAt }) => ({
    kid,
    algorithm,
    status: statuses[status],
    createTime: timestampFromMs(createdAt),
    ...(status === "next" && effectiveAt !== null && { effectiveTime: timestampFromMs(effectiveAt) }),
  }));
