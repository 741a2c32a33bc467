// Services of organizations.
import { type Served, serve } from "../../call.ts";
import { OrganizationInvitationService } from "../../gen/tessera/admin/v1/organization_invitation_pb.ts";
import {
  OrganizationRoleService,
  OrganizationScopeService,
  OrganizationService,
} from "../../gen/tessera/admin/v1/organization_pb.ts";
import type { Parts } from "../../parts.ts";
import { requireMayGrantOrganizationRoles } from "../escalation.ts";
import { guardedDelete } from "../guarded-delete.ts";
import { createMailLimit } from "./invitation-mail.ts";
import { organization, organizationApplication, organizationMember, organizationRole } from "./organization.ts";
import { invitationMethods } from "./organization-invitation-methods.ts";
import { organizationMethods, organizationScopeMethods } from "./organization-methods.ts";
import { standardMethods } from "../standard.ts";

export const organizationServices = (parts: Parts): Served[] => [
  serve(OrganizationService, {
    ...standardMethods(parts, OrganizationService, organization),
    ...standardMethods(parts, OrganizationService, organizationMember),
    ...standardMethods(parts, OrganizationService, organizationApplication),
    ...organizationMethods(parts),
  }),
  serve(OrganizationRoleService, {
    ...standardMethods(parts, OrganizationRoleService, organizationRole),
    deleteOrganizationRole: guardedDelete(parts, organizationRole, (acting, { id }) =>
      requireMayGrantOrganizationRoles(parts, acting, [id]),
    ),
  }),
  serve(OrganizationScopeService, organizationScopeMethods(parts)),
  serve(OrganizationInvitationService, invitationMethods({ ...parts, mailLimit: createMailLimit() })),
];
