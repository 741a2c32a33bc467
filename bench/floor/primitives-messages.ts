// From bytes to messages and back, and what is read of a request beside its message.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { IntrospectRequestSchema, IntrospectResponseSchema } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { readCredential } from "../../src/transport/credentials.ts";
import { createValidation } from "../../src/validation.ts";
import { many, typicalClaims } from "./primitives-cryptography.ts";
import type { Primitive } from "./primitives.ts";

const times = 100;

export function messageCases(): Primitive[] {
  const request = create(IntrospectRequestSchema, { token: "t".repeat(790) });
  const bytes = toBinary(IntrospectRequestSchema, request);
  const { iss, sub, aud, jti, scope, roles, permissions } = typicalClaims;
  const { client_id: clientId, tenant_id: tenantId, sid } = typicalClaims;
  const held = { iss, sub, aud, jti, scope, roles, permissions, clientId, tenantId, sid };
  const answer = create(IntrospectResponseSchema, { ...held, active: true, tokenType: "Bearer", exp: 1, iat: 1 });
  const validate = createValidation();
  const payload = JSON.stringify(typicalClaims);
  const cases: Record<string, () => void> = {
    "protobuf, write an IntrospectResponse": () => void toBinary(IntrospectResponseSchema, answer),
    "protobuf, read an IntrospectRequest of 800 bytes": () => void fromBinary(IntrospectRequestSchema, bytes),
    "protovalidate, an IntrospectRequest": () => validate(IntrospectRequestSchema, request),
    "HTTP Basic, read": () => void readCredential(basicHeader),
    "JSON, read 500 bytes": () => void JSON.parse(payload),
  };
  return Object.entries(cases).map(([name, run]) => ({ name, times, run: () => many(times, run) }));
}

const basicHeader = `Basic ${Buffer.from(`${"c".repeat(21)}:${"s".repeat(44)}`).toString("base64")}`;
