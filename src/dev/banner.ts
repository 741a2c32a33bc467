// What `npm start` shows a newcomer: where everything is, and two lines to try. Secrets stay in dev.json.
import type { DevFile } from "./demo.ts";

/** The lines for a dev.json that was just written to `devFile`. */
export function banner(devFile: string, { grpc, http, upstream }: DevFile): string[] {
  const method = "tessera.auth.v1.AuthService/Exchange";
  return [
    "",
    "  *** DEV MODE: a built-in issuer signs anybody in as the demo users. Never on a network. ***",
    "",
    `  gRPC      ${grpc}`,
    `  HTTP      ${http}   (tRPC at /trpc, metrics at /metrics)`,
    `  JWKS      ${http}/.well-known/jwks.json`,
    `  sign-in   ${upstream.issuer}`,
    `  data      ${devFile}   (addresses and the demo's credentials)`,
    "",
    "  Try it over gRPC:",
    `  npx buf curl --protocol grpc --http2-prior-knowledge -H "$(npm run -s dev header)" -d "$(npm run -s dev exchange)" http://${grpc}/${method}`,
    "",
    "  Try it in TypeScript (clients/typescript):",
    `  const { token, user } = await createTesseraClient({ url: "${http}", clientId, clientSecret }).auth.exchange.mutate({ access_token })`,
    "",
    "  Or see the whole journey:  npm run demo",
    "",
  ];
}
