// Users, and the upstream identities that are them.
import { UserIdentitySchema, UserSchema } from "../../gen/tessera/admin/v1/user_pb.ts";
import { emailKey } from "../../policy/email.ts";
import { requireMayActAs } from "../escalation.ts";
import type { ResourceType } from "../resource.ts";

export const user: ResourceType<typeof UserSchema> = {
  desc: UserSchema,
  name: "user",
  key: ["username"],
  async check(parts, acting, { id, email, emailVerified }) {
    await requireMayActAs(parts, acting, { userId: id });
    return { columns: { emailKey: emailVerified ? emailKey(email) : "" } };
  },
};

export const userIdentity: ResourceType<typeof UserIdentitySchema> = {
  desc: UserIdentitySchema,
  name: "userIdentity",
  key: ["connectorId", "subject"],
  async check(parts, acting, { userId }) {
    await requireMayActAs(parts, acting, { userId });
    return {};
  },
};
