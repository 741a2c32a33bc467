// Services of the organization family.
import type { Served } from "../call.ts";
import type { Parts } from "../parts.ts";

export const organizationServices = (_parts: Parts): Served[] => [];
