// Services of the consent family.
import { type Served, serve } from "../../call.ts";
import { ConsentService } from "../../gen/tessera/admin/v1/consent_pb.ts";
import type { Parts } from "../../parts.ts";
import { consentOrganizationMethods } from "./consent-organizations.ts";
import { consentScopeMethods } from "./consent-scopes.ts";

export const consentServices = (parts: Parts): Served[] => [
  serve(ConsentService, { ...consentScopeMethods(parts), ...consentOrganizationMethods(parts) }),
];
