// The management types by message name, in the order in which one may refer to another.
import { resource } from "./policy/api-resource.ts";
import { application } from "./applications/application.ts";
import { applicationSecret } from "./applications/application-secret.ts";
import { adminConsoleConfig, idTokenConfig, oidcSessionConfig } from "./settings/config.ts";
import { connector } from "./connectors/connector.ts";
import { consentOrganization, userConsentScope } from "./consent/consent.ts";
import { customDomain } from "./applications/custom-domain.ts";
import { group, groupMember } from "./policy/group.ts";
import {
  organization,
  organizationApplication,
  organizationMember,
  organizationRole,
} from "./organizations/organization.ts";
import { organizationInvitation } from "./organizations/organization-invitation.ts";
import { project } from "./policy/project.ts";
import type { ResourceType } from "./resource.ts";
import { role, roleAssignment } from "./policy/role.ts";
import { scope } from "./policy/scope.ts";
import { signInExperience } from "./applications/sign-in-experience.ts";
import { tenant } from "./instance/tenant.ts";
import { user, userIdentity } from "./users/user.ts";

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
