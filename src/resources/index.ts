// What stands above may use of the management plane.
export { operating } from "./acting.ts";
export { applicationSecret, createApplicationSecret } from "./applications/application-secret.ts";
export { announcedIn, type Applied, applyDeclaration, checkDeclaration } from "./declarations/apply.ts";
export type { ManagementContract } from "./contract.ts";
export { offerBootstrap, retireBootstrapFile } from "./instance/bootstrap-secret.ts";
export { type DeclarationFile, readDeclarations, readDocuments } from "./declarations/declaration.ts";
export { exportLines } from "./declarations/export.ts";
export { bringTenantsUpToDate } from "./instance/implied.ts";
export { type Acting, deleteResource } from "./resource.ts";
export { managementServices } from "./services.ts";
export type { AppliedChange } from "./declarations/steps.ts";
