// The management types by message name, in the order in which one may refer to another.
import type { DescMessage } from "@bufbuild/protobuf";
import { resource } from "./api-resource.ts";
import { application, applicationSecret } from "./application.ts";
import { connector } from "./connector.ts";
import { group, groupMember } from "./group.ts";
import { organization, organizationMember, organizationRole } from "./organization.ts";
import { project } from "./project.ts";
import type { ResourceType } from "./resource.ts";
import { role, roleAssignment } from "./role.ts";
import { scope } from "./scope.ts";
import { tenant } from "./tenant.ts";
import { user, userIdentity } from "./user.ts";


/** Erases a type's message so that types of all kinds can stand in one table. */
const any = <D extends DescMessage>(type: ResourceType<D>): ResourceType => type as unknown as ResourceType;

export const resourceTypes: ReadonlyMap<string, ResourceType> = new Map(
  [
    any(tenant),
    any(project),
    any(resource),
    any(scope),
    any(role),
    any(connector),
    any(application),
    any(applicationSecret),
    any(group),
    any(organization),
    any(organizationRole),
    any(user),
    any(userIdentity),
    any(groupMember),
    any(organizationMember),
    any(roleAssignment),
  ].map((type) => [type.desc.typeName, type]),
);
