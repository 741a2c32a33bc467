// For Node backends: everything of the browser-safe entry, and the gRPC client.
export { createGrpcClient, type GrpcCallOptions, type GrpcClient, type GrpcOptions } from "./grpc-client.ts";
export { tokenCallCredentials } from "./grpc-credentials.ts";
export * from "./index.ts";
