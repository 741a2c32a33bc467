// The management types by message name, in the order in which one may refer to another.
import { resource } from "./api-resource.ts";
import { application } from "./application.ts";
import { applicationSecret } from "./application-secret.ts";
import { adminConsoleConfig, idTokenConfig, oidcSessionConfig } from "./config.ts";
import { connector } from "./connector.ts";
import { consentOrganization, userConsentScope } from "./consent.ts";
import { customDomain } from "./custom-domain.ts";
import { group, groupMember } from "./group.ts";
import { organization, organizationApplication, organizationMember, organizationRole } from "./organization.ts";
import { organizationInvitation } from "./organization-invitation.ts";
import { project } from "./project.ts";
import type { ResourceType } from "./resource.ts";
import { role, roleAssignment } from "./role.ts";
import { scope } from "./scope.ts";
import { signInExperience } from "./sign-in-experience.ts";
import { tenant } from "./tenant.ts";
import { user, userIdentity } from "./user.ts";

const types: readonly ResourceType[] = [
  tenant,
  project,
  resource,
  scope,
  role,
  connector,
  application,
  applicationSecret,
  signInExperience,
  customDomain,
  group,
  organization,
  organizationRole,
  user,
  userIdentity,
  groupMember,
  organizationMember,
  organizationApplication,
  organizationInvitation,
  userConsentScope,
  consentOrganization,
  roleAssignment,
  adminConsoleConfig,
  oidcSessionConfig,
  idTokenConfig,
];

export const resourceTypes: ReadonlyMap<string, ResourceType> = new Map(
  types.map((type) => [type.desc.typeName, type]),
);
