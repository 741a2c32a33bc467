// What stands above may use of the management plane.
export { type AppliedChange, applyDeclaration } from "./apply.ts";
export { readDeclarations } from "./declaration.ts";
