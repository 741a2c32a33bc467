// Serves the page, and of the development service's dev.json what a page may know.
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const devJson = resolve(import.meta.dirname, process.env["TESSERA_DEV_JSON"] ?? "../../../../data/dev.json");

type DevJson = { http: string; public_client_id: string; upstream: { issuer: string; client_id: string } };

/** Field by field, so that client_secret and whatever dev.json may hold one day stays on this side. */
function configuration(): string {
  const { http, public_client_id, upstream } = JSON.parse(readFileSync(devJson, "utf8")) as DevJson;
  return JSON.stringify({
    http,
    public_client_id,
    upstream_issuer: upstream.issuer,
    upstream_client_id: upstream.client_id,
  });
}

function serveConfiguration(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("content-type", "application/json");
  response.setHeader("cache-control", "no-store");
  try {
    response.end(configuration());
  } catch {
    response.writeHead(503).end(JSON.stringify({ error: "start the service first: npm start" }));
  }
}

const tesseraJson: Plugin = {
  name: "tessera-json",
  configureServer: ({ middlewares }) => void middlewares.use("/tessera.json", serveConfiguration),
  configurePreviewServer: ({ middlewares }) => void middlewares.use("/tessera.json", serveConfiguration),
};

// Tokens live in the page's memory, so foreign script is what must be kept out.
const policy = [
  "default-src 'self'",
  "connect-src 'self' http://127.0.0.1:* http://localhost:*",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

const listening = { host: "127.0.0.1", port: 5173, strictPort: true };

export default defineConfig({
  root: import.meta.dirname,
  plugins: [tesseraJson],
  server: listening,
  preview: {
    ...listening,
    headers: { "content-security-policy": policy.join("; "), "referrer-policy": "no-referrer" },
  },
  build: { target: "es2024" },
});
