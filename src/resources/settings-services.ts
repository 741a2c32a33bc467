// Services of the settings family.
import type { Served } from "../call.ts";
import type { Parts } from "../parts.ts";

export const settingsServices = (_parts: Parts): Served[] => [];
