// gRPC as somebody might write it who means harm: HTTP/2 fields and frames of one's own making.
import { type ClientSessionOptions, connect, type OutgoingHttpHeaders } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { RevokeRequestSchema } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { basic } from "./doors.ts";

/** A length-prefixed gRPC message. */
export function framed(message: Uint8Array, { flag = 0, length = message.length } = {}): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

export const goodBody = framed(toBinary(RevokeRequestSchema, create(RevokeRequestSchema, { token: "x" })));
export const goodHeaders = {
  ":method": "POST",
  ":path": "/tessera.auth.v1.AuthService/Revoke",
  "content-type": "application/grpc",
  te: "trailers",
  authorization: basic(),
};

type Answered = { status: string; grpcStatus: string };

// Not in the types yet: lets a client send a field twice.
const lenient: ClientSessionOptions & { strictSingleValueFields: boolean } = { strictSingleValueFields: false };

/** One HTTP/2 request on a connection of its own, as raw as Node allows. */
export function raw(port: number, headers: OutgoingHttpHeaders | string[], body: Buffer = goodBody): Promise<Answered> {
  const session = connect(`http://127.0.0.1:${port}`, lenient);
  session.on("error", () => {});
  return new Promise<Answered>((resolve) => {
    const stream = session.request(headers);
    const answer = { status: "none", grpcStatus: "none" };
    const note = (fields: OutgoingHttpHeaders) => {
      if (fields[":status"] !== undefined) answer.status = String(fields[":status"]);
      if (fields["grpc-status"] !== undefined) answer.grpcStatus = String(fields["grpc-status"]);
    };
    stream
      .on("response", note)
      .on("trailers", note)
      .on("error", () => {});
    stream.on("close", () => resolve(answer)).resume();
    stream.end(body);
    session.on("close", () => resolve(answer));
  }).finally(() => session.destroy());
}
