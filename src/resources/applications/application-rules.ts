// What the type of an application asks for and what it forbids: rules that need nothing but the application itself.
import { Failure } from "../../failure.ts";
import { type Application, ApplicationType } from "../../gen/tessera/admin/v1/application_pb.ts";
import { requireSmall } from "../custom-data.ts";
import { refused } from "../listing.ts";

/** Types that run where a secret can be kept. */
const keepsSecrets: readonly ApplicationType[] = [
  ApplicationType.TRADITIONAL,
  ApplicationType.MACHINE_TO_MACHINE,
  ApplicationType.PROTECTED,
];
const forThirdParties: readonly ApplicationType[] = [
  ApplicationType.NATIVE,
  ApplicationType.SPA,
  ApplicationType.TRADITIONAL,
];

/** Whether it authenticates with secrets (RFC 6749 section 2.1). */
export const isConfidential = ({ type, publicClient }: Pick<Application, "type" | "publicClient">): boolean =>
  keepsSecrets.includes(type) && !publicClient;

/** Throws invalid for what no application can be, precondition for fields that do not go together. */
export function requireFittingType(application: Application): void {
  const { type, thirdParty, deviceFlow, protectedAppMetadata, customData } = application;
  if (type === ApplicationType.SAML) throw refused("type", "is not served: Tessera speaks no SAML");
  if (thirdParty && !forThirdParties.includes(type)) throw refused("third_party", "is not for this type");
  if (type === ApplicationType.PROTECTED && protectedAppMetadata === undefined)
    throw refused("protected_app_metadata", "is needed for this type");
  if (type !== ApplicationType.PROTECTED && protectedAppMetadata !== undefined)
    throw refused("protected_app_metadata", "is for protected applications only");
  if (deviceFlow && type !== ApplicationType.NATIVE)
    throw new Failure("precondition", "the device flow is for native applications only");
  requireSmall(customData);
}

/** Throws precondition. */
export function requireFittingFields(application: Application): void {
  const { publicClient, origins, certificateUris, defaultConnectorId, connectorIds } = application;
  if (publicClient && origins.length === 0) throw unfit("a public application needs at least one origin");
  if (publicClient && certificateUris.length > 0) throw unfit("a public application has no certificate");
  if (defaultConnectorId !== "" && !connectorIds.includes(defaultConnectorId))
    throw unfit("the default connector has to be among the application's connectors");
}

const unfit = (description: string) => new Failure("precondition", description);
