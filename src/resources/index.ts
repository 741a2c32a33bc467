// What stands above may use of the management plane.
export { operating } from "./acting.ts";
export { applicationSecret, createApplicationSecret } from "./application-secret.ts";
export { announcedIn, type Applied, applyDeclaration, checkDeclaration } from "./apply.ts";
export type { ManagementContract } from "./contract.ts";
export { offerBootstrap, retireBootstrapFile } from "./bootstrap-secret.ts";
export { readDeclarations } from "./declaration.ts";
export { exportLines } from "./export.ts";
export { bringTenantsUpToDate } from "./implied.ts";
export { type Acting, deleteResource } from "./resource.ts";
export { managementServices } from "./services.ts";
export type { AppliedChange } from "./steps.ts";
