// Services of the instance family.
import type { Served } from "../call.ts";
import type { Parts } from "../parts.ts";

export const instanceServices = (_parts: Parts): Served[] => [];
