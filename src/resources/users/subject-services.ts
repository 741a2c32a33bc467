// Services of users.
import { type Served, serve } from "../../call.ts";
import { UserService } from "../../gen/tessera/admin/v1/user_pb.ts";
import type { Parts } from "../../parts.ts";
import { standardMethods } from "../standard.ts";
import { user, userIdentity } from "./user.ts";
import { userMethods, userRoleMethods } from "./user-methods.ts";

export const subjectServices = (parts: Parts): Served[] => [
  serve(UserService, {
    ...standardMethods(parts, UserService, user),
    ...standardMethods(parts, UserService, userIdentity),
    ...userMethods(parts),
    ...userRoleMethods(parts),
  }),
];
