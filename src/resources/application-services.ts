// Services of the application family.
import type { Served } from "../call.ts";
import type { Parts } from "../parts.ts";

export const applicationServices = (_parts: Parts): Served[] => [];
