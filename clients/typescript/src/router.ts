// The shape of the tRPC door, derived from the contract alone: no type of the server is needed.
import type { DescMessage, MessageJsonType } from "@bufbuild/protobuf";
import type { GenService } from "@bufbuild/protobuf/codegenv2";
import type { TRPCBuiltRouter, TRPCDefaultErrorShape, TRPCMutationProcedure, TRPCQueryProcedure } from "@trpc/server";
import type { AuthService } from "./gen/tessera/auth/v1/auth_pb.ts";
import type { Management } from "./management.ts";

type Unary = { methodKind: "unary"; input: DescMessage; output: DescMessage };

/** The methods of a generated service, by name. */
export type MethodsOf<Service> =
  Service extends GenService<infer Methods extends Record<string, Unary>> ? Methods : never;

/** What goes in and comes out of a method, in the JSON of the contract: field names are the RFCs'. */
export type RequestOf<Method extends Unary> = MessageJsonType<Method["input"]>;
export type AnswerOf<Method extends Unary> = MessageJsonType<Method["output"]>;

/** Methods that change nothing. Types of services do not carry idempotency_level, but the names say it. */
type Query = `${"get" | "list" | "introspect"}${string}`;

export const isQuery = (name: string): name is Query => /^(?:get|list|introspect)/.test(name);

type Procedure<Name, Method extends Unary> = Name extends Query
  ? TRPCQueryProcedure<{ meta: unknown; input: RequestOf<Method>; output: AnswerOf<Method> }>
  : TRPCMutationProcedure<{ meta: unknown; input: RequestOf<Method>; output: AnswerOf<Method> }>;

type Root = { ctx: object; meta: object; errorShape: TRPCDefaultErrorShape; transformer: false };
type Procedures<Service> = {
  [Name in keyof MethodsOf<Service>]: Procedure<Name, MethodsOf<Service>[Name]>;
};
type Services = { auth: typeof AuthService } & Management;

/** For createTRPCClient, or for another integration of tRPC such as its TanStack Query one. */
export type TesseraRouter = TRPCBuiltRouter<Root, { [Name in keyof Services]: Procedures<Services[Name]> }>;
