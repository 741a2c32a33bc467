// Scripts that add claims to access tokens: declared in the contract, and refused until tokens are made with them.
import type { UseCases } from "../../call.ts";
import { Failure } from "../../failure.ts";
import type { JwtCustomizerService } from "../../gen/tessera/admin/v1/jwt_customizer_pb.ts";

const unbuilt = async (): Promise<never> => {
  throw new Failure("unimplemented", "claims of access tokens cannot be customized by scripts");
};

export const jwtCustomizerMethods: UseCases<typeof JwtCustomizerService> = {
  upsertJwtCustomizer: unbuilt,
  updateJwtCustomizer: unbuilt,
  getJwtCustomizer: unbuilt,
  deleteJwtCustomizer: unbuilt,
  listJwtCustomizers: unbuilt,
  testJwtCustomizer: unbuilt,
};
