// Users, and the upstream identities that are them.
import { UserIdentitySchema, UserSchema } from "../gen/tessera/admin/v1/user_pb.ts";
import { emailKey } from "../policy/email.ts";
import type { ResourceType } from "./resource.ts";

export const user: ResourceType<typeof UserSchema> = {
  desc: UserSchema,
  name: "user",
  key: ["username"],
  check: (_parts, _acting, { email, emailVerified }) => ({
    columns: { emailKey: emailVerified ? emailKey(email) : "" },
  }),
};

export const userIdentity: ResourceType<typeof UserIdentitySchema> = {
  desc: UserIdentitySchema,
  name: "userIdentity",
  key: ["connectorId", "subject"],
};
