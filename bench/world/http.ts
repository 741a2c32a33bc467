// One HTTP request over a connection of its own.
import { request as overPlain } from "node:http";
import { request as overTls } from "node:https";
import { text } from "node:stream/consumers";

export type Asked = {
  /** With a body it is a POST. */
  body?: string | Uint8Array | undefined;
  headers?: Readonly<Record<string, string>>;
  /** PEM of the authority of an https address. */
  ca?: string | undefined;
};

/** Rejects with what is wrong with the connection. Gives up after five seconds. */
export function ask(url: string, { body, headers = {}, ca }: Asked = {}): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const options = {
    method: body === undefined ? "GET" : "POST",
    headers,
    agent: false,
    signal: AbortSignal.timeout(5000),
    ...(ca !== undefined && { ca }),
  };
  const send = url.startsWith("https:") ? overTls : overPlain;
  const request = send(url, options, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
  });
  request.on("error", reject);
  request.end(body);
  return promise;
}
