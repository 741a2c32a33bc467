// Services of the consent family.
import type { Served } from "../call.ts";
import type { Parts } from "../parts.ts";

export const consentServices = (_parts: Parts): Served[] => [];
