// The permissions of the management resource: what the methods of the contract ask for, and those for tokens.
import { getOption } from "@bufbuild/protobuf";
import { access } from "../gen/tessera/options/v1/options_pb.ts";
import { crossAudience } from "../policy/audience.ts";
import { systemTenantId } from "../system-tenant.ts";
import { managementContract } from "./contract.ts";

/** What is allowed only from the system tenant is a permission of that tenant only. */
export const managementPermissions = (tenantId: string): readonly string[] =>
  tenantId === systemTenantId ? [...ofTenants, ...ofInstance] : ofTenants;

const methods = Object.values(managementContract).flatMap((service) => service.methods);
const accesses = methods.map((method) => getOption(method, access));

const asked = (instance: boolean): string[] => {
  const own = accesses.filter((option) => option.instance === instance);
  return [...new Set(own.flatMap(({ permissions }) => permissions))].sort();
};

const ofTenants: readonly string[] = [...asked(false), crossAudience];
const ofInstance: readonly string[] = asked(true);
