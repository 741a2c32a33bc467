// How applications look where their users sign in: at most one for each application.
import type { UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import {
  SignInExperienceSchema,
  type SignInExperienceService,
} from "../../gen/tessera/admin/v1/sign_in_experience_pb.ts";
import { actingOf } from "../acting.ts";
import { fromColumns } from "../columns.ts";
import { everyField, putResource } from "../put-resource.ts";
import type { ResourceParts, ResourceType } from "../resource-type.ts";
import { carried } from "../standard.ts";

export const signInExperience: ResourceType<typeof SignInExperienceSchema> = {
  desc: SignInExperienceSchema,
  name: "signInExperience",
  key: ["applicationId"],
};

export const signInExperienceMethods = (parts: ResourceParts): UseCases<typeof SignInExperienceService> => ({
  async replaceSignInExperience(call, request) {
    const change = carried(signInExperience, request);
    const key = { applicationId: change.applicationId };
    const put = { key, change, mask: everyField(SignInExperienceSchema), event: "sign_in_experience.replaced" };
    const { message, created } = await putResource(parts, signInExperience, actingOf(call), put);
    return { signInExperience: message, created };
  },
  async getSignInExperience(call, { applicationId }) {
    const row = await parts.store.tenant(actingOf(call).tenantId).rowByKey("signInExperience", { applicationId });
    if (row === undefined) throw new Failure("notFound", "not found");
    return fromColumns(SignInExperienceSchema, row);
  },
});
