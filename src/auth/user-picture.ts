// The user object of Exchange and Refresh: who the subject is, and the sets its token carries. A third-party application
// sees the parts that were consented to.
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { UserSchema } from "../gen/tessera/auth/v1/auth_pb.ts";
import type { Subject } from "./issue.ts";

/** `upstreamSubject` becomes logto_id, the seed's name for the subject at the upstream issuer. */
export function userPicture(
  subject: Subject,
  upstreamSubject: string | undefined,
): MessageInitShape<typeof UserSchema> {
  const { user, effective, organization, consent } = subject;
  const shows = (part: string) => consent === undefined || consent.picture.has(part);
  const [organizationRole] = effective.organizationRoles;
  return {
    id: user.id,
    ...(upstreamSubject === undefined || consent !== undefined ? {} : { logtoId: upstreamSubject }),
    ...(shows("profile") ? { username: user.username, name: user.name } : {}),
    ...(shows("email") ? { email: user.email } : {}),
    ...(user.phone !== "" && shows("phone") ? { phone: user.phone } : {}),
    userRoles: effective.roles.map((role) => role.name),
    userRoleIds: effective.roles.map((role) => role.id),
    userPermissions: [...effective.permissions],
    orgRole: organizationRole?.name ?? "",
    orgRoleId: organizationRole?.id ?? "",
    orgPermissions: [...effective.organizationPermissions],
    organizationId: organization?.id ?? "",
    organizationName: organization?.name ?? "",
  };
}
