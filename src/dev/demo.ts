// Dev mode's demo: its people, its tenant, and dev.json, the file that tells a newcomer's tools where everything is.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { Parts } from "../parts.ts";
import { newId } from "../random.ts";
import {
  applyDeclaration,
  applicationSecret,
  createApplicationSecret,
  deleteResource,
  operating,
  readDeclarations,
  readDocuments,
  type Acting,
} from "../resources/index.ts";
import { type DevIssuer, startDevIssuer } from "./issuer.ts";

type Needs = Pick<Parts, "store" | "keyring" | "secrets" | "random" | "clock" | "validate">;

const demoFile = fileURLToPath(new URL("./demo.yaml", import.meta.url));

/** Who may sign in at the development issuer. The demo tenant knows all but cleo, who administers the instance. */
const people = [
  { subject: "dev-ada", username: "ada", name: "Ada Ferrante", email: "ada@harbour.test", emailVerified: true },
  { subject: "dev-ben", username: "ben", name: "Ben Okafor", email: "ben@harbour.test", emailVerified: true },
  { subject: "dev-cleo", username: "cleo", name: "Cleo Lindqvist", email: "cleo@harbour.test", emailVerified: false },
  { subject: "dev-dora", username: "dora", name: "Dora Maes", email: "dora@harbour.test", emailVerified: true },
];
const webClient = {
  clientId: "harbour-web",
  redirectUris: ["http://127.0.0.1:5173/", "http://localhost:5173/"],
};

export const startDemoIssuer = ({
  clock,
  random,
  port,
}: Pick<Parts, "clock" | "random"> & { port: number }): Promise<DevIssuer> =>
  startDevIssuer({ port, users: people, clients: [webClient], audience: "tessera-demo", clock, random });

/** What dev.json holds. The secret is why its mode is 0600. */
export type DevFile = {
  grpc: string;
  http: string;
  issuer: string;
  tenant_id: string;
  project_id: string;
  client_id: string;
  client_secret: string;
  public_client_id: string;
  /** Public too; the instance's administrator signs in through it. */
  instance_client_id: string;
  email_id: string;
  upstream: { issuer: string; token_endpoint: string; client_id: string; example_body: DevIssuer["exampleBody"] };
};

export type DemoTenant = Pick<
  DevFile,
  "tenant_id" | "project_id" | "client_id" | "client_secret" | "public_client_id" | "instance_client_id" | "email_id"
>;

/** Brings the demo tenant to its declared state and makes sure of a secret that its backend can use. */
export async function applyDemo(parts: Needs, input: { devIssuer: string; dataDir: string }): Promise<DemoTenant> {
  const text = readFileSync(demoFile, "utf8").replaceAll("${DEV_ISSUER}", input.devIssuer);
  const [demo, system] = readDeclarations(readDocuments({ name: "demo.yaml", text }));
  if (demo === undefined || system === undefined) throw new Error("demo.yaml declares two tenants");
  const now = parts.clock.now();
  const requestId = newId(now, parts.random);
  const { tenantId } = await applyDeclaration(parts, demo, { now, requestId });
  const above = await applyDeclaration(parts, system, { now, requestId });

  const idOf = async (type: "project" | "application", name: string, owner = tenantId) =>
    String((await parts.store.tenant(owner).rowByKey(type, { name }))?.["id"]);
  const clientId = await idOf("application", "Harbour backend");
  const projectId = await idOf("project", "Harbour");
  const acting = operating({ tenantId, now, requestId });
  return {
    tenant_id: tenantId,
    project_id: projectId,
    client_id: clientId,
    client_secret: await usableSecret(parts, acting, { ...input, projectId, clientId }),
    public_client_id: await idOf("application", "Harbour web"),
    instance_client_id: await idOf("application", "Instance console", above.tenantId),
    email_id: people[0]?.email ?? "",
  };
}

/** Writes dev.json, readable by its owner only. */
export function writeDevFile(dataDir: string, file: DevFile): string {
  const path = devFile(dataDir);
  writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  return path;
}

const devFile = (dataDir: string): string => join(dataDir, "dev.json");

/** The secret of the last dev.json if it still opens the door, else a new one in its place. */
async function usableSecret(
  parts: Needs,
  acting: Acting,
  { dataDir, projectId, clientId }: { dataDir: string; projectId: string; clientId: string },
): Promise<string> {
  const { tenantId, now } = acting;
  const presented = lastSecret(dataDir);
  const signal = AbortSignal.timeout(5000);
  const check = { tenantId, projectId, clientId, presented, now, signal };
  if (presented !== "" && (await parts.secrets.verify(check)).kind === "ok") return presented;
  const key = { applicationId: clientId, name: "Development" };
  const old = await parts.store.tenant(tenantId).rowByKey("applicationSecret", key);
  if (old !== undefined) await deleteResource(parts, applicationSecret, acting, String(old["id"]));
  return (await createApplicationSecret(parts, acting, key)).value;
}

function lastSecret(dataDir: string): string {
  try {
    return (JSON.parse(readFileSync(devFile(dataDir), "utf8")) as Partial<DevFile>).client_secret ?? "";
  } catch {
    return "";
  }
}
