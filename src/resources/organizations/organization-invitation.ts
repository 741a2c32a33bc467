// Invitations into organizations: what one is, when it has expired, and which were sent to an address.
import type { MessageShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  OrganizationInvitationSchema,
  OrganizationInvitationStatus as Status,
} from "../../gen/tessera/admin/v1/organization_invitation_pb.ts";
import type { AnyRow } from "../../store/row-operations.ts";
import { requireMayGrantOrganizationRoles } from "../escalation.ts";
import { everyRow } from "../every-row.ts";
import { requireRolesFor } from "./organization.ts";
import type { Acting, ResourceParts, ResourceType } from "../resource.ts";
import { normalised } from "../search-terms.ts";

export const organizationInvitation: ResourceType<typeof OrganizationInvitationSchema> = {
  desc: OrganizationInvitationSchema,
  name: "organizationInvitation",
  key: ["organizationId", "invitee"],
  async check(parts, acting, { organizationRoleIds }) {
    await requireRolesFor(parts, acting, "members", organizationRoleIds);
    await requireMayGrantOrganizationRoles(parts, acting, organizationRoleIds);
    return { columns: { status: Status.PENDING } };
  },
};

/** As it is at a time: what was pending until then reads as expired. `now` is milliseconds. */
export function invitationAt(
  invitation: MessageShape<typeof OrganizationInvitationSchema>,
  now: number,
): MessageShape<typeof OrganizationInvitationSchema> {
  const { status, expireTime } = invitation;
  const isPast = expireTime !== undefined && timestampMs(expireTime) <= now;
  return isPast && status === Status.PENDING ? { ...invitation, status: Status.EXPIRED } : invitation;
}

/** The rows of those that were sent to the address and that nobody accepted. */
export async function invitationsTo(
  { store }: Pick<ResourceParts, "store">,
  { tenantId }: Pick<Acting, "tenantId">,
  emailKey: string,
): Promise<AnyRow[]> {
  if (emailKey === "") return [];
  const search = { field: "invitee", text: normalised(emailKey), mode: "exact" } as const;
  // A search is blind to case, a mailbox may not be.
  const found = await everyRow(store.tenant(tenantId), "organizationInvitation", { search });
  return found.filter((row) => row["invitee"] === emailKey);
}
