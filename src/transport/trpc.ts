// The tRPC router: every method of the table, from its descriptor alone. Knows nothing of HTTP.
import { type DescService, type MessageJsonType, toJson } from "@bufbuild/protobuf";
import {
  initTRPC,
  type TRPC_ERROR_CODE_KEY,
  type TRPC_ERROR_CODE_NUMBER,
  type TRPCBuiltRouter,
  type TRPCError,
  type TRPCMutationProcedure,
  type TRPCQueryProcedure,
} from "@trpc/server";
import { createCancel } from "../cancel.ts";
import { asFailure, Failure } from "../failure.ts";
import type { AuthService } from "../gen/tessera/auth/v1/auth_pb.ts";
import type { ManagementContract } from "../resources/index.ts";
import type { Offered } from "./credentials.ts";
import type { Dispatch } from "./dispatch.ts";
import { type ErrorData, errorData, trpcError } from "./errors.ts";
import type { Method } from "./method.ts";
import { decodeJson } from "../validation.ts";

/** The router as a client sees it. Importing this type brings no code. */
export type TesseraRouter = RouterOf<{ auth: typeof AuthService } & ManagementContract>;

/** What the HTTP door makes of a request; one for all calls of a batch. */
export type TrpcContext = { offered: Offered };

export type TrpcErrorShape = {
  message: string;
  code: TRPC_ERROR_CODE_NUMBER;
  data: ErrorData & { code: TRPC_ERROR_CODE_KEY };
};

type Parts = { methods: readonly Method[]; dispatch: Dispatch };

/** Input is the JSON form of the request, output that of the answer: with everything in it, unless it is sparse. */
export function createRouter({ methods, dispatch }: Parts) {
  const t = initTRPC
    .context<TrpcContext>()
    .create({ errorFormatter: ({ shape, error }) => shapeOf(shape.code, error) });
  // What came in is read inside dispatch, so that a flooding source is refused before its JSON is parsed.
  const raw = t.procedure.use(({ getRawInput, next }) => next({ ctx: { getRawInput } }));
  const procedure = (method: Method) => {
    const call = (opts: RawCall) => dispatchJson(dispatch, method, opts);
    return method.query ? raw.query(call) : raw.mutation(call);
  };
  const namespaces = Map.groupBy(methods, (method) => method.procedure[0]);
  const routers = [...namespaces].map(([namespace, members]) => {
    const procedures = members.map((method) => [method.procedure[1], procedure(method)]);
    return [namespace, t.router(Object.fromEntries(procedures))];
  });
  return t.router(Object.fromEntries(routers));
}

type RawCall = { ctx: TrpcContext & { getRawInput: () => Promise<unknown> }; signal?: AbortSignal | undefined };

async function dispatchJson(dispatch: Dispatch, method: Method, { ctx, signal }: RawCall): Promise<unknown> {
  const { desc, sparse } = method;
  const cancel = createCancel();
  const leave = () => cancel.abort(new Failure("cancelled", "the caller has left"));
  signal?.addEventListener("abort", leave, { once: true });
  try {
    return await dispatch({
      method,
      offered: ctx.offered,
      timeoutMs: undefined,
      cancel,
      read: async () => decodeJson(desc.input, await ctx.getRawInput().catch(notJson)),
      write: (answer) => toJson(desc.output, answer, { alwaysEmitImplicit: !sparse }),
    });
  } catch (thrown) {
    throw trpcError(asFailure(thrown));
  } finally {
    signal?.removeEventListener("abort", leave);
  }
}

/** The parser's own words quote the text, so they are not even kept as the cause. */
const notJson = () => {
  throw new Failure("invalid", "the request is not JSON");
};

/** No path and no stack, whatever mode the process runs in. */
function shapeOf(code: TRPC_ERROR_CODE_NUMBER, { code: key, cause }: TRPCError): TrpcErrorShape {
  const failure = cause instanceof Failure ? cause : routingFailure(key);
  return { message: failure.message, code, data: { code: key, ...errorData(failure) } };
}

/** What tRPC refuses itself, before any method is known. Its own words echo the path. */
function routingFailure(code: TRPC_ERROR_CODE_KEY): Failure {
  if (code === "NOT_FOUND") return new Failure("notFound", "there is no such procedure");
  if (code === "INTERNAL_SERVER_ERROR") return new Failure("internal", "internal error");
  return new Failure("invalid", "the request is not a call or a batch of calls");
}

export type RouterOf<Services extends Record<string, DescService>> = TRPCBuiltRouter<
  { ctx: TrpcContext; meta: object; errorShape: TrpcErrorShape; transformer: false },
  { [Name in keyof Services & string]: Procedures<Services[Name]> }
>;

type Procedures<S extends DescService> = {
  [K in keyof S["method"] & string]: K extends QueryName
    ? TRPCQueryProcedure<Wire<S["method"][K]>>
    : TRPCMutationProcedure<Wire<S["method"][K]>>;
};

type Wire<M extends DescService["method"][string]> = {
  meta: unknown;
  input: MessageJsonType<M["input"]>;
  output: MessageJsonType<M["output"]>;
};

/** The type of a descriptor does not tell queries from changes, but their names do: a test holds them to it. */
export type QueryName = `${"get" | "list" | "introspect"}${string}`;
export const queryName = /^(?:get|list|introspect)/;
