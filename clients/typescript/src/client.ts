// The tRPC client: typed calls over plain HTTP, for browsers and for anything else that has fetch.
import { createTRPCClient, httpLink, type TRPCClient, type TRPCLink } from "@trpc/client";
import { authorizationOf, type Credential } from "./credential.ts";
import type { TesseraRouter } from "./router.ts";
import { errorOfTrpc } from "./trpc-error.ts";

export type TesseraOptions = Credential & {
  /** Where the service answers HTTP, such as "https://auth.example.com". */
  url: string;
  fetch?: typeof globalThis.fetch;
  /** After that long without an answer a call fails with DEADLINE_EXCEEDED. Default: 10,000. */
  timeoutMs?: number;
};

/** `client.auth.exchange.mutate({ access_token })`, `client.role.listRoles.query({})` and so on. Rejects with TesseraError. */
export type TesseraClient = TRPCClient<TesseraRouter>;

/** The second argument of every call. */
export type CallOptions = { signal?: AbortSignal };

export const createTesseraClient = (options: TesseraOptions): TesseraClient =>
  rejecting(createTRPCClient<TesseraRouter>({ links: tesseraLinks(options) }));

/** The links alone, for those who make their own tRPC client. Such a client rejects with TRPCClientError. */
export function tesseraLinks(options: TesseraOptions): TRPCLink<TesseraRouter>[] {
  const { fetch = globalThis.fetch, timeoutMs = 10_000 } = options;
  return [
    httpLink({
      url: `${options.url.replace(/\/+$/, "")}/trpc`,
      // Queries carry tokens, and a token in a URL would end up in access logs.
      methodOverride: "POST",
      headers: async () => ({ authorization: await authorizationOf(options) }),
      fetch: (input, init) => {
        const limit = AbortSignal.timeout(timeoutMs);
        const signal = init?.signal ? AbortSignal.any([init.signal, limit]) : limit;
        return fetch(input, { ...(init as RequestInit), signal });
      },
    }),
  ];
}

/** tRPC wraps whatever a link throws into its own error, so the translation stands outside, around its proxy. */
const rejecting = <Node extends object>(node: Node): Node =>
  new Proxy(node, {
    get(target, key) {
      const next: unknown = Reflect.get(target, key);
      return typeof next === "function" ? rejecting(next) : next;
    },
    async apply(target, self, args) {
      try {
        return await Reflect.apply(target as (...args: unknown[]) => unknown, self, args);
      } catch (thrown) {
        throw errorOfTrpc(thrown);
      }
    },
  });
