// Puts the token of a source on every call that a backend makes to another.
import { type CallCredentials, credentials, Metadata } from "@grpc/grpc-js";
import type { TokenSource } from "./token-source.ts";

/** Call credentials (RFC 6750) for the TLS channels of any grpc-js client. A call fails when no token can be had. */
export const tokenCallCredentials = (source: Pick<TokenSource, "token">): CallCredentials =>
  credentials.createFromMetadataGenerator((_call, done) => {
    source.token().then(
      (token) => {
        const metadata = new Metadata();
        metadata.set("authorization", `Bearer ${token}`);
        done(null, metadata);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error("no access token")),
    );
  });
