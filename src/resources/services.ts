// Every management service with its methods: the standard ones by name, what differs from files of their own.
import type { Served } from "../call.ts";
import type { Parts } from "../parts.ts";
import { applicationServices } from "./application-services.ts";
import { connectorServices } from "./connector-services.ts";
import { consentServices } from "./consent-services.ts";
import { instanceServices } from "./instance-services.ts";
import { organizationServices } from "./organization-services.ts";
import { policyServices } from "./policy-services.ts";
import { settingsServices } from "./settings-services.ts";
import { subjectServices } from "./subject-services.ts";

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
