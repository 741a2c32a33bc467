// What one refresh token leads to: each answer brings the token of the next request.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ExchangeResponseSchema, RefreshRequestSchema } from "../../src/gen/tessera/auth/v1/auth_pb.ts";

/** `first` is the message the chain begins with, as it is sent. */
export function beginChain(first: Uint8Array) {
  return {
    request: (): Uint8Array => first,
    /** The next request, from the answer to the last one. Throws when it brought no refresh token. */
    follow: (answer: Uint8Array): Uint8Array => {
      const { refreshToken } = fromBinary(ExchangeResponseSchema, answer);
      if (refreshToken === "") throw new Error("the answer to a refresh brought no refresh token");
      return toBinary(RefreshRequestSchema, create(RefreshRequestSchema, { refreshToken }));
    },
  };
}
