// Resources: audiences of access tokens.
import { Failure } from "../failure.ts";
import { ResourceSchema } from "../gen/tessera/admin/v1/resource_pb.ts";
import { managementIndicator } from "../policy/audience.ts";
import type { ResourceType } from "./resource.ts";

export const resource: ResourceType<typeof ResourceSchema> = {
  desc: ResourceSchema,
  name: "resource",
  key: ["indicator"],
  check(_parts, _acting, { indicator, isDefault, disabled }) {
    if (indicator === managementIndicator && (isDefault || disabled))
      throw new Failure("precondition", "the management resource is neither a default nor disabled");
    return {};
  },
};
