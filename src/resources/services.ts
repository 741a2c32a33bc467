// Every management service with its methods: the standard ones by name, what differs from files of their own.
import type { Served } from "../call.ts";
import type { Parts } from "../parts.ts";
import { applicationServices } from "./applications/application-services.ts";
import { connectorServices } from "./connectors/connector-services.ts";
import { consentServices } from "./consent/consent-services.ts";
import { instanceServices } from "./instance/instance-services.ts";
import { organizationServices } from "./organizations/organization-services.ts";
import { policyServices } from "./policy/policy-services.ts";
import { settingsServices } from "./settings/settings-services.ts";
import { subjectServices } from "./users/subject-services.ts";

export const managementServices = (parts: Parts): Served[] => [
  ...applicationServices(parts),
  ...connectorServices(parts),
  ...organizationServices(parts),
  ...subjectServices(parts),
  ...consentServices(parts),
  ...instanceServices(parts),
  ...settingsServices(parts),
  ...policyServices(parts),
];
