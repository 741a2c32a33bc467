// Services of the subject family.
import type { Served } from "../call.ts";
import type { Parts } from "../parts.ts";

export const subjectServices = (_parts: Parts): Served[] => [];
