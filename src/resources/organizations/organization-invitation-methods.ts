// Invitations into organizations: made and mailed, accepted for a user, taken back.
import { create, type MessageShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Call, UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import {
  ListOrganizationInvitationsRequestSchema as ListRequest,
  type OrganizationInvitation,
  OrganizationInvitationSchema,
  type OrganizationInvitationService,
  OrganizationInvitationStatus as Status,
} from "../../gen/tessera/admin/v1/organization_invitation_pb.ts";
import { OrganizationMemberSchema } from "../../gen/tessera/admin/v1/organization_pb.ts";
import { emailKey } from "../../policy/email.ts";
import type { AnyRow, RowWrite } from "../../store/row-operations.ts";
import { actingOf } from "../acting.ts";
import { fromColumns } from "../columns.ts";
import { type MessageParts, sendEmail } from "../connectors/connector-messages.ts";
import { invitationMail, type MailLimit } from "./invitation-mail.ts";
import { untilUndisturbed } from "../links.ts";
import { conditionsOf, pageOf, refused } from "../listing.ts";
import { organization, organizationMember } from "./organization.ts";
import { invitationAt, organizationInvitation } from "./organization-invitation.ts";
import { withoutDangling } from "../reference-checks.ts";
import { type Acting, carryOut, deleteResource, getResource, requireRow, type ResourceParts } from "../resource.ts";
import { planCreate, planUpdate } from "../row-plans.ts";
import { made } from "../standard.ts";

type Needs = ResourceParts & MessageParts & { mailLimit: MailLimit };

const day = 86_400_000;
export const invitationLifetime = { standard: 7 * day, longest: 30 * day };

export const invitationMethods = (parts: Needs): UseCases<typeof OrganizationInvitationService> => ({
  async createOrganizationInvitation(call, request) {
    const acting = actingOf(call);
    const asked = invitationOf(made(organizationInvitation, request), call.now);
    if (request.send) parts.mailLimit(acting.tenantId, asked.invitee, call.now);
    const invitation = await invite(parts, acting, asked);
    if (request.send) await mail(parts, call, acting, invitation);
    return invitation;
  },
  async getOrganizationInvitation(call, { id }) {
    return invitationAt(await getResource(parts, organizationInvitation, actingOf(call), id), call.now);
  },
  async listOrganizationInvitations(call, request) {
    const acting = actingOf(call);
    const conditions = await conditionsOf(parts, organizationInvitation, acting, ListRequest, request);
    const { items, ...page } = await pageOf(parts, organizationInvitation, acting, request, conditions);
    return { ...page, organizationInvitations: items.map((item) => invitationAt(item, call.now)) };
  },
  async deleteOrganizationInvitation(call, { id }) {
    await deleteResource(parts, organizationInvitation, actingOf(call), id);
    return {};
  },
  acceptOrganizationInvitation: (call, { id, userId }) =>
    untilUndisturbed(() => accept(parts, actingOf(call), id, userId)),
  revokeOrganizationInvitation: (call, { id }) =>
    untilUndisturbed(async () => {
      const acting = actingOf(call);
      const { row } = await pending(parts, acting, id);
      const { write, message } = await planEnd(parts, acting, row, { event: "revoked", status: Status.REVOKED });
      await carryOut(parts, acting, write);
      return message;
    }),
});

/** Throws invalid for an address that cannot be looked up, and for an end that is past or too far away. */
function invitationOf(asked: OrganizationInvitation, now: number): OrganizationInvitation {
  const invitee = emailKey(asked.invitee);
  if (invitee === "") throw refused("organization_invitation.invitee", "is no address of a host name");
  const end = asked.expireTime === undefined ? now + invitationLifetime.standard : timestampMs(asked.expireTime);
  if (end <= now || end > now + invitationLifetime.longest)
    throw refused("organization_invitation.expire_time", "is in the future and at most 30 days ahead");
  return { ...asked, invitee, expireTime: timestampFromMs(end) };
}

/** One that ran out makes room for its successor. */
async function invite(parts: Needs, acting: Acting, asked: OrganizationInvitation): Promise<OrganizationInvitation> {
  const { organizationId, invitee } = asked;
  const { write, message } = await planCreate(parts, organizationInvitation, acting, asked);
  const key = { organizationId, invitee, status: Status.PENDING };
  const before = await parts.store.tenant(acting.tenantId).rowByKey("organizationInvitation", key);
  const writes: RowWrite[] = [];
  if (before !== undefined && Number(before["expireTime"]) <= acting.now)
    writes.push((await planEnd(parts, acting, before, { event: "expired", status: Status.EXPIRED })).write);
  await carryOut(parts, acting, ...writes, write);
  return message;
}

/** The mail names the invitation, so that is made first; without the mail none is left. */
async function mail(parts: Needs, call: Call, acting: Acting, invitation: OrganizationInvitation): Promise<void> {
  const { id, invitee, organizationId } = invitation;
  try {
    const { name } = await getResource(parts, organization, acting, organizationId);
    await sendEmail(parts, acting, invitationMail(invitee, name, id), call.cancel.signal());
  } catch (thrown) {
    // Also when the deadline has passed meanwhile.
    await deleteResource(parts, organizationInvitation, { ...acting, deadline: Number.POSITIVE_INFINITY }, id);
    throw thrown;
  }
}

/** Who is invited is told by the user from then on: the address is forgotten. */
async function accept(parts: Needs, acting: Acting, id: string, userId: string): Promise<OrganizationInvitation> {
  const { row, invitation } = await pending(parts, acting, id);
  const user = await requireRow(parts, { name: "user" }, acting, userId);
  if (user["emailKey"] === "" || user["emailKey"] !== row["invitee"])
    throw new Failure("precondition", "the user has no verified e-mail that is the invited one");
  const joining = await planMembership(parts, acting, userId, invitation);
  const { write, message } = await planEnd(parts, acting, row, {
    event: "accepted",
    status: Status.ACCEPTED,
    acceptedUserId: userId,
    invitee: "",
  });
  await carryOut(parts, acting, joining, write);
  return message;
}

/** A member already keeps its roles and gets those of the invitation. */
async function planMembership(
  parts: Needs,
  acting: Acting,
  userId: string,
  { organizationId, organizationRoleIds }: OrganizationInvitation,
): Promise<RowWrite> {
  const key = { organizationId, userId };
  const row = await parts.store.tenant(acting.tenantId).rowByKey("organizationMember", key);
  if (row === undefined)
    return (await planCreate(parts, organizationMember, acting, { ...key, organizationRoleIds })).write;
  const held = fromColumns(OrganizationMemberSchema, row).organizationRoleIds;
  const change = create(OrganizationMemberSchema, {
    organizationRoleIds: [...new Set([...held, ...organizationRoleIds])],
  });
  return (await planUpdate(parts, organizationMember, acting, { row, change, mask: ["organization_role_ids"] })).write;
}

/** Throws notFound, and precondition for one that has ended. */
async function pending(
  parts: Needs,
  acting: Acting,
  id: string,
): Promise<{ row: AnyRow; invitation: MessageShape<typeof OrganizationInvitationSchema> }> {
  const row = await requireRow(parts, organizationInvitation, acting, id);
  const read = invitationAt(fromColumns(OrganizationInvitationSchema, row), acting.now);
  if (read.status !== Status.PENDING) throw new Failure("precondition", "the invitation is not pending");
  const [invitation = read] = await withoutDangling(parts, acting, OrganizationInvitationSchema, [read]);
  return { row, invitation };
}

/** The end of a pending invitation. One without an address is found by none. */
async function planEnd(
  parts: Needs,
  acting: Acting,
  row: AnyRow,
  { event, ...columns }: { event: string; status: Status; acceptedUserId?: string; invitee?: string },
): Promise<{ write: RowWrite; message: OrganizationInvitation }> {
  const type = { ...organizationInvitation, check: () => ({ columns }) };
  const change = create(OrganizationInvitationSchema);
  const { write, message } = await planUpdate(parts, type, acting, { row, change, mask: [], event });
  if (columns.invitee !== "" || write.operation !== "updateRow") return { write, message };
  return { write: { ...write, args: { ...write.args, terms: [] } }, message };
}
