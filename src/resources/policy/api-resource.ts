// Resources: audiences of access tokens.
import { Failure } from "../../failure.ts";
import { ResourceSchema } from "../../gen/tessera/admin/v1/resource_pb.ts";
import { managementIndicator } from "../../policy/audience.ts";
import { isOwn, refuseOwn } from "./own-resources.ts";
import type { ResourceType } from "../resource.ts";

export const resource: ResourceType<typeof ResourceSchema> = {
  desc: ResourceSchema,
  name: "resource",
  key: ["indicator"],
  check(_parts, acting, { indicator, isDefault, disabled }) {
    refuseOwn(acting, indicator);
    if (isDefault && isOwn(indicator)) throw refused("Tessera's own resources are never the default");
    if (disabled && indicator === managementIndicator) throw refused("the management resource is never disabled");
    return {};
  },
};

const refused = (description: string) => new Failure("precondition", description);
