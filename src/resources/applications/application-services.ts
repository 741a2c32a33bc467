// Services of the application family.
import { type Served, serve } from "../../call.ts";
import { ApplicationService } from "../../gen/tessera/admin/v1/application_pb.ts";
import { ApplicationRoleService } from "../../gen/tessera/admin/v1/application_role_pb.ts";
import { ApplicationSecretService } from "../../gen/tessera/admin/v1/application_secret_pb.ts";
import { ProtectedAppDomainService } from "../../gen/tessera/admin/v1/custom_domain_pb.ts";
import { SignInExperienceService } from "../../gen/tessera/admin/v1/sign_in_experience_pb.ts";
import type { Parts } from "../../parts.ts";
import { applicationMethods } from "./application-methods.ts";
import { applicationRoleMethods } from "./application-roles.ts";
import { applicationSecretMethods } from "./application-secret-methods.ts";
import { customDomainMethods } from "./custom-domain-methods.ts";
import { signInExperienceMethods } from "./sign-in-experience.ts";

export const applicationServices = (parts: Parts): Served[] => [
  serve(ApplicationService, applicationMethods(parts)),
  serve(ApplicationSecretService, applicationSecretMethods(parts)),
  serve(ApplicationRoleService, applicationRoleMethods(parts)),
  serve(SignInExperienceService, signInExperienceMethods(parts)),
  serve(ProtectedAppDomainService, customDomainMethods(parts)),
];
