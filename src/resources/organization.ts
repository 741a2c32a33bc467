// Organizations, their roles and their members.
import {
  OrganizationMemberSchema,
  OrganizationRoleSchema,
  OrganizationSchema,
} from "../gen/tessera/admin/v1/organization_pb.ts";
import type { ResourceType } from "./resource.ts";

export const organization: ResourceType<typeof OrganizationSchema> = {
  desc: OrganizationSchema,
  name: "organization",
  key: ["name"],
};

export const organizationRole: ResourceType<typeof OrganizationRoleSchema> = {
  desc: OrganizationRoleSchema,
  name: "organizationRole",
  key: ["name"],
};

export const organizationMember: ResourceType<typeof OrganizationMemberSchema> = {
  desc: OrganizationMemberSchema,
  name: "organizationMember",
  key: ["organizationId", "userId"],
};
