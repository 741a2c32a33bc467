// Groups and their members.
import { GroupMemberSchema, GroupSchema } from "../gen/tessera/admin/v1/group_pb.ts";
import type { ResourceType } from "./resource.ts";

export const group: ResourceType<typeof GroupSchema> = { desc: GroupSchema, name: "group", key: ["name"] };

export const groupMember: ResourceType<typeof GroupMemberSchema> = {
  desc: GroupMemberSchema,
  name: "groupMember",
  key: ["groupId", "userId"],
};
