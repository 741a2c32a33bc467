// What stands above may use of the management plane.
export { applicationSecret, createApplicationSecret } from "./application.ts";
export { type Applied, applyDeclaration, checkDeclaration } from "./apply.ts";
export { readDeclarations } from "./declaration.ts";
export { type Acting, deleteResource } from "./resource.ts";
export type { AppliedChange } from "./steps.ts";
