// The management services, by the names that tRPC gives them, and their messages. Types only: nothing of it is bundled.
import type { ApplicationService } from "./gen/tessera/admin/v1/application_pb.ts";
import type { ApplicationRoleService } from "./gen/tessera/admin/v1/application_role_pb.ts";
import type { ApplicationSecretService } from "./gen/tessera/admin/v1/application_secret_pb.ts";
import type { AuditService } from "./gen/tessera/admin/v1/audit_pb.ts";
import type { BootstrapService } from "./gen/tessera/admin/v1/bootstrap_pb.ts";
import type { ConfigService } from "./gen/tessera/admin/v1/config_pb.ts";
import type { ConnectorService } from "./gen/tessera/admin/v1/connector_pb.ts";
import type { ConsentService } from "./gen/tessera/admin/v1/consent_pb.ts";
import type { ProtectedAppDomainService } from "./gen/tessera/admin/v1/custom_domain_pb.ts";
import type { GroupService } from "./gen/tessera/admin/v1/group_pb.ts";
import type { JwtCustomizerService } from "./gen/tessera/admin/v1/jwt_customizer_pb.ts";
import type { OrganizationInvitationService } from "./gen/tessera/admin/v1/organization_invitation_pb.ts";
import type {
  OrganizationRoleService,
  OrganizationScopeService,
  OrganizationService,
} from "./gen/tessera/admin/v1/organization_pb.ts";
import type { ProjectService } from "./gen/tessera/admin/v1/project_pb.ts";
import type { ResourceService } from "./gen/tessera/admin/v1/resource_pb.ts";
import type { RoleService } from "./gen/tessera/admin/v1/role_pb.ts";
import type { SignInExperienceService } from "./gen/tessera/admin/v1/sign_in_experience_pb.ts";
import type { SigningKeyService } from "./gen/tessera/admin/v1/signing_key_pb.ts";
import type { TenantService } from "./gen/tessera/admin/v1/tenant_pb.ts";
import type { UserService } from "./gen/tessera/admin/v1/user_pb.ts";

export type Management = {
  application: typeof ApplicationService;
  applicationRole: typeof ApplicationRoleService;
  applicationSecret: typeof ApplicationSecretService;
  audit: typeof AuditService;
  bootstrap: typeof BootstrapService;
  config: typeof ConfigService;
  connector: typeof ConnectorService;
  consent: typeof ConsentService;
  protectedAppDomain: typeof ProtectedAppDomainService;
  group: typeof GroupService;
  jwtCustomizer: typeof JwtCustomizerService;
  organization: typeof OrganizationService;
  organizationRole: typeof OrganizationRoleService;
  organizationScope: typeof OrganizationScopeService;
  organizationInvitation: typeof OrganizationInvitationService;
  project: typeof ProjectService;
  resource: typeof ResourceService;
  role: typeof RoleService;
  signInExperience: typeof SignInExperienceService;
  signingKey: typeof SigningKeyService;
  tenant: typeof TenantService;
  user: typeof UserService;
};

export type * from "./gen/tessera/admin/v1/application_pb.ts";
export type * from "./gen/tessera/admin/v1/application_role_pb.ts";
export type * from "./gen/tessera/admin/v1/application_secret_pb.ts";
export type * from "./gen/tessera/admin/v1/audit_pb.ts";
export type * from "./gen/tessera/admin/v1/bootstrap_pb.ts";
export type * from "./gen/tessera/admin/v1/config_pb.ts";
export type * from "./gen/tessera/admin/v1/connector_pb.ts";
export type * from "./gen/tessera/admin/v1/consent_pb.ts";
export type * from "./gen/tessera/admin/v1/custom_domain_pb.ts";
export type * from "./gen/tessera/admin/v1/declaration_pb.ts";
export type * from "./gen/tessera/admin/v1/group_pb.ts";
export type * from "./gen/tessera/admin/v1/jwt_customizer_pb.ts";
export type * from "./gen/tessera/admin/v1/organization_invitation_pb.ts";
export type * from "./gen/tessera/admin/v1/organization_pb.ts";
export type * from "./gen/tessera/admin/v1/page_pb.ts";
export type * from "./gen/tessera/admin/v1/project_pb.ts";
export type * from "./gen/tessera/admin/v1/resource_pb.ts";
export type * from "./gen/tessera/admin/v1/role_pb.ts";
export type * from "./gen/tessera/admin/v1/sign_in_experience_pb.ts";
export type * from "./gen/tessera/admin/v1/signing_key_pb.ts";
export type * from "./gen/tessera/admin/v1/tenant_pb.ts";
export type * from "./gen/tessera/admin/v1/user_pb.ts";
