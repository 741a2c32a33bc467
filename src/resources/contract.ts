// The services of tessera.admin.v1, by the names that tRPC gives them.
import { ApplicationService } from "../gen/tessera/admin/v1/application_pb.ts";
import { ApplicationRoleService } from "../gen/tessera/admin/v1/application_role_pb.ts";
import { ApplicationSecretService } from "../gen/tessera/admin/v1/application_secret_pb.ts";
import { AuditService } from "../gen/tessera/admin/v1/audit_pb.ts";
import { BootstrapService } from "../gen/tessera/admin/v1/bootstrap_pb.ts";
import { ConfigService } from "../gen/tessera/admin/v1/config_pb.ts";
import { ConnectorService } from "../gen/tessera/admin/v1/connector_pb.ts";
import { ConsentService } from "../gen/tessera/admin/v1/consent_pb.ts";
import { ProtectedAppDomainService } from "../gen/tessera/admin/v1/custom_domain_pb.ts";
import { GroupService } from "../gen/tessera/admin/v1/group_pb.ts";
import { JwtCustomizerService } from "../gen/tessera/admin/v1/jwt_customizer_pb.ts";
import {
  OrganizationService,
  OrganizationRoleService,
  OrganizationScopeService,
} from "../gen/tessera/admin/v1/organization_pb.ts";
import { OrganizationInvitationService } from "../gen/tessera/admin/v1/organization_invitation_pb.ts";
import { ProjectService } from "../gen/tessera/admin/v1/project_pb.ts";
import { ResourceService } from "../gen/tessera/admin/v1/resource_pb.ts";
import { RoleService } from "../gen/tessera/admin/v1/role_pb.ts";
import { SignInExperienceService } from "../gen/tessera/admin/v1/sign_in_experience_pb.ts";
import { SigningKeyService } from "../gen/tessera/admin/v1/signing_key_pb.ts";
import { TenantService } from "../gen/tessera/admin/v1/tenant_pb.ts";
import { UserService } from "../gen/tessera/admin/v1/user_pb.ts";

export const managementContract = {
  application: ApplicationService,
  applicationRole: ApplicationRoleService,
  applicationSecret: ApplicationSecretService,
  audit: AuditService,
  bootstrap: BootstrapService,
  config: ConfigService,
  connector: ConnectorService,
  consent: ConsentService,
  protectedAppDomain: ProtectedAppDomainService,
  group: GroupService,
  jwtCustomizer: JwtCustomizerService,
  organization: OrganizationService,
  organizationRole: OrganizationRoleService,
  organizationScope: OrganizationScopeService,
  organizationInvitation: OrganizationInvitationService,
  project: ProjectService,
  resource: ResourceService,
  role: RoleService,
  signInExperience: SignInExperienceService,
  signingKey: SigningKeyService,
  tenant: TenantService,
  user: UserService,
} as const;

export type ManagementContract = typeof managementContract;
