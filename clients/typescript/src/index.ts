// What a browser or any other runtime may import: nothing here needs Node. The gRPC client is in ./node.
export {
  type CallOptions,
  createTesseraClient,
  type TesseraClient,
  type TesseraOptions,
  tesseraLinks,
} from "./client.ts";
export { type Clock, systemClock } from "./clock.ts";
export type { Credential } from "./credential.ts";
export { type Reason, TesseraError, type Violation } from "./error.ts";
export type * from "./gen/tessera/auth/v1/auth_pb.ts";
export type * as management from "./management.ts";
export type { TesseraRouter } from "./router.ts";
export { createTabTokenSource, type TabTokenSource, type TabTokenSourceOptions } from "./tab-token-source.ts";
export { createTokenSource, type TokenSource, type TokenSourceOptions } from "./token-source.ts";
export { type TokenAnswer, type Tokens, tokensOf } from "./tokens.ts";
