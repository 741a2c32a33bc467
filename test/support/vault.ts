// A Vault on the loopback that speaks the read half of the KV version 2 API, and fails in the ways that a Vault does.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One version of a secret; deleted and destroyed versions keep their place in the count. */
export type VaultVersion = { data: Record<string, unknown>; state?: "deleted" | "destroyed" };

export type VaultFault = "sealed" | "error" | "forbidden" | "redirect" | "hang" | "cut" | "notJson" | "notVault";

export type TestVault = {
  address: string;
  mount: string;
  token: string;
  /** By path below `{mount}/data/`, oldest version first. */
  secrets: Map<string, VaultVersion[]>;
  fault: VaultFault | undefined;
  /** Paths that were asked for, with their query. */
  requests: string[];
  close(): void;
};

/** Listens on a free port of 127.0.0.1. */
export async function startVault(): Promise<TestVault> {
  const server = createServer((request, response) => {
    vault.requests.push(request.url ?? "");
    (vault.fault ? faults[vault.fault] : answer)(response, request, vault);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const vault: TestVault = {
    address: `http://127.0.0.1:${port}`,
    mount: "kv",
    token: `vault-${port}`,
    secrets: new Map(),
    fault: undefined,
    requests: [],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return vault;
}

type Answer = (response: ServerResponse, request: IncomingMessage, vault: TestVault) => void;

const send = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

const faults: Record<VaultFault, Answer> = {
  sealed: (response) => send(response, 503, { errors: ["Vault is sealed"] }),
  error: (response) => send(response, 500, { errors: ["1 error occurred"] }),
  forbidden: (response) => send(response, 403, { errors: ["permission denied"] }),
  redirect: (response, request, vault) => response.writeHead(307, { location: `${vault.address}${request.url}` }).end(),
  hang: () => undefined,
  cut: (response) =>
    response
      .writeHead(200, { "content-type": "application/json", "content-length": 999 })
      .write('{"data":{', () => response.destroy()),
  notJson: (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html></html>"),
  notVault: (response) => send(response, 200, { hello: "world" }),
};

const answer: Answer = (response, request, vault) => {
  const url = new URL(request.url ?? "", vault.address);
  const prefix = `/v1/${vault.mount}/data/`;
  if (request.headers["x-vault-token"] !== vault.token) return send(response, 403, { errors: ["permission denied"] });
  if (!url.pathname.startsWith(prefix)) {
    return send(response, 404, { errors: [`no handler for route "${url.pathname.slice(4)}"`] });
  }
  const versions = vault.secrets.get(url.pathname.slice(prefix.length)) ?? [];
  // As in Vault, version 0 is the newest.
  const version = Number(url.searchParams.get("version") ?? 0) || versions.length;
  const found = versions[version - 1];
  if (!found) return send(response, 404, { errors: [] });
  const { data, state } = found;
  const metadata = {
    version,
    created_time: "2026-01-01T00:00:00Z",
    deletion_time: state === "deleted" ? "2026-01-02T00:00:00Z" : "",
    destroyed: state === "destroyed",
  };
  return send(response, state ? 404 : 200, { request_id: "1", data: { data: state ? null : data, metadata } });
};
